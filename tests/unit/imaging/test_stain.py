import cv2
import numpy as np
import pytest

from blastlens.domain.labels import LABELS
from blastlens.imaging.decode import decode
from blastlens.imaging.segmentation import SegmentationSettings, segment
from blastlens.imaging.stain import STANDARD_HUE, measure_stain_hue, normalise_colour, rotate_hue, standardise_colour
from blastlens.imaging.synthetic import draw_smear

SMEARS = [draw_smear(seed, label, (160, 160)).image for seed, label in enumerate(LABELS)]


def turned_by_a_camera(image, degrees):
    """Turn hues in plain 8 bits, as an image that was saved so would come in."""
    hsv = cv2.cvtColor(image, cv2.COLOR_RGB2HSV)
    hsv[..., 0] = (hsv[..., 0].astype(int) + degrees) % 180
    return cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB)


def apart(first, second):
    return np.abs(first.astype(int) - second).mean()


@pytest.mark.parametrize("degrees", [-10, -5, 5, 10])
def test_a_turned_hue_is_undone(degrees):
    for image in SMEARS:
        turned = turned_by_a_camera(image, degrees)
        assert apart(normalise_colour(turned), normalise_colour(image)) < 1.0
        assert apart(normalise_colour(turned), normalise_colour(image)) < apart(turned, image)


@pytest.mark.parametrize("light", [(1.0, 0.9, 0.8), (0.85, 0.85, 0.85), (0.9, 1.0, 0.95)])
def test_a_coloured_or_weaker_lamp_changes_little(light):
    for image in SMEARS:
        lit = (image * np.array(light)).astype(np.uint8)
        assert apart(normalise_colour(lit), normalise_colour(image)) < 0.4 * apart(lit, image)


@pytest.mark.parametrize("added", [-38, -20, 8])
def test_light_that_was_added_or_taken_away_changes_little(added):
    for image in SMEARS:
        mask = segment(standardise_colour(image), SegmentationSettings())
        lit = np.clip(image.astype(int) + added, 0, 255).astype(np.uint8)
        left = np.abs(standardise_colour(lit).astype(int) - standardise_colour(image))[mask].mean()
        assert left < 0.4 * np.abs(lit.astype(int) - image)[mask].mean()


@pytest.mark.parametrize("factor", [0.8, 1.2])
def test_a_paler_or_deeper_stain_changes_little_once_its_depth_is_standard(factor):
    for image in SMEARS:
        mask = segment(standardise_colour(image), SegmentationSettings())
        paler = np.clip(255 - (255 - image.astype(float)) * factor, 0, 255).astype(np.uint8)
        changes = [
            np.abs(prepare(paler).astype(int) - prepare(image))[mask].mean()
            for prepare in (standardise_colour, normalise_colour)
        ]
        assert changes[0] < changes[1] / 2


def test_an_image_whose_colours_agree_on_no_stain_keeps_its_contrast():
    grass = np.full((64, 64, 3), (160, 150, 50), np.uint8)
    grass[::2] = (80, 40, 20)
    assert apart(standardise_colour(grass), normalise_colour(grass)) == 0


def test_chromatin_lies_at_the_standard_hue_afterwards():
    for image in SMEARS:
        hue, agreement = measure_stain_hue(normalise_colour(image))
        assert hue == pytest.approx(STANDARD_HUE, abs=1.5)
        assert agreement > 0.9


def test_a_full_turn_of_the_hue_is_none():
    assert apart(rotate_hue(SMEARS[0], 180.0), rotate_hue(SMEARS[0], 0.0)) == 0


def test_an_image_without_a_stain_keeps_its_hues():
    grass = np.full((64, 64, 3), (60, 160, 50), np.uint8)
    grass[::2] //= 2
    hues = cv2.cvtColor(normalise_colour(grass), cv2.COLOR_RGB2HSV)
    assert not ((hues[..., 0] > 100) & (hues[..., 1] > 60)).any()


@pytest.mark.slow
def test_blasts_in_real_smears_are_found_alike_whatever_the_hue(data_folder):
    settings = SegmentationSettings()
    for folder in ("Benign", "Early", "Pre", "Pro"):
        overlaps = []
        for file in sorted((data_folder / "taleqani-all" / folder).glob("*.jpg"))[::90]:
            image = decode(file.read_bytes())
            mask = segment(normalise_colour(image), settings)
            turned = segment(normalise_colour(turned_by_a_camera(image, 10)), settings)
            overlaps.append((mask & turned).sum() / max(1, (mask | turned).sum()))
        assert np.median(overlaps) > 0.95, folder
