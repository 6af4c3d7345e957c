"""Quality of wide and narrow fields, and of usable areas."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from blastlens.domain.errors import Reason, UploadRefused
from blastlens.domain.labels import LABELS
from blastlens.imaging.quality import QualityLimits, check_exposure, check_quality, measure_quality
from blastlens.imaging.sharpness import count_home_fields, measure_sharpness
from blastlens.imaging.synthetic import draw_smear
from blastlens.imaging.thumbnail import make_thumbnail
from blastlens.imaging.usable_area import find_usable_area
from blastlens.training.data.transforms import motion_blurred
from tests.unit.imaging.frames import pad, vignette
from tests.unit.imaging.test_quality import READABLE

HOME = 0.5


def tile(count: int, label=LABELS[2]) -> np.ndarray:
    """Join drawn fields to one that is `count` times as wide as a training image."""
    fields = [draw_smear(seed, label).image for seed in range(count * count)]
    return np.vstack([np.hstack(fields[row * count : (row + 1) * count]) for row in range(count)])


def blur(image: np.ndarray, pixels: float) -> np.ndarray:
    return cv2.GaussianBlur(image, (0, 0), pixels).astype(np.uint8)


@pytest.mark.parametrize("count", [2, 3])
@pytest.mark.parametrize("label", LABELS)
def test_a_wide_field_is_as_sharp_as_its_parts_where_its_scale_is_known(count, label):
    field = tile(count, label)
    focus, steadiness = measure_sharpness(field, pixel_size_um=HOME)
    assert focus == pytest.approx(measure_sharpness(draw_smear(0, label).image)[0], rel=0.5)
    assert focus > QualityLimits.least_focus and steadiness > 0.4
    assert measure_sharpness(blur(field, 6), pixel_size_um=HOME)[0] < QualityLimits.least_focus
    moved = motion_blurred(field, 24 / count, 0)
    assert measure_sharpness(moved, pixel_size_um=HOME)[1] < QualityLimits.least_steadiness


def test_a_field_enlarged_by_the_camera_is_not_blurred_where_its_scale_is_known():
    cell = draw_smear(1).image[60:130, 60:130]
    field = cv2.resize(cell, (700, 700), interpolation=cv2.INTER_CUBIC).astype(np.uint8)
    assert measure_sharpness(field, pixel_size_um=HOME / 10)[0] > QualityLimits.least_focus
    assert measure_sharpness(blur(field, 60), pixel_size_um=HOME / 10)[0] < QualityLimits.least_focus


@pytest.mark.parametrize("pixel_size", [0.38, 0.5, 0.66])
def test_fields_about_as_wide_as_a_training_image_are_measured_as_without_a_scale(pixel_size):
    image = draw_smear(3).image
    assert measure_sharpness(image, pixel_size_um=pixel_size) == measure_sharpness(image)


@pytest.mark.parametrize("pixel_size", [1e-6, 1e6])
def test_an_absurd_scale_takes_neither_time_nor_memory(pixel_size):
    assert measure_sharpness(draw_smear(3).image, pixel_size_um=pixel_size)[0] >= 0


def test_a_large_field_with_one_white_cell_is_read_and_one_with_none_is_not():
    fields = count_home_fields(1344, 1344, HOME)
    assert fields == pytest.approx(36)
    one_nucleus = replace(READABLE, stained_fraction=400 / 1344**2)
    check_quality(one_nucleus, fields=fields)
    with pytest.raises(UploadRefused) as refusal:
        check_quality(one_nucleus)
    assert refusal.value.reason is Reason.NO_STAINED_CELLS
    with pytest.raises(UploadRefused) as refusal:
        check_quality(replace(READABLE, stained_fraction=0.0), fields=fields)
    assert refusal.value.reason is Reason.NO_STAINED_CELLS


def test_a_small_or_unknown_field_has_the_limits_of_a_training_image():
    assert count_home_fields(3000, 4000, None) == 1.0
    for fields in (0.1, 1.0):
        with pytest.raises(UploadRefused) as refusal:
            check_quality(replace(READABLE, stained_fraction=0.002), fields=fields)
        assert refusal.value.reason is Reason.FEW_STAINED_CELLS


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"brightness": 0.2}, Reason.TOO_DARK),
        ({"brightness": 0.999}, Reason.TOO_BRIGHT),
        ({"brightness": 0.98, "contrast": 0.01}, Reason.TOO_BRIGHT),
        ({"contrast": 0.01}, Reason.ONE_COLOUR),
        ({"foreign_fraction": 0.3}, Reason.NOT_A_SMEAR),
        ({"grey_fraction": 0.3}, Reason.NOT_A_SMEAR),
        ({"background_fraction": 0.05}, Reason.NOT_A_SMEAR),
    ],
)
def test_light_and_colours_are_checked_before_cells_are(change, reason):
    with pytest.raises(UploadRefused) as refusal:
        check_exposure(replace(READABLE, **change))
    assert refusal.value.reason is reason


def test_what_depends_on_cells_and_scale_is_not_checked_with_the_exposure():
    check_exposure(replace(READABLE, focus=0.1, steadiness=0.0, stained_fraction=0.0))


@pytest.mark.parametrize("frame", ["black", "white", "grey", "round"])
def test_quality_is_that_of_the_usable_area(frame):
    drawn = draw_smear(5, size=(448, 448))
    if frame == "round":
        image, _ = vignette(drawn.image, 0.48)
        mask = drawn.mask
    else:
        image, inside = pad(drawn.image, 1.5, {"black": 0, "white": 255, "grey": 128}[frame])
        mask = np.zeros(inside.shape, np.bool_)
        mask[inside] = drawn.mask.ravel()
    area = find_usable_area(make_thumbnail(image))
    rows, columns = area.find_box(*image.shape[:2])
    inner = area.inner()
    measured = measure_quality(inner.fill(area.crop(image)), mask[rows, columns], inner.mask)
    bare = measure_quality(drawn.image, drawn.mask)
    assert measured.brightness == pytest.approx(bare.brightness, abs=0.03)
    assert measured.contrast == pytest.approx(bare.contrast, abs=0.03)
    assert measured.stained_fraction == pytest.approx(bare.stained_fraction, abs=0.06)
    assert measured.grey_fraction == pytest.approx(bare.grey_fraction, abs=0.002)
    assert measured.focus == pytest.approx(bare.focus, rel=0.4)
    check_quality(measured)


@pytest.mark.parametrize("factor", [0.2, 1.6])
def test_a_badly_exposed_field_is_refused_for_its_own_light_and_not_for_its_frame(factor):
    reason = Reason.TOO_DARK if factor < 1 else Reason.TOO_BRIGHT
    field = np.clip(draw_smear(5, size=(448, 448)).image * factor + (255 - 230 if factor > 1 else 0), 0, 255)
    image, _ = pad(field.astype(np.uint8), 1.5, 255 if factor < 1 else 0)
    area = find_usable_area(make_thumbnail(image))
    quality = measure_quality(area.crop(image), np.zeros((2, 2), np.bool_))
    with pytest.raises(UploadRefused) as refusal:
        check_quality(quality)
    assert refusal.value.reason is reason
