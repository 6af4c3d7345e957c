"""Perturbations of images in a shortcut audit."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from blastlens.domain.labels import Label
from blastlens.imaging.scale_bars import find_scale_bar_area
from blastlens.imaging.synthetic import draw_smear
from blastlens.training.audit import perturbations
from blastlens.training.audit.perturbations import Scene, background_colour
from blastlens.training.audit.probes import AS_TAKEN, PROBES


def scene(label=Label.PRE_B, number=0, size=(224, 224)):
    smear = draw_smear(number, label, size)
    return Scene(smear.image, smear.mask, label, number)


def test_no_perturbation_changes_the_image_of_its_scene():
    given = scene()
    before = given.image.copy()
    for probe in PROBES:
        changed = probe.perturb(given)
        assert changed.shape == before.shape and changed.dtype == np.uint8, probe.name
        assert (given.image == before).all(), probe.name
        assert (changed != before).any() == (probe.name != AS_TAKEN), probe.name


def test_masking_keeps_or_removes_blasts():
    given = scene()
    only, without = perturbations.mask_surroundings(given), perturbations.mask_blasts(given)
    assert (only[given.mask] == given.image[given.mask]).all()
    assert (only[~given.mask] == background_colour(given.image)).all()
    assert (without[given.mask] == background_colour(given.image)).all()
    assert (without[~given.mask] == given.image[~given.mask]).any(axis=-1).mean() > 0.5


def test_background_is_the_light_field_and_no_cell():
    image = np.full((64, 64, 3), (250, 245, 252), np.uint8)
    image[:30] = (120, 60, 180)
    assert background_colour(image).tolist() == [250, 245, 252]


def test_a_hue_is_shifted_on_opencvs_scale():
    red = replace(scene(), image=np.full((8, 8, 3), (255, 0, 0), np.uint8))
    assert perturbations.shift_hue(red, 60)[0, 0].tolist() == [0, 255, 0]
    assert perturbations.shift_hue(red, -60)[0, 0].tolist() == [0, 0, 255]


def test_light_is_multiplied_or_added():
    plain = replace(scene(), image=np.full((8, 8, 3), 100, np.uint8))
    assert perturbations.change_light(plain, factor=0.85).max() == 85
    assert perturbations.change_light(plain, added=0.15).max() == 138
    assert perturbations.change_light(replace(plain, image=plain.image * 2), added=0.3).max() == 255


def test_motion_blur_is_along_a_line_of_that_length_in_a_direction_for_each_scene():
    point = np.zeros((224, 224, 3), np.uint8)
    point[112, 112] = 255
    scenes = [Scene(point, point[..., 0] > 0, Label.PRO_B, number) for number in range(8)]
    lines = [np.argwhere(perturbations.blur_motion(each, length=16)[..., 0] > 0) for each in scenes]
    lengths = [np.linalg.norm(line[:, None] - line, axis=-1).max() for line in lines]
    assert all(15 <= length <= 20 for length in lengths), lengths
    assert len({tuple(np.ptp(line, axis=0)) for line in lines}) > 4


@pytest.mark.parametrize(("across", "axes"), [(True, (30, 40)), (False, (40, 30))])
def test_an_elliptic_cell_is_round_once_stretched_and_stays_in_place(across, axes):
    image = np.zeros((224, 224, 3), np.uint8)
    cv2.ellipse(image, (112, 112), axes, 0, 0, 360, (255, 255, 255), -1)
    scene = Scene(image, image[..., 0] > 0, Label.PRO_B, 0)
    rows, columns = np.nonzero(perturbations.stretch(scene, across)[..., 0] > 127)
    assert abs(np.ptp(rows) - np.ptp(columns)) <= 2
    assert abs(columns.mean() - 112) < 1 and abs(rows.mean() - 112) < 1


def test_a_swapped_bar_is_in_a_style_that_the_own_class_lacks_where_there_is_one():
    field = np.full((224, 224, 3), 230, np.uint8)
    where = find_scale_bar_area(224, 224)
    for number in range(20):  # Pre shows no wide plate, Early no small one
        early = perturbations.swap_scale_bar(Scene(field, field[..., 0] > 0, Label.EARLY_PRE_B, number))
        pro = perturbations.swap_scale_bar(Scene(field, field[..., 0] > 0, Label.PRO_B, number))
        assert (early[where] >= 250).all(axis=2).sum() < 250  # the small plate
        reds = (pro[where].astype(int)[..., 0] - pro[where][..., 1] > 60).sum()
        assert reds > 0 or (pro[where] >= 250).all(axis=2).sum() > 400
