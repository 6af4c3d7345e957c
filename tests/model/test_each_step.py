"""Augmentation of model inputs at each step."""

import numpy as np

from blastlens.domain.labels import LABELS
from blastlens.imaging.synthetic import draw_smear
from blastlens.training.data.augmentation import cut_out, mirror_and_turn
from blastlens.training.recipes.recipe import Augmentation


def test_image_and_mask_are_mirrored_and_turned_together():
    smear = draw_smear(1, LABELS[2], (96, 96))
    image, share = smear.image, smear.mask.astype(np.uint8) * 255
    marked = image.copy()
    marked[share > 0] = 0
    results = set()
    for seed in range(24):
        turned, turned_share = mirror_and_turn(
            marked, share, Augmentation(quarter_turns=True), np.random.default_rng(seed)
        )
        assert not turned[turned_share > 0].any()
        results.add(turned.tobytes())
    assert len(results) == 8


def test_a_square_is_cut_out_around_a_blast():
    image = np.arange(40 * 40 * 3, dtype=np.uint32).reshape(40, 40, 3).astype(np.uint8)
    share = np.zeros((40, 40), np.uint8)
    share[4:6, 30:32] = 255
    for seed in range(5):
        cut, inside = cut_out(image, share, 16, np.random.default_rng(seed))
        assert cut.shape == (16, 16, 3)
        assert (inside > 0).sum() == 4


def test_a_square_is_cut_out_anywhere_where_there_is_no_blast():
    image, share = np.zeros((40, 40, 3), np.uint8), np.zeros((40, 40), np.uint8)
    assert cut_out(image, share, 16, np.random.default_rng(0))[0].shape == (16, 16, 3)
