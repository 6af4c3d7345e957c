from dataclasses import asdict, fields, replace

import numpy as np
import pytest

from blastlens.domain.labels import LABELS
from blastlens.imaging.segmentation import SegmentationSettings, segment
from blastlens.imaging.synthetic import draw_smear
from blastlens.training.augmentation import Augmentation, mirror_and_turn, vary
from blastlens.training.recipe_toml import load_recipe

STILL = Augmentation(flips=False)
STRONG = load_recipe("fusion").augmentation
TURNING = Augmentation(flips=True, quarter_turns=True)


def drawn(seed=1, side=96):
    smear = draw_smear(seed, LABELS[2], (side, side))
    return smear.image, smear.mask.astype(np.uint8) * 255


def test_amounts_of_zero_change_nothing():
    image, share = drawn()
    assert (vary(image, STILL, np.random.default_rng(0)) == image).all()
    turned, turned_share = mirror_and_turn(image, share, STILL, np.random.default_rng(0))
    assert (turned == image).all()
    assert (turned_share == share).all()


def test_image_and_mask_are_mirrored_and_turned_alike():
    image, share = drawn()
    marked = image.copy()
    marked[share > 0] = 0
    seen = set()
    for seed in range(24):
        turned, turned_share = mirror_and_turn(marked, share, TURNING, np.random.default_rng(seed))
        assert not turned[turned_share > 0].any()
        seen.add(turned.tobytes())
    assert len(seen) == 8


@pytest.mark.parametrize(
    "name", [field.name for field in fields(Augmentation) if field.name not in ("flips", "quarter_turns")]
)
def test_each_amount_changes_an_image_on_its_own_and_the_same_generator_gives_the_same_picture(name):
    image, _ = drawn(side=224)
    amounts = Augmentation(**{**asdict(STILL), name: getattr(STRONG, name) if name != "corner" else 1.0})
    changed = [vary(image, amounts, np.random.default_rng(seed)) for seed in (0, 1, 2, 0)]
    assert any((each != image).any() for each in changed)
    assert (changed[0] == changed[3]).all()
    assert all(each.shape == image.shape and each.dtype == np.uint8 for each in changed)


def test_brightness_stays_within_its_amount():
    image = np.full((64, 64, 3), 128, np.uint8)
    amounts = replace(STILL, brightness=0.05)
    means = [vary(image, amounts, np.random.default_rng(seed)).mean() for seed in range(40)]
    assert max(abs(mean - 128) for mean in means) <= 0.05 * 255 + 0.5  # rounded to whole levels
    assert max(means) - min(means) > 10


def test_the_robust_recipe_leaves_blasts_to_be_found():
    image, _ = drawn(3)
    found = [
        segment(vary(image, STRONG, np.random.default_rng(seed)), SegmentationSettings()).mean() for seed in range(9)
    ]
    assert np.median(found) == pytest.approx(segment(image, SegmentationSettings()).mean(), rel=0.5)
