from itertools import combinations

import cv2
import numpy as np
import pytest

from blastlens.domain.labels import LABELS, WORDS
from blastlens.imaging.decode import decode
from blastlens.imaging.kmeans_segmentation import LabSettings, segment_by_colour, split_levels
from blastlens.imaging.segmentation import SegmentationSettings, segment
from blastlens.imaging.synthetic import draw_smear

SETTINGS = LabSettings()


def overlap(first, second):
    return (first & second).sum() / (first | second).sum()


def squares(counts, firsts):
    """The sum of squared distances to the clusters' means, the long way round."""
    values = np.repeat(np.arange(len(counts)), counts.astype(int))
    clusters = np.searchsorted(firsts, values, side="right")
    return sum(((values[clusters == each] - values[clusters == each].mean()) ** 2).sum() for each in set(clusters))


@pytest.mark.parametrize("clusters", [1, 2, 3, 4])
def test_no_other_way_to_cut_a_histogram_has_a_lesser_sum_of_squares(clusters):
    counts = np.random.default_rng(clusters).integers(0, 30, 12).astype(float)
    least = min(squares(counts, (0, *cuts)) for cuts in combinations(range(1, 12), clusters - 1))
    assert squares(counts, split_levels(counts, clusters)) == pytest.approx(least)


def test_levels_that_lie_apart_come_into_clusters_of_their_own():
    counts = np.zeros(256)
    counts[[10, 11, 120, 121, 240]] = [500, 400, 30, 40, 7]
    firsts = split_levels(counts, 3)
    assert firsts[0] == 0
    assert 11 < firsts[1] <= 120
    assert 121 < firsts[2] <= 240


def test_two_clusters_are_cut_where_otsu_cuts():
    purple = cv2.cvtColor(draw_smear(2, LABELS[2]).image, cv2.COLOR_RGB2LAB)[..., 1]
    otsu = cv2.threshold(purple, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)[0]
    counts = np.bincount(purple.ravel(), minlength=256).astype(float)
    below = counts[: split_levels(counts, 2)[1]].sum()
    assert below == counts[: int(otsu) + 1].sum()


@pytest.mark.parametrize("counts", [np.zeros(256), np.eye(256)[128] * 99])
def test_fewer_levels_than_clusters_leave_some_clusters_empty(counts):
    firsts = split_levels(counts, 3)
    assert len(firsts) == 3
    assert list(firsts) == sorted(firsts)


@pytest.mark.parametrize("label", LABELS)
def test_the_mask_of_a_drawn_smear_lies_on_its_blasts_and_leaves_out_little_but_their_pale_seam(label):
    smears = [draw_smear(seed, label) for seed in range(8)]
    masks = [segment_by_colour(smear.image, SETTINGS) for smear in smears]
    pairs = list(zip(masks, smears, strict=True))
    assert np.mean([(mask & smear.mask).sum() / mask.sum() for mask, smear in pairs]) >= 0.95
    assert np.mean([overlap(mask, smear.mask) for mask, smear in pairs]) >= 0.7


def test_the_type_of_the_settings_selects_the_segmentation():
    image = draw_smear(3, LABELS[2]).image
    assert (segment(image, SETTINGS) == segment_by_colour(image, SETTINGS)).all()
    assert (segment(image, SETTINGS) != segment(image, SegmentationSettings())).any()


def test_the_same_image_always_has_the_same_mask():
    image = draw_smear(4, LABELS[3]).image
    assert (segment(image, SETTINGS) == segment(image.copy(), SETTINGS)).all()


def test_a_smear_in_yellow_light_gives_nearly_the_same_mask():
    smear = draw_smear(3, LABELS[1])
    yellow = np.clip(smear.image * np.array([1.0, 0.95, 0.75]), 0, 255).astype(np.uint8)
    assert overlap(segment(smear.image, SETTINGS), segment(yellow, SETTINGS)) >= 0.8


@pytest.mark.parametrize("value", [0, 128, 230, 255])
def test_a_grey_frame_has_an_empty_mask(value):
    assert not segment(np.full((64, 80, 3), value, np.uint8), SETTINGS).any()


def test_noise_is_not_taken_for_stain():
    noise = np.random.default_rng(0).normal(225, 6, (96, 96, 3))
    assert not segment(np.clip(noise, 0, 255).astype(np.uint8), SETTINGS).any()


def test_holes_inside_a_cell_are_filled_and_specks_are_dropped():
    image = np.full((224, 224, 3), 245, np.uint8)
    cv2.circle(image, (100, 100), 30, (120, 60, 180), -1)
    cv2.circle(image, (100, 100), 8, (245, 245, 245), -1)
    cv2.circle(image, (200, 30), 2, (120, 60, 180), -1)
    mask = segment(image, SETTINGS)
    assert mask[100, 100]
    assert not mask[30, 200]


def test_the_mask_has_the_size_of_the_image():
    assert segment(np.zeros((70, 301, 3), np.uint8), SETTINGS).shape == (70, 301)


@pytest.mark.parametrize(
    "wrong",
    [{"clusters": 1}, {"clusters": 9}, {"least_stain": -1.0}, {"debris_fraction": 1.0}, {"debris_fraction": -0.1}],
)
def test_impossible_settings_are_refused(wrong):
    with pytest.raises(ValueError, match="out of range"):
        LabSettings(**wrong)


@pytest.mark.parametrize("label", LABELS)
def test_hardly_any_real_image_of_a_class_comes_out_nearly_empty(label, data_folder):
    files = sorted((data_folder / "taleqani-all" / WORDS[label].folder).glob("*.jpg"))[::4]
    foreground = np.array([segment(decode(file.read_bytes()), SETTINGS).mean() for file in files])
    assert np.mean(foreground < 0.005) <= 0.01


@pytest.mark.parametrize("label", LABELS)
def test_real_masks_mostly_agree_with_those_by_hue(label, data_folder):
    files = sorted((data_folder / "taleqani-all" / WORDS[label].folder).glob("*.jpg"))[::20]
    images = [decode(file.read_bytes()) for file in files]
    shared = [overlap(segment(image, SETTINGS), segment(image, SegmentationSettings())) for image in images]
    assert np.mean(shared) >= 0.75


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
