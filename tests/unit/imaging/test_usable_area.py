"""The usable area of fields with and without something around them."""

from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pytest

from blastlens.domain.labels import LABELS
from blastlens.imaging.decode import decode
from blastlens.imaging.synthetic import draw_smear as draw_anew
from blastlens.imaging.thumbnail import make_thumbnail
from blastlens.imaging.usable_area import LeftOut, UsableArea, find_usable_area
from tests.effort import sample
from tests.unit.imaging.frames import letterbox, pad, vignette

WHITE_GLASS = 255
draw_smear = cache(draw_anew)


def find(image: np.ndarray) -> UsableArea:
    return find_usable_area(make_thumbnail(image))


def shares(area: UsableArea, inside: np.ndarray) -> tuple[float, float]:
    """Return which share of the field was kept, and which share of its surround."""
    truth = cv2.resize(inside.astype(np.uint8), area.mask.shape[::-1], interpolation=cv2.INTER_AREA) > 0
    return float(area.mask[truth].mean()), float(area.mask[~truth].mean())


def enlarge(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    return cv2.resize(image, size[::-1]).astype(np.uint8)


def clip_glass(image: np.ndarray) -> np.ndarray:
    """Overexpose a field until its glass is as white as paper."""
    return np.clip(image.astype(np.int16) + 20, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("label", LABELS)
def test_a_field_that_fills_the_image_is_read_whole(label):
    for size in ((224, 224), (480, 640)):
        area = find(draw_smear(1, label, size).image)
        assert area.is_whole and area.share >= 0.99 and area.box == ((0.0, 1.0), (0.0, 1.0))


@pytest.mark.parametrize("factor", [1.25, 1.6, 2.0, 2.5])
@pytest.mark.parametrize("colour", [0, 128, 200, 255, (30, 60, 160)])
@pytest.mark.parametrize("place", [0.0, 0.5, 0.8])
def test_an_image_on_a_canvas_is_found(factor, colour, place):
    image, inside = pad(draw_smear(2).image, factor, colour, place)
    area = find(image)
    kept, leaked = shares(area, inside)
    assert area.left_out == (LeftOut.BORDER,)
    assert kept >= 0.95 and leaked <= 0.005


@pytest.mark.parametrize("label", LABELS)
def test_a_field_whose_glass_is_as_white_as_the_paper_around_it_is_found(label):
    image, inside = pad(clip_glass(draw_smear(3, label).image), 1.6, WHITE_GLASS)
    kept, leaked = shares(find(image), inside)
    assert kept >= 0.97 and leaked <= 0.02


@pytest.mark.parametrize("colour", [0, 255])
def test_the_bars_of_a_letterbox_are_left_out_even_with_a_time_stamp(colour):
    image, inside = letterbox(draw_smear(4, size=(300, 400)).image, 0.15, colour)
    cv2.putText(image, "2026-11-29 18:04", (8, 30), cv2.FONT_HERSHEY_SIMPLEX, 0.6, (255 - colour,) * 3, 1)
    kept, leaked = shares(find(image), inside)
    assert kept >= 0.97 and leaked <= 0.01


@pytest.mark.parametrize("radius", [0.36, 0.44, 0.5, 0.58])
@pytest.mark.parametrize("soft", [0.005, 0.05])
@pytest.mark.parametrize("size", [(224, 224), (600, 800)])
def test_a_round_vignette_is_found_with_its_soft_edge(radius, soft, size):
    field = enlarge(draw_smear(5).image, size)
    image, inside = vignette(field, radius, soft, noise=1.5)
    area = find(image)
    kept, leaked = shares(area, inside)
    assert area.left_out == (LeftOut.ROUND_VIGNETTE,)
    assert kept >= 0.84 and leaked <= 0.01


@pytest.mark.parametrize("centre", [(0.35, 0.5), (0.6, 0.3), (0.5, 0.8)])
def test_a_vignette_that_is_cut_off_on_a_side_is_found(centre):
    image, inside = vignette(draw_smear(6, size=(480, 640)).image, 0.62, 0.02, centre, colour=(30, 28, 25), noise=2)
    area = find(image)
    kept, leaked = shares(area, inside)
    assert area.left_out == (LeftOut.ROUND_VIGNETTE,)
    assert kept >= 0.93 and leaked <= 0.01


def test_a_round_field_on_white_is_found():
    image, inside = vignette(draw_smear(7).image, 0.48, 0.0, colour=(255, 255, 255))
    kept, leaked = shares(find(image), inside)
    assert kept >= 0.97 and leaked <= 0.02


def test_an_oval_vignette_is_left_out_too():
    image, inside = vignette(draw_smear(8, size=(300, 300)).image, 0.45)
    stretched = cv2.resize(image, (450, 300))
    kept, leaked = shares(find(stretched), cv2.resize(inside.astype(np.uint8), (450, 300)))
    assert kept >= 0.9 and leaked <= 0.01


@pytest.mark.parametrize("glass", [(253, 254, 250), (255, 255, 255), (225, 215, 228)])
def test_empty_glass_beside_cells_is_not_a_border(glass):
    for seed in range(4):
        drawn = draw_smear(seed, size=(224, 224))
        image = np.full((224, 320, 3), glass, np.uint8)
        edges = np.sqrt(np.linspace(0, 1, 224)) * 30  # the smear ends along a curve, and with whole cells
        stained = cv2.dilate((drawn.image[..., 1] < 215).astype(np.uint8), np.ones((5, 5)))
        count, labels = cv2.connectedComponents(stained)
        for cell in range(1, count):
            rows, columns = np.nonzero(labels == cell)
            if columns.max() < 224 - edges[rows.min()] - 8:
                image[rows, columns] = drawn.image[rows, columns]
        assert find(image).share >= 0.99


def test_a_slowly_darker_corner_is_not_a_vignette():
    rows, columns = np.mgrid[-1:1:224j, -1:1:224j]
    light = np.exp(-0.28 * (rows**2 + columns**2))[..., None]
    assert find((draw_smear(3).image * light).astype(np.uint8)).is_whole


@pytest.mark.parametrize("value", [0, 128, 255])
def test_an_even_image_is_read_whole_so_that_its_quality_is_judged(value):
    assert find(np.full((300, 400, 3), value, np.uint8)).is_whole


def test_a_speck_on_white_is_no_field():
    image = np.full((1000, 1000, 3), 255, np.uint8)
    image[300:320, 300:330] = (120, 60, 160)
    assert find(image).is_whole


def test_noise_and_one_line_of_pixels_do_no_harm():
    generator = np.random.default_rng(0)
    for size in ((1, 1), (1, 300), (300, 1), (7, 5), (224, 224)):
        area = find(generator.integers(0, 256, (*size, 3), dtype=np.uint8))
        assert area.mask.shape == size and area.mask.any()


def test_the_box_cuts_the_field_out_of_the_full_size_image_without_its_border():
    field = enlarge(draw_smear(2).image, (700, 900))
    image, _ = pad(field, 2.0, 255)
    area = find(image)
    cut = area.crop(image)
    assert cut.base is not None  # a view: nothing of full size is copied
    assert cut.shape[0] == pytest.approx(700, abs=13) and cut.shape[1] == pytest.approx(900, abs=13)
    assert area.inner().mask.all() and area.inner().crop(cut).shape == cut.shape


def test_the_corners_around_a_round_field_are_painted_with_its_background():
    field = draw_smear(5, size=(448, 448)).image
    image, _ = vignette(field, 0.45)
    area = find(image)
    filled = area.fill(image)
    assert filled[3, 3] == pytest.approx(np.quantile(field.reshape(-1, 3), 0.8, axis=0), abs=12)
    assert (filled[area.mask] == image[area.mask]).all()
    assert filled.min() >= field.min() - 2
    cut = area.crop(image)
    assert area.inner().fill(cut).shape == cut.shape


def test_a_whole_field_is_neither_copied_nor_painted():
    image = draw_smear(1).image
    area = find(image)
    assert area.fill(image) is image and (area.crop(image) == image).all()


def test_windows_are_measured_by_their_share_inside():
    image, _ = vignette(draw_smear(5, size=(448, 448)).image, 0.45)
    area = find(image)
    assert area.share_inside((0.4, 0.6), (0.4, 0.6)) == 1.0
    assert area.share_inside((0.0, 0.1), (0.0, 0.1)) == 0.0
    assert 0.5 < area.share_inside((0.0, 1.0), (0.0, 1.0)) == pytest.approx(area.share, abs=0.01)


def share_but_for_the_scale_bar(area: UsableArea) -> float:
    height, width = area.mask.shape
    kept = area.mask.copy()
    kept[round(0.75 * height) :, round(0.7 * width) :] |= area.is_whole
    return float(kept.mean())


@pytest.mark.slow
def test_real_fields_are_kept_but_for_their_scale_bars(data_folder: Path):
    patterns = {"taleqani-all/*/*.jpg": 12, "other-smears/*.jpg": 2, "labs/*/*/*.jpg": 12, "labs/*/*/*.png": 8}
    kept = [
        share_but_for_the_scale_bar(find(decode(path.read_bytes())))
        for pattern, step in patterns.items()
        for path in sample(sorted(data_folder.glob(pattern)), step)
    ]
    assert np.mean(np.asarray(kept) >= 0.99) >= 0.99


@pytest.mark.slow
def test_real_fields_with_something_around_them_are_found(data_folder: Path):
    for path in sample(sorted((data_folder / "taleqani-all").rglob("*.jpg")), 200):
        field = decode(path.read_bytes())
        for image, inside in (
            *(pad(field, factor, colour) for factor in (1.25, 2.5) for colour in (0, 128, 255)),
            *(vignette(field, radius, 0.04, noise=1) for radius in (0.42, 0.5, 0.58)),
        ):
            kept, leaked = shares(find(image), inside)
            assert kept >= 0.84 and leaked <= 0.05, path.name
