"""Overlays of outlines and heat maps, and encoded files."""

import numpy as np
import pytest

from blastlens.imaging.decode import decode
from blastlens.imaging.overlay import draw_heat, draw_outlines, encode_jpeg, encode_png
from blastlens.imaging.synthetic import draw_smear
from tests.measured_memory import peak_bytes

YELLOW = (255, 225, 0)


def test_outlines_are_drawn_on_the_border_of_the_mask_and_nowhere_else():
    image = np.full((200, 200, 3), 150, np.uint8)
    mask = np.zeros((200, 200), np.bool_)
    mask[60:140, 60:140] = True
    drawn = draw_outlines(image, mask)
    for row, column in ((60, 100), (100, 139)):
        assert np.abs(drawn[row, column].astype(int) - YELLOW).max() < 50
    assert (drawn[70:130, 70:130] == 150).all() and (drawn[:50] == 150).all()


def test_a_hole_in_the_mask_gets_its_outline_too():
    mask = np.zeros((200, 200), np.bool_)
    mask[40:160, 40:160] = True
    mask[90:110, 90:110] = False
    drawn = draw_outlines(np.full((200, 200, 3), 150, np.uint8), mask)
    assert (drawn[85:115, 85:115] != 150).any()


def test_an_empty_mask_draws_nothing_and_the_image_is_not_changed():
    drawn = draw_smear(1)
    before = drawn.image.copy()
    assert (draw_outlines(drawn.image, np.zeros_like(drawn.mask)) == before).all()
    draw_outlines(drawn.image, drawn.mask)
    assert (drawn.image == before).all()


def test_lines_grow_with_the_image():
    def share_of_line(side: int) -> float:
        mask = np.zeros((side, side), np.bool_)
        mask[side // 4 : side // 2, side // 4 : side // 2] = True
        return float((draw_outlines(np.zeros((side, side, 3), np.uint8), mask)[..., 0] > 128).mean())

    assert share_of_line(1792) == pytest.approx(share_of_line(448), rel=0.5)


def test_without_heat_the_overlay_equals_the_image_which_is_not_changed():
    image = draw_smear(1).image
    before = image.copy()
    drawn = draw_heat(image, np.zeros(image.shape[:2], np.float32))
    assert (drawn == image).all()
    draw_heat(image, np.ones(image.shape[:2], np.float32))
    assert (image == before).all()


def test_more_heat_shows_more_of_a_colour_that_grows_brighter():
    image = np.full((1, 256, 3), 120, np.uint8)
    drawn = draw_heat(image, np.linspace(0, 1, 256, dtype=np.float32)[None])
    share = np.abs(drawn.astype(int) - image).sum(axis=2)[0]
    assert share[255] > share[128] > share[0] == 0
    luminance = drawn[0] @ np.array([0.299, 0.587, 0.114])
    assert luminance[255] > luminance[160] + 20


def test_the_cell_under_the_greatest_heat_is_still_seen():
    dark, light = (draw_heat(np.full((1, 1, 3), level, np.uint8), np.ones((1, 1), np.float32)) for level in (60, 220))
    assert (light.astype(int) - dark).min() > 40


def test_heat_over_a_large_image_takes_little_more_memory_than_the_picture_itself():
    image = np.full((3000, 1000, 3), 150, np.uint8)
    heat = np.ones((3000, 1000), np.float32)
    assert peak_bytes(lambda: draw_heat(image, heat)) < 3 * image.nbytes


def test_heat_is_laid_over_every_row_of_a_tall_image():
    heat = np.linspace(0, 1, 700, dtype=np.float32)[:, None] * np.ones((1, 4), np.float32)
    image = np.random.default_rng(1).integers(0, 255, (700, 4, 3), np.uint8)
    upper, lower = draw_heat(image[:350], heat[:350]), draw_heat(image[350:], heat[350:])
    assert (draw_heat(image, heat) == np.concatenate([upper, lower])).all()


def test_a_png_gives_every_pixel_back():
    image = draw_smear(1).image
    assert (decode(encode_png(image)) == image).all()


def test_a_mask_can_be_written_as_grey_png():
    mask = draw_smear(1).mask.astype(np.uint8) * 255
    assert (decode(encode_png(mask))[..., 0] == mask).all()


def test_a_jpeg_keeps_colours_nearly():
    image = draw_smear(1).image
    assert np.abs(decode(encode_jpeg(image)).astype(int) - image).mean() < 4
    assert len(encode_jpeg(image, quality=50)) < len(encode_jpeg(image, quality=95))
