"""Heads that learn apart: each hears one branch, and the mean of their logits counts."""

from dataclasses import replace

import keras
import numpy as np
import pytest

from blastlens.domain.errors import InvalidData
from blastlens.domain.labels import LABELS
from blastlens.training.data.arrays import Pixels
from blastlens.training.fitting.feature_cache import ImageSources
from blastlens.training.fitting.heads import fit_separate_heads
from blastlens.training.fitting.loop import Phase
from blastlens.training.fitting.pipeline import train_model
from blastlens.training.fitting.run import TrainingRun
from blastlens.training.recipes.recipe import Stage
from blastlens.training.recipes.toml import load_recipe
from tests.model.small_model import BRANCHES, SMALL, build_small

FIRST = 6  # features of the first branch of a small model
RECIPE = replace(
    SMALL,
    head_stages=(Stage(32, 150, learning_rate=3e-2, redraw_every=150),),
    heads="separate",
    head_widths=(),
    head_dropouts=(),
)


@pytest.fixture(scope="module")
def pixels():
    generator = np.random.default_rng(0)
    classes = np.arange(24) % len(LABELS)
    images = generator.integers(0, 60, (24, 32, 32, 3)) + 60 * classes[:, None, None, None]
    return Pixels(images.astype(np.uint8), np.full((24, 32, 32), 255, np.uint8), classes.astype(np.int64))


def taught(pixels, folder, calibration=None):
    keras.utils.set_random_seed(0)
    model = build_small(BRANCHES, head_widths=())
    part = Phase("head", keras.Model, RECIPE.head_stages, 0, "run", folder)
    heard = ImageSources(lambda variation, stage: pixels)
    return fit_separate_heads(part, model, RECIPE, heard, calibration, lambda progress: None)


@pytest.fixture(scope="module")
def usual(pixels, tmp_path_factory):
    """The model whose heads were fitted on `pixels`."""
    return taught(pixels, tmp_path_factory.mktemp("usual"))


def kernel_of(model):
    return np.asarray(model.get_layer("probabilities").get_weights()[0])


def test_heads_that_learn_apart_tell_the_classes(pixels, usual):
    said = np.asarray(usual.predict_on_batch([pixels.images.astype(np.float32)] * 2))
    assert (said.argmax(axis=1) == pixels.classes).mean() > 0.7


def test_what_one_branch_says_does_not_change_what_the_head_of_the_other_learns(pixels, usual, tmp_path):
    blind = replace(pixels, mask_shares=np.zeros_like(pixels.mask_shares))  # nothing is left of the segmented image
    seeing, without = kernel_of(usual), kernel_of(taught(blind, tmp_path))
    assert np.allclose(seeing[:FIRST], without[:FIRST], atol=1e-5)
    assert not np.allclose(seeing[FIRST:], without[FIRST:], atol=1e-3)


def test_heads_that_are_wrong_about_the_calibration_part_speak_more_quietly(pixels, usual, tmp_path):
    mistaken = replace(pixels, classes=np.roll(pixels.classes, 1))
    quiet = kernel_of(taught(pixels, tmp_path, mistaken))
    assert np.abs(quiet).max() < 0.5 * np.abs(kernel_of(usual)).max()


@pytest.mark.parametrize("changed", [{"head_widths": (8,)}, {"head_stages": ()}])
def test_a_recipe_whose_heads_cannot_learn_apart_is_refused_before_anything_is_learned(changed, tmp_path):
    with pytest.raises(InvalidData, match="lets heads learn apart"):
        train_model(TrainingRun(replace(RECIPE, **changed), (), 0, tmp_path), None)  # type: ignore[arg-type]


def test_the_recipe_that_has_a_head_for_each_branch_goes_on_from_a_package_in_all_of_them():
    recipe = load_recipe("fusion-apart")
    assert [branch.weights for branch in recipe.branches] == ["package"] * 3
    assert recipe.heads == "separate" and not recipe.head_widths and not recipe.stages
