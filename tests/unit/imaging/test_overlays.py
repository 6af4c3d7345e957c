"""Overlays of camera programs, drawn and real."""

from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pytest

from blastlens.domain.labels import LABELS
from blastlens.imaging.decode import decode
from blastlens.imaging.scale_bars import CORNERS, SCALE_BARS, WHITE, draw_scale_bar
from blastlens.imaging.synthetic import draw_smear as draw_anew
from blastlens.imaging.thumbnail import make_thumbnail
from blastlens.imaging.usable_area import LeftOut, UsableArea, find_usable_area
from tests.effort import sample
from tests.unit.imaging.frames import pad, vignette

EASY = [style for style in SCALE_BARS if style is not WHITE]  # white on glass is hardly seen, and harms as little

draw_smear = cache(draw_anew)


def find(image: np.ndarray) -> UsableArea:
    return find_usable_area(make_thumbnail(image))


def covered(area: UsableArea, before: np.ndarray, after: np.ndarray) -> float:
    """Return which share of the changed pixels is left out."""
    changed = np.abs(before.astype(int) - after).max(axis=2) > 60
    return float((~area.resize_mask(*changed.shape))[changed].mean())


@pytest.mark.parametrize("style", range(len(EASY)))
@pytest.mark.parametrize("corner", CORNERS)
def test_scale_bars_of_every_style_are_left_out_in_every_corner(style, corner):
    found = []
    for seed in range(4):
        field = draw_smear(seed, LABELS[seed], (224 + 224 * (seed % 2),) * 2).image
        image = draw_scale_bar(field, EASY[style], np.random.default_rng(seed), corner)
        area = find(image)
        found.append(covered(area, field, image) > 0.4 and bool({LeftOut.SCALE_BAR, LeftOut.TEXT} & {*area.left_out}))
        assert area.share > 0.93
    assert sum(found) >= 3


@pytest.mark.parametrize("label", LABELS)
def test_a_drawn_field_has_no_overlay(label):
    assert all(find(draw_smear(seed, label, size).image).share >= 0.995 for seed in range(4) for size in [(224, 224)])


@pytest.mark.parametrize("ink", [(0, 0, 0), (255, 230, 0), (230, 20, 30), (0, 220, 40)])
def test_a_time_stamp_is_left_out(ink):
    field = draw_smear(3, size=(480, 640)).image
    image = field.copy()
    cv2.putText(image, "2026-11-29 18:04:55", (12, 466), cv2.FONT_HERSHEY_SIMPLEX, 0.6, ink, 2)
    area = find(image)
    assert {LeftOut.SCALE_BAR, LeftOut.TEXT} & {*area.left_out}
    assert covered(area, field, image) > 0.7 and area.share > 0.9


@pytest.mark.parametrize("ink", [(0, 0, 0), (230, 20, 30), (0, 220, 40)])
def test_the_lines_of_a_crosshair_are_left_out_and_the_rest_is_read(ink):
    field = draw_smear(3, size=(448, 448)).image
    image = field.copy()
    image[222:225] = ink
    image[:, 222:225] = ink
    area = find(image)
    assert LeftOut.LINES in area.left_out
    assert covered(area, field, image) > 0.95 and area.share > 0.9
    assert area.is_whole


def test_a_field_with_a_scale_bar_fills_its_image_and_is_painted_over_at_the_bar():
    field = draw_smear(2, size=(448, 448)).image
    image = draw_scale_bar(field, SCALE_BARS[0], np.random.default_rng(0))
    area = find(image)
    assert area.is_whole and area.box == ((0.0, 1.0), (0.0, 1.0))
    filled = area.fill(image)
    assert filled[~area.mask].reshape(-1, 3).std(axis=0).max() == 0
    assert filled[-40:, -60:].min() > 60


@pytest.mark.parametrize("frame", ["pad", "vignette"])
def test_a_scale_bar_inside_a_frame_is_left_out_beside_it(frame):
    field = draw_smear(2, size=(448, 448)).image
    if frame == "pad":
        image = pad(draw_scale_bar(field, SCALE_BARS[1], np.random.default_rng(0)), 1.4, 0)[0]
    else:
        image = vignette(field, 0.47)[0]
        cv2.putText(image, "20 um", (170, 400), cv2.FONT_HERSHEY_SIMPLEX, 0.7, (0, 0, 0), 2)
    assert len(find(image).left_out) == 2


def test_an_image_that_is_all_drawing_is_read_whole():
    page = np.full((400, 400, 3), 250, np.uint8)
    for row in range(20, 400, 14):
        cv2.putText(page, "page of a book, line by line " * 2, (2, row), cv2.FONT_HERSHEY_SIMPLEX, 0.4, (0, 0, 0), 1)
    assert find(page).share > 0.6


@pytest.mark.slow
def test_the_scale_bars_of_real_fields_are_found_and_hardly_anything_else(data_folder: Path):
    bars, elsewhere = [], []
    for path in sample(sorted((data_folder / "taleqani-all").rglob("*.jpg")), 12):
        area = find(decode(path.read_bytes()))
        bars.append(not area.mask[186:, 178:].all())
        without = area.mask.copy()
        without[170:, 165:] = True
        elsewhere.append(without.mean() < 0.99)
    assert np.mean(bars) >= 0.95
    assert np.mean(elsewhere) <= 0.01
