import cv2
import numpy as np
import pytest

from blastlens.domain.labels import LABELS, WORDS
from blastlens.imaging.decode import decode
from blastlens.imaging.illumination import normalise_illumination
from blastlens.imaging.segmentation import SegmentationSettings, black_out, segment
from blastlens.imaging.synthetic import draw_smear
from tests.effort import sample

SETTINGS = SegmentationSettings()


def overlap(first, second):
    return (first & second).sum() / (first | second).sum()


@pytest.mark.parametrize("label", LABELS)
def test_the_mask_of_a_drawn_smear_overlaps_the_drawn_blasts_by_85_percent(label):
    smears = [draw_smear(seed, label) for seed in range(8)]
    assert np.mean([overlap(segment(smear.image, SETTINGS), smear.mask) for smear in smears]) >= 0.85


def test_a_smear_in_yellow_light_gives_nearly_the_same_mask():
    smear = draw_smear(3, LABELS[1])
    yellow = np.clip(smear.image * np.array([1.0, 0.95, 0.75]), 0, 255).astype(np.uint8)
    assert overlap(segment(smear.image, SETTINGS), segment(yellow, SETTINGS)) >= 0.85


def test_a_lamp_that_falls_off_to_one_side_gives_nearly_the_same_mask():
    smear = draw_smear(4, LABELS[2])
    fall_off = np.linspace(1.0, 0.7, smear.image.shape[1])[None, :, None]
    shaded = (smear.image * fall_off).astype(np.uint8)
    assert overlap(segment(smear.image, SETTINGS), segment(shaded, SETTINGS)) >= 0.8


def test_normalised_illumination_makes_the_background_white():
    tinted = np.full((100, 140, 3), (200, 180, 150), np.uint8)
    assert normalise_illumination(tinted).min() >= 250


def test_an_image_without_stain_has_an_empty_mask():
    assert not segment(np.full((96, 96, 3), 230, np.uint8), SETTINGS).any()


@pytest.mark.parametrize("value", [0, 255])
def test_black_and_white_frames_have_an_empty_mask(value):
    assert not segment(np.full((64, 80, 3), value, np.uint8), SETTINGS).any()


def test_the_mask_has_the_size_of_the_image():
    assert segment(np.zeros((70, 301, 3), np.uint8), SETTINGS).shape == (70, 301)


def test_holes_inside_a_cell_are_filled_and_specks_are_dropped():
    image = np.full((224, 224, 3), 245, np.uint8)
    cv2.circle(image, (100, 100), 30, (120, 60, 180), -1)
    cv2.circle(image, (100, 100), 8, (245, 245, 245), -1)
    cv2.circle(image, (200, 30), 2, (120, 60, 180), -1)
    mask = segment(image, SETTINGS)
    assert mask[100, 100]
    assert not mask[30, 200]


def test_a_segmented_image_is_black_outside_and_untouched_inside():
    smear = draw_smear(5, LABELS[0])
    segmented = black_out(smear.image, smear.mask)
    assert not segmented[~smear.mask].any()
    assert (segmented[smear.mask] == smear.image[smear.mask]).all()


@pytest.mark.parametrize("wrong", [{"hue_low": 160}, {"saturation_low": 0}, {"otsu_factor": 0.0}, {"hue_high": 200}])
def test_impossible_thresholds_are_refused(wrong):
    with pytest.raises(ValueError, match="out of range"):
        SegmentationSettings(**wrong)


@pytest.mark.parametrize("label", LABELS)
def test_at_most_2_percent_of_the_real_images_of_a_class_come_out_nearly_empty(label, data_folder):
    files = sample(sorted((data_folder / "taleqani-all" / WORDS[label].folder).glob("*.jpg")))
    foreground = [segment(decode(file.read_bytes()), SETTINGS).mean() for file in files]
    assert np.mean(np.array(foreground) < 0.005) <= 0.02


def test_the_mask_holds_the_nuclei_and_stays_inside_the_cells_of_hand_made_masks(data_folder):
    recalls, precisions = [], []
    for file in sorted((data_folder / "wbc-masks").glob("[0-9][0-9][0-9].png")):
        truth = cv2.imread(str(file.with_name(f"{file.stem}_mask.png")), cv2.IMREAD_GRAYSCALE)
        assert truth is not None
        mask = segment(decode(file.read_bytes()), SETTINGS)
        nucleus, cell = np.equal(truth, 255), np.greater(truth, 0)
        recalls.append((mask & nucleus).sum() / nucleus.sum())
        precisions.append((mask & cell).sum() / max(1, mask.sum()))
    assert np.mean(recalls) >= 0.95
    assert np.mean(precisions) >= 0.90
