"""Augmentation that is drawn anew for every step."""

from dataclasses import replace

import keras
import numpy as np
import pytest

from blastlens.domain.labels import LABELS
from blastlens.imaging.synthetic import draw_smear
from blastlens.inference.manifest import Branch
from blastlens.training.data.arrays import Pixels
from blastlens.training.data.augmentation import cut_out, hide_surroundings, mirror_and_turn
from blastlens.training.fitting.loop import Phase
from blastlens.training.fitting.supervised import fit_supervised
from blastlens.training.models.features import predict
from blastlens.training.recipes.recipe import Augmentation, Stage
from blastlens.training.recipes.toml import load_recipe
from tests.model.small_model import build_small


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


def half_blast(share_inside=255):
    image = np.full((8, 8, 3), (150, 60, 170), np.uint8)
    share = np.zeros((8, 8), np.uint8)
    share[:, :4] = share_inside
    return image, share


def test_surroundings_are_replaced_by_glass_of_a_new_colour_and_blasts_stay():
    image, share = half_blast()
    colours = set()
    for seed in range(6):
        hidden = hide_surroundings(image, share, 1.0, np.random.default_rng(seed))
        assert (hidden[:, :4] == image[:, :4]).all()
        colours |= {tuple(pixel) for pixel in hidden[:, 4:].reshape(-1, 3).tolist()}
    assert len(colours) == 6
    assert min(map(min, colours)) > 180
    assert (image == half_blast()[0]).all()


def test_pixels_at_the_edge_of_a_blast_are_mixed_by_mask_share():
    image, share = half_blast(share_inside=128)
    hidden = hide_surroundings(image, share, 1.0, np.random.default_rng(0)).astype(float)
    wanted = (image[0, 0] * 128.0 + hidden[0, 7] * 127.0) / 255.0
    assert np.abs(hidden[0, 0] - wanted).max() <= 1


def test_surroundings_are_hidden_at_the_given_rate_and_never_without_a_blast():
    image, share = half_blast()
    generator = np.random.default_rng(3)
    often = sum((hide_surroundings(image, share, 0.25, generator) != image).any() for _ in range(400))
    assert 70 <= often <= 130
    assert (hide_surroundings(image, np.zeros_like(share), 1.0, generator) == image).all()


def test_a_rate_of_zero_draws_no_random_number():
    image, share = half_blast()
    generator, untouched = np.random.default_rng(0), np.random.default_rng(0)
    assert hide_surroundings(image, share, 0.0, generator) is image
    assert generator.random() == untouched.random()


@pytest.mark.parametrize(("surroundings", "uses_them"), [(0.0, True), (1.0, False)])
def test_a_model_trained_with_hidden_surroundings_does_not_use_them(surroundings, uses_them, tmp_path):
    classes = np.arange(64) % 4
    images = np.zeros((64, 32, 32, 3), np.uint8) + (classes * 60 + 30).astype(np.uint8)[:, None, None, None]
    shares = np.zeros((64, 32, 32), np.uint8)
    images[:, 8:24, 8:24], shares[:, 8:24, 8:24] = (150, 60, 170), 255
    pixels = Pixels(images, shares, classes)
    recipe = replace(load_recipe("fusion"), batch=16, augmentation=Augmentation(surroundings=surroundings))

    def build():
        keras.utils.set_random_seed(0)
        return build_small((Branch("one", "original"),), head_widths=())

    phase = Phase("small", build, (Stage(32, 30, learning_rate=1e-2),), 0, "run", tmp_path)
    model = fit_supervised(phase, recipe, lambda variation, stage: pixels, lambda progress: None)
    right = (predict(model, pixels).argmax(axis=1) == classes).mean()
    assert (right == 1.0) == uses_them
