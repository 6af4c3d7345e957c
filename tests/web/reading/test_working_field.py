"""Tests of the part of a field that the page reads, and of its scale."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from blastlens.imaging.usable_area import LeftOut, UsableArea
from blastlens.imaging.working_field import WorkingField, make_working_field, resample
from tests.web.reading.fields import Image, assert_same_image, draw_fields
from tests.web.reading.node_calls import Call, call_node

_MAKE = """load("imaging/usable_area.js").then(({ UsableArea }) => {
  const area = new UsableArea(given.mask, given.box, given.left_out, given.background);
  const field = module.makeWorkingField(given.image, area, given.um);
  return { ...field, points: field.toUpload([0, 1, 30.5, 4], 1.5), unchanged: given.image };
})"""


def _draw_areas(image: Image) -> list[UsableArea]:
    """Return the whole image, a circle in it, and all but a scale bar."""
    mask = np.ones((60, 80), np.bool_)
    down, across = np.ogrid[:60, :80]
    circle = np.hypot(down - 30, across - 40) < 25
    bar = mask.copy()
    bar[50:55, 60:75] = False
    box = ((6 / 60, 55 / 60), (16 / 80, 65 / 80))
    return [
        UsableArea(mask),
        UsableArea(circle, box, (LeftOut.ROUND_VIGNETTE,), (240, 230, 250)),
        UsableArea(bar, left_out=(LeftOut.SCALE_BAR,), background=(250, 250, 245)),
    ]


def _give(image: Image, area: UsableArea, um: float) -> dict[str, Any]:
    return {
        "image": image,
        "mask": area.mask,
        "box": {"rows": area.box[0], "columns": area.box[1]},
        "left_out": [str(kind) for kind in area.left_out],
        "background": area.background,
        "um": um,
    }


def _check(found: dict[str, Any], expected: WorkingField) -> None:
    assert_same_image(found["image"], expected.image)
    if expected.usable is None:
        assert found["usable"] is None
    else:
        np.testing.assert_array_equal(found["usable"], expected.usable)
    assert found["um"] == expected.um
    place = expected.left, expected.top, expected.width, expected.height, expected.is_part
    assert (found["left"], found["top"], found["width"], found["height"], found["isPart"]) == place
    points = expected.to_upload(np.array([[0.0, 1.0], [30.5, 4.0]]), 1.5)
    assert found["points"].reshape(-1, 2) == pytest.approx(points)


def test_fields_are_read_at_the_scale_of_the_models_as_in_python(tmp_path: Path) -> None:
    cases = [
        (image, area, um)
        for image, ums in (
            (draw_fields()["pale"], (0.5, 0.9)),
            (np.tile(draw_fields()["wide"], (1, 2, 1)), (0.26, 0.51, 0.7)),
        )
        for area in _draw_areas(image)
        for um in ums
    ]

    found = call_node(tmp_path, [Call("imaging/working_field.js", _MAKE, _give(*case)) for case in cases])

    for (image, area, um), answer in zip(cases, found, strict=True):
        _check(answer, make_working_field(image, area, um))
        np.testing.assert_array_equal(answer["unchanged"], image)


def test_of_a_field_that_is_too_large_the_part_with_most_stain_is_read(tmp_path: Path) -> None:
    image = np.full((2400, 2100, 3), 245, np.uint8)
    image[1500:1724, 900:1124] = draw_fields()["benign"]
    area = UsableArea(np.ones((48, 42), np.bool_))

    (found,) = call_node(tmp_path, [Call("imaging/working_field.js", _MAKE, _give(image, area, 0.9))])

    expected = make_working_field(image, area, 0.9)
    assert expected.is_part
    _check(found, expected)


def test_an_image_is_resampled_to_the_home_scale_unless_it_is_near(tmp_path: Path) -> None:
    image = draw_fields()["early"]
    sizes = (0.2, 0.49, 0.515, 0.52, 1.1)

    found = call_node(
        tmp_path, [Call("imaging/working_field.js", f"module.resample(given, {um})", image) for um in sizes]
    )

    for um, answer in zip(sizes, found, strict=True):
        expected, zoom = resample(image, um)
        assert_same_image(answer["image"], expected)
        assert answer["zoom"] == zoom
