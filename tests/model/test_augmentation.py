import numpy as np

from blastlens.domain.labels import LABELS
from blastlens.imaging.synthetic import draw_smear
from blastlens.training.augmentation import Augmentation, augment

STILL = Augmentation(flips=False, quarter_turns=False, brightness=0.0, contrast=0.0)


def drawn():
    smear = draw_smear(1, LABELS[2], (96, 96))
    return smear.image, smear.mask.astype(np.uint8) * 255


def test_amounts_of_zero_change_nothing():
    image, share = drawn()
    changed, changed_share = augment(image, share, STILL, np.random.default_rng(0))
    assert (changed == image).all()
    assert (changed_share == share).all()


def test_image_and_mask_are_turned_alike():
    image, share = drawn()
    marked = image.copy()
    marked[share > 0] = 0
    amounts = Augmentation(brightness=0.0, contrast=0.0)
    for seed in range(12):
        changed, changed_share = augment(marked, share, amounts, np.random.default_rng(seed))
        assert not changed[changed_share > 0].any()


def test_the_same_generator_gives_the_same_picture():
    image, share = drawn()
    amounts = Augmentation(hue=6.0, saturation=0.2)
    first, _ = augment(image, share, amounts, np.random.default_rng(5))
    second, _ = augment(image, share, amounts, np.random.default_rng(5))
    assert (first == second).all()
    assert (first != image).any()


def test_brightness_stays_within_its_amount():
    image, share = np.full((64, 64, 3), 128, np.uint8), np.zeros((64, 64), np.uint8)
    amounts = Augmentation(flips=False, quarter_turns=False, brightness=0.05, contrast=0.0)
    means = [augment(image, share, amounts, np.random.default_rng(seed))[0].mean() for seed in range(40)]
    assert max(abs(mean - 128) for mean in means) <= 0.05 * 255 + 0.5  # rounded to whole levels
    assert max(means) - min(means) > 10
