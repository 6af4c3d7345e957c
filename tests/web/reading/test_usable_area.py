"""Tests that the page finds the same usable area of a field as Python."""

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from blastlens.domain.labels import Label
from blastlens.imaging.scale_bars import SCALE_BARS, draw_scale_bar
from blastlens.imaging.synthetic import draw_smear
from blastlens.imaging.thumbnail import make_thumbnail
from blastlens.imaging.usable_area import find_usable_area
from tests.unit.imaging.frames import letterbox, pad, vignette
from tests.web.reading.node_calls import Call, call_node

Image = NDArray[np.uint8]

_FIND = """(() => {
  const area = module.findUsableArea(given.thumbnail);
  const { rows, columns } = area.findBox(given.height, given.width);
  const box = [rows.start, rows.stop, columns.start, columns.stop];
  const { mask, leftOut, background, isWhole } = area;
  return { mask, box, leftOut, background, isWhole, cut: area.cut(given.thumbnail) };
})()"""


def _frames(field: Image) -> Iterator[Image]:
    for factor, colour, place in ((1.25, 0, 0.0), (1.6, 255, 0.5), (2.5, (30, 60, 160), 0.8)):
        yield pad(field, factor, colour, place)[0]
    for radius, soft, centre in ((0.36, 0.05, (0.5, 0.5)), (0.48, 0.005, (0.5, 0.5)), (0.62, 0.02, (0.6, 0.3))):
        yield vignette(field, radius, soft, centre, noise=1.5)[0]
    yield vignette(field, 0.48, 0.0, colour=(255, 255, 255))[0]
    yield cv2.resize(vignette(field, 0.45)[0], (450, 300)).astype(np.uint8)
    yield letterbox(field, 0.15, 0)[0]
    yield letterbox(field, 0.1, 255)[0]
    yield pad(draw_scale_bar(field, SCALE_BARS[1], np.random.default_rng(0)), 1.4, 0)[0]


def _overlays(field: Image) -> Iterator[Image]:
    for number, style in enumerate(SCALE_BARS):
        yield draw_scale_bar(field, style, np.random.default_rng(number))
    height, width = field.shape[:2]
    for ink in ((0, 0, 0), (255, 230, 0), (230, 20, 30), (0, 220, 40), (0, 0, 230), (255, 255, 255)):
        marked = field.copy()
        cv2.putText(marked, "2026-11-29 18:04", (12, 20), cv2.FONT_HERSHEY_SIMPLEX, 0.5, ink, 1)
        cv2.putText(marked, "20 um", (width - 90, height - 14), cv2.FONT_HERSHEY_SIMPLEX, 0.6, ink, 2)
        yield marked
        crossed = field.copy()
        crossed[height // 2 : height // 2 + 3] = ink
        crossed[:, width // 2 : width // 2 + 3] = ink
        yield crossed


def _oddities() -> Iterator[Image]:
    generator = np.random.default_rng(0)
    for size in ((1, 1), (1, 300), (300, 1), (7, 5), (224, 224)):
        yield generator.integers(0, 256, (*size, 3), dtype=np.uint8)
    for value in (0, 128, 255):
        yield np.full((200, 300, 3), value, np.uint8)
    yield np.repeat(np.repeat(draw_smear(1, Label.BENIGN).image, 3, axis=0), 4, axis=1)


def test_masks_boxes_kinds_and_backgrounds_are_those_of_python(tmp_path: Path) -> None:
    field = draw_smear(5, Label.PRE_B, (300, 360)).image
    images = [*_frames(field), *_overlays(field), *_oddities()]
    thumbnails = [make_thumbnail(image) for image in images]
    given = [
        {"thumbnail": thumbnail, "height": image.shape[0], "width": image.shape[1]}
        for image, thumbnail in zip(images, thumbnails, strict=True)
    ]

    found = call_node(tmp_path, [Call("imaging/usable_area.js", _FIND, each) for each in given])

    kinds = set()
    for image, thumbnail, answer in zip(images, thumbnails, found, strict=True):
        area = find_usable_area(thumbnail)
        rows, columns = area.find_box(*image.shape[:2])
        np.testing.assert_array_equal(answer["mask"], area.mask)
        assert answer["box"] == [rows.start, rows.stop, columns.start, columns.stop]
        assert answer["leftOut"] == list(area.left_out) and answer["isWhole"] == area.is_whole
        assert tuple(answer["background"]) == area.background
        np.testing.assert_array_equal(answer["cut"], area.cut(thumbnail))
        kinds |= set(area.left_out)
    assert kinds == {"round_vignette", "border", "scale_bar", "text", "lines"}
