"""Synthetic smears: reproducible, with matching masks."""

from dataclasses import replace

import numpy as np
import pytest

from blastlens.domain.labels import LABELS, Label
from blastlens.imaging.segmentation import SegmentationSettings, segment
from blastlens.imaging.synthetic import STYLES, draw_smear, draw_wide_field


@pytest.mark.parametrize("label", LABELS)
def test_a_seed_draws_the_same_smear_again(label):
    first, second = draw_smear(7, label), draw_smear(7, label)
    assert (first.image == second.image).all() and (first.mask == second.mask).all()


def test_another_seed_draws_another_smear():
    assert (draw_smear(7).image != draw_smear(8).image).any()


@pytest.mark.parametrize("size", [(224, 224), (128, 200), (480, 640)])
def test_image_and_mask_have_the_size_asked_for(size):
    drawn = draw_smear(1, size=size)
    assert drawn.image.shape == (*size, 3) and drawn.image.dtype == np.uint8
    assert drawn.mask.shape == size and drawn.mask.dtype == np.bool_


def test_a_field_without_blasts_has_an_empty_mask():
    assert not draw_smear(1, Label.PRO_B, blasts=0).mask.any()


def test_the_number_of_blasts_can_be_asked_for():
    one, many = draw_smear(4, blasts=1).mask.mean(), draw_smear(4, blasts=12).mask.mean()
    assert 0.003 < one < 0.02 and many > 6 * one


@pytest.mark.parametrize("label", LABELS)
def test_blasts_are_the_purple_of_the_picture_and_plasma_is_light(label):
    drawn = draw_smear(3, label)
    red, green, blue = drawn.image[drawn.mask].mean(axis=0)
    assert blue > red > green
    assert np.median(drawn.image[~drawn.mask]) > 180


@pytest.mark.parametrize("label", LABELS)
def test_segmentation_finds_what_was_drawn(label):
    overlaps = []
    for seed in range(12):
        drawn = draw_smear(seed, label)
        found = segment(drawn.image, SegmentationSettings())
        overlaps.append((found & drawn.mask).sum() / (found | drawn.mask).sum())
    assert np.mean(overlaps) >= 0.85


def test_a_custom_style_can_be_drawn():
    green = replace(STYLES[Label.PRE_B], nucleus=(60.0, 200.0, 60.0), cytoplasm=(60.0, 200.0, 60.0))
    drawn = draw_smear(1, green)
    assert drawn.image[drawn.mask].mean(axis=0).argmax() == 1


def test_a_wide_field_has_other_cells_in_each_part_at_the_same_scale():
    wide = draw_wide_field(1, LABELS[2], (2, 3))
    assert wide.image.shape == (448, 672, 3) and wide.mask.shape == (448, 672)
    parts = {wide.image[top : top + 224, left : left + 224].tobytes() for top in (0, 224) for left in (0, 224, 448)}
    assert len(parts) == 6
    assert (draw_wide_field(1, LABELS[2], (2, 3)).image == wide.image).all()


def test_at_a_pixel_size_a_larger_drawing_shows_more_cells_of_the_same_size():
    one, four = (draw_smear(3, Label.PRE_B, (side, side), um=0.5).mask.sum() for side in (224, 448))
    assert four / one == pytest.approx(4, rel=0.4)


def test_half_the_pixel_size_draws_cells_twice_as_wide():
    coarse = draw_smear(3, Label.PRE_B, (224, 224), um=0.5).mask
    fine = draw_smear(3, Label.PRE_B, (448, 448), um=0.25).mask
    assert fine.mean() == pytest.approx(coarse.mean(), rel=0.1)
