"""Consistency regularisation of a branch against its own features."""

from dataclasses import replace

import keras
import numpy as np
import pytest

from blastlens.domain.labels import LABELS
from blastlens.inference.manifest import Branch
from blastlens.training.data.arrays import Pairs, Pixels
from blastlens.training.data.augmentation import augment
from blastlens.training.fitting.consistency import fit_consistency
from blastlens.training.fitting.loop import Phase
from blastlens.training.models.features import extract_features
from blastlens.training.progress import Progress
from blastlens.training.recipes.recipe import Augmentation, BranchRecipe, Recipe, Stage
from tests.model.small_model import build_small

NAME = "one_original"
RECIPE = Recipe(name="one", branches=(BranchRecipe("one", "original"),), stages=(), batch=8)
STAGES = (Stage(32, 12, learning_rate=3e-3, redraw_every=4),)


@pytest.fixture
def plain():
    generator = np.random.default_rng(0)
    classes = np.arange(32) % len(LABELS)
    images = generator.integers(40, 120, (32, 32, 32, 3)) + 30 * classes[:, None, None, None]
    return Pixels(images.astype(np.uint8), np.zeros((32, 32, 32), np.uint8), classes.astype(np.int64))


@pytest.fixture
def pairs(plain):
    darker = (plain.images * 0.6).astype(np.uint8)
    return Pairs(replace(plain, images=darker), plain)


def phase_in(folder, stages=STAGES):
    return Phase("one_consistency", keras.Model, stages, 0, "run", folder)


def fit(folder, pairs, reported=None, stages=STAGES):
    start = build_small((Branch("one", "original"),))
    report = (lambda progress: None) if reported is None else reported.append
    return start, fit_consistency(phase_in(folder, stages), start, RECIPE, lambda variation, stage: pairs, report)


def test_features_of_a_changed_image_come_near_those_of_the_unchanged_one(pairs, tmp_path):
    start, trained = fit(tmp_path, pairs)
    wanted = extract_features(start, NAME, pairs.plain)
    before = np.abs(extract_features(start, NAME, pairs.changed) - wanted).mean()
    assert np.abs(extract_features(trained, NAME, pairs.changed) - wanted).mean() < 0.5 * before


def test_the_model_that_gives_the_targets_is_not_changed(pairs, tmp_path):
    fresh = build_small((Branch("one", "original"),)).get_weights()
    start, _ = fit(tmp_path, pairs)
    assert all(np.array_equal(first, second) for first, second in zip(fresh, start.get_weights(), strict=True))


def test_explained_variance_is_reported_in_place_of_an_accuracy(pairs, tmp_path):
    reported: list[Progress] = []
    fit(tmp_path, pairs, reported)
    assert {progress.metric for progress in reported} == {"explained variance"}
    assert reported[-1].score > reported[0].score
    assert reported[-1].score <= 1.0


def test_an_interrupted_phase_resumes_after_its_last_epoch(pairs, tmp_path):
    _, whole = fit(tmp_path / "whole", pairs, stages=(replace(STAGES[0], epochs=4),))
    reported: list[Progress] = []

    def stop_after_two(progress):
        reported.append(progress)
        if progress.epoch == 3:
            raise KeyboardInterrupt

    start = build_small((Branch("one", "original"),))
    phase = phase_in(tmp_path / "interrupted", (replace(STAGES[0], epochs=4),))
    with pytest.raises(KeyboardInterrupt):
        fit_consistency(phase, start, RECIPE, lambda variation, stage: pairs, stop_after_two)
    resumed = fit_consistency(phase, start, RECIPE, lambda variation, stage: pairs, reported.append)
    assert [progress.epoch for progress in reported[-8:]] == [3] * 4 + [4] * 4
    assert all(np.array_equal(a, b) for a, b in zip(whole.get_weights(), resumed.get_weights(), strict=True))


def test_geometric_changes_are_the_same_with_and_without_the_other_changes():
    image = np.random.default_rng(0).integers(0, 256, (96, 96, 3)).astype(np.uint8)
    amounts = Augmentation(rotation=15, zoom=0.2, no_bar=0.5, bar=0.5, corner=0.5, brightness=0.2, hue=10, jpeg=90)
    place = replace(amounts, brightness=0.0, hue=0.0, jpeg=0)
    for seed in range(6):
        ours, theirs = (augment(image, each, np.random.default_rng(seed)) for each in (amounts.geometry_only(), place))
        assert np.array_equal(ours, theirs)
        assert not np.array_equal(ours, augment(image, amounts, np.random.default_rng(seed)))
