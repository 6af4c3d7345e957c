from dataclasses import asdict, fields, replace

import numpy as np
import pytest

from blastlens.domain.labels import LABELS
from blastlens.imaging.segmentation import SegmentationSettings, segment
from blastlens.imaging.synthetic import draw_smear
from blastlens.training.data.augmentation import augment, mirror_and_turn
from blastlens.training.recipes.recipe import Augmentation
from blastlens.training.recipes.toml import load_recipe

STILL = Augmentation(flips=False)
STRONG = replace(load_recipe("fusion").augmentation, corner=1.0, motion=6.0)
OF_EACH_STEP = ("flips", "quarter_turns")


def drawn(seed=1, side=96):
    smear = draw_smear(seed, LABELS[2], (side, side))
    return smear.image, smear.mask.astype(np.uint8) * 255


def test_amounts_of_zero_change_nothing():
    image, share = drawn()
    assert (augment(image, STILL, np.random.default_rng(0)) == image).all()
    turned, turned_share = mirror_and_turn(image, share, STILL, np.random.default_rng(0))
    assert (turned == image).all()
    assert (turned_share == share).all()


@pytest.mark.parametrize("name", [each.name for each in fields(Augmentation) if each.name not in OF_EACH_STEP])
def test_each_amount_changes_an_image_on_its_own_and_the_same_generator_gives_the_same_picture(name):
    image, _ = drawn(side=224)
    amounts = Augmentation(**{**asdict(STILL), name: getattr(STRONG, name)})
    changed = [augment(image, amounts, np.random.default_rng(seed)) for seed in (0, 1, 2, 0)]
    assert any((each != image).any() for each in changed)
    assert (changed[0] == changed[3]).all()
    assert all(each.shape == image.shape and each.dtype == np.uint8 for each in changed)


def test_brightness_stays_within_its_amount():
    image = np.full((64, 64, 3), 128, np.uint8)
    amounts = replace(STILL, brightness=0.05)
    means = [augment(image, amounts, np.random.default_rng(seed)).mean() for seed in range(40)]
    assert max(abs(mean - 128) for mean in means) <= 0.05 * 255 + 0.5  # rounded to whole levels
    assert max(means) - min(means) > 10


def test_augmented_images_keep_their_blasts():
    image, _ = drawn(3)
    found = [
        segment(augment(image, STRONG, np.random.default_rng(seed)), SegmentationSettings()).mean() for seed in range(9)
    ]
    assert np.median(found) == pytest.approx(segment(image, SegmentationSettings()).mean(), rel=0.5)


def test_motion_blur_is_along_a_line_of_random_direction():
    point = np.zeros((63, 63, 3), np.uint8)
    point[31, 31] = 255
    amounts = replace(STILL, motion=40.0)
    leaning = set()
    for seed in range(40):
        smeared = augment(point, amounts, np.random.default_rng(seed))[..., 0].astype(float)
        rows, columns = np.nonzero(smeared > smeared.max() / 4)
        if len(rows) > 8:
            spread = np.linalg.eigvalsh(np.cov(np.stack([rows, columns]), aweights=smeared[rows, columns]))
            assert spread[0] < 0.1 * spread[1]
            leaning.add(int(np.sign(np.cov(rows, columns)[0, 1])))
        assert abs(smeared.sum() - 255) < 0.5 * (smeared > 0).sum() + 1  # rounded to whole levels
    assert leaning >= {-1, 1}


@pytest.mark.parametrize(("strength", "quality", "often"), [(0.6, 70, 0.06), (1.0, 50, 0.1), (1.3, 35, 0.13)])
def test_the_strength_of_a_stage_scales_the_amounts(strength, quality, often):
    amounts = Augmentation(jpeg=50, corner=0.1, bar=0.5, hue=4.0).at(strength)
    assert (amounts.jpeg, amounts.bar) == (quality, 0.5)
    assert amounts.corner == pytest.approx(often)
    assert amounts.hue == pytest.approx(4.0 * strength)


@pytest.mark.parametrize("strength", [1.99, 2.0, 3.0])
def test_the_strongest_compression_is_the_worst_quality_and_not_none(strength):
    assert Augmentation(jpeg=50).at(strength).jpeg == 1
    assert Augmentation(jpeg=0).at(strength).jpeg == 0
    image, _ = drawn()
    amounts = replace(STILL, jpeg=Augmentation(jpeg=50).at(strength).jpeg)
    assert (augment(image, amounts, np.random.default_rng(0)) != image).any()


def test_no_corner_is_filled_more_often_than_always():
    assert Augmentation(corner=0.6).at(2.0).corner == 1.0
