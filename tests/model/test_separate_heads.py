"""Separate linear heads for each branch, combined by the mean of their logits."""

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
from tests.effort import in_soak
from tests.model.small_model import BRANCHES, SMALL, build_small, repeat

FIRST = 6  # features of the first branch of a small model
RECIPE = replace(
    SMALL,
    head_stages=(Stage(32, 10, learning_rate=3e-2, redraw_every=10),),
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


def fit(pixels, folder, calibration=None):
    keras.utils.set_random_seed(0)
    model = build_small(BRANCHES, head_widths=())
    phase = Phase("head", keras.Model, RECIPE.head_stages, 0, "run", folder)
    sources = ImageSources(lambda variation, stage: repeat(pixels, 15))
    return fit_separate_heads(phase, model, RECIPE, sources, calibration, lambda progress: None)


@pytest.fixture(scope="module")
def usual(pixels, tmp_path_factory):
    """The model whose heads were fitted on `pixels`."""
    return fit(pixels, tmp_path_factory.mktemp("usual"))


def kernel_of(model):
    return np.asarray(model.get_layer("probabilities").get_weights()[0])


def test_separate_heads_classify_the_training_images(pixels, usual):
    probabilities = np.asarray(usual.predict_on_batch([pixels.images.astype(np.float32)] * 2))
    assert (probabilities.argmax(axis=1) == pixels.classes).mean() > 0.7


def test_a_branchs_features_do_not_change_the_other_branchs_head(pixels, usual, tmp_path):
    empty = replace(pixels, mask_shares=np.zeros_like(pixels.mask_shares))  # the segmented image is black
    before, without = kernel_of(usual), kernel_of(fit(empty, tmp_path))
    assert np.allclose(before[:FIRST], without[:FIRST], atol=1e-5)
    assert not np.allclose(before[FIRST:], without[FIRST:], atol=1e-3)


@in_soak
def test_heads_with_wrong_answers_on_the_calibration_part_get_a_higher_temperature(pixels, usual, tmp_path):
    wrong = replace(pixels, classes=np.roll(pixels.classes, 1))
    calibrated = kernel_of(fit(pixels, tmp_path, wrong))
    assert np.abs(calibrated).max() < 0.5 * np.abs(kernel_of(usual)).max()


@pytest.mark.parametrize("changed", [{"head_widths": (8,)}, {"head_stages": ()}])
def test_separate_heads_with_hidden_layers_or_without_stages_are_refused_before_training(changed, tmp_path):
    with pytest.raises(InvalidData, match="has separate heads, which must be linear"):
        train_model(TrainingRun(replace(RECIPE, **changed), (), 0, tmp_path))


def test_fusion_apart_starts_all_its_branches_from_a_package():
    recipe = load_recipe("fusion-apart")
    assert [branch.weights for branch in recipe.branches] == ["package"] * 3
    assert recipe.heads == "separate" and not recipe.head_widths and not recipe.stages


@in_soak
@pytest.mark.parametrize("stop_in", ["head of one_original", "head of two_segmented"])
def test_an_interrupted_training_resumes_and_ends_with_the_weights_of_an_uninterrupted_one(pixels, tmp_path, stop_in):
    recipe = replace(RECIPE, head_dropouts=(0.2,))
    stages = (Stage(32, 4, learning_rate=3e-2, redraw_every=2),)
    drawn: list[int] = []
    finished: list[tuple[str, int]] = []

    def draw(variation, stage):
        drawn.append(variation)
        return pixels

    def stop(progress):
        if (progress.phase, progress.epoch) == (stop_in, 3):
            raise KeyboardInterrupt

    def note(progress):
        if progress.step == progress.steps:
            finished.append((progress.phase, progress.epoch))

    def fit_in(folder, report):
        keras.utils.set_random_seed(0)
        model = build_small(BRANCHES, head_widths=())
        phase = Phase("head", keras.Model, stages, 0, "run", tmp_path / folder)
        return fit_separate_heads(phase, model, recipe, ImageSources(draw), None, report)

    whole = fit_in("whole", lambda progress: None)
    with pytest.raises(KeyboardInterrupt):
        fit_in("interrupted", stop)
    drawn.clear()
    resumed = fit_in("interrupted", note)
    assert finished[:2] == [(stop_in, 3), (stop_in, 4)]
    assert drawn == []
    assert np.array_equal(kernel_of(resumed), kernel_of(whole))
