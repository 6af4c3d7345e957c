"""Thumbnails and images at the home scale."""

import numpy as np
import pytest

from blastlens.imaging.synthetic import draw_smear
from blastlens.imaging.thumbnail import THUMBNAIL_SIDE, find_working_size, make_thumbnail, make_working_image
from blastlens.imaging.usable_area import find_usable_area
from tests.measured_memory import peak_bytes
from tests.unit.imaging.frames import pad, vignette


def test_a_large_field_is_shrunk_and_a_small_one_is_not_copied():
    assert make_thumbnail(np.zeros((3000, 4000, 3), np.uint8)).shape == (336, THUMBNAIL_SIDE, 3)
    small = draw_smear(1).image
    assert make_thumbnail(small) is small


def test_a_field_of_one_row_keeps_it():
    assert make_thumbnail(np.zeros((1, 5000, 3), np.uint8)).shape == (1, THUMBNAIL_SIDE, 3)


def test_a_thumbnail_of_a_large_field_has_its_colours():
    field = np.repeat(np.repeat(draw_smear(1, size=(224, 224)).image, 20, axis=0), 20, axis=1)
    assert np.abs(make_thumbnail(field, 224).astype(int) - draw_smear(1).image).mean() <= 2


@pytest.mark.parametrize(("pixel_size", "side"), [(0.5, 640), (0.25, 320), (0.1, 128), (1.0, 1280)])
def test_a_working_image_has_half_a_micrometre_per_pixel(pixel_size, side):
    image = draw_smear(1, size=(640, 640)).image
    assert make_working_image(image, pixel_size, find_usable_area(image)).shape == (side, side, 3)


def test_a_field_at_the_home_scale_is_not_copied():
    image = draw_smear(1).image
    assert np.shares_memory(make_working_image(image, 0.5, find_usable_area(image)), image)


def test_a_working_image_shows_neither_border_nor_vignette():
    field = draw_smear(5, size=(448, 448)).image
    for image in (pad(field, 1.5, 0)[0], vignette(field, 0.46)[0]):
        working = make_working_image(image, 0.25, find_usable_area(image))
        assert max(working.shape) <= 226
        assert working.min() > 60


def test_making_small_copies_of_a_large_field_takes_no_memory_of_its_size():
    image = np.full((2400, 3200, 3), 240, np.uint8)
    area = find_usable_area(make_thumbnail(image))
    assert peak_bytes(lambda: (make_thumbnail(image), make_working_image(image, 0.1, area))) < 0.2 * image.nbytes


@pytest.mark.parametrize("pixel_size", [0.0, -1.0, float("nan"), 1e9, float("inf")])
def test_an_impossible_pixel_size_is_an_error_before_memory_is_taken(pixel_size):
    image = draw_smear(1).image
    with pytest.raises((ValueError, OverflowError)):
        make_working_image(image, pixel_size, find_usable_area(image))


def test_a_working_image_has_at_least_one_pixel():
    assert find_working_size(64, 64, 1e-6) == (1, 1)
