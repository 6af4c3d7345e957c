"""Thumbnails of fields."""

import numpy as np

from blastlens.imaging.synthetic import draw_smear
from blastlens.imaging.thumbnail import THUMBNAIL_SIDE, make_thumbnail
from tests.measured_memory import peak_bytes


def test_a_large_field_is_shrunk_and_a_small_one_is_not_copied():
    assert make_thumbnail(np.zeros((3000, 4000, 3), np.uint8)).shape == (336, THUMBNAIL_SIDE, 3)
    small = draw_smear(1).image
    assert make_thumbnail(small) is small


def test_a_field_of_one_row_keeps_it():
    assert make_thumbnail(np.zeros((1, 5000, 3), np.uint8)).shape == (1, THUMBNAIL_SIDE, 3)


def test_a_thumbnail_of_a_large_field_has_its_colours():
    field = np.repeat(np.repeat(draw_smear(1, size=(224, 224)).image, 20, axis=0), 20, axis=1)
    assert np.abs(make_thumbnail(field, 224).astype(int) - draw_smear(1).image).mean() <= 2


def test_a_thumbnail_of_a_large_field_takes_no_memory_of_its_size():
    image = np.full((2400, 3200, 3), 240, np.uint8)
    assert peak_bytes(lambda: make_thumbnail(image)) < 0.2 * image.nbytes
