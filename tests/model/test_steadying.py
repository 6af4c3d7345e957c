"""How a branch learns to say of a changed image what it said of the image before."""

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


def part_in(folder, stages=STAGES):
    return Phase("one_steady", keras.Model, stages, 0, "run", folder)


def learn_to_be_steady(folder, pairs, seen=None, stages=STAGES):
    learned = build_small((Branch("one", "original"),))
    report = (lambda progress: None) if seen is None else seen.append
    return learned, fit_consistency(part_in(folder, stages), learned, RECIPE, lambda variation, stage: pairs, report)


def test_what_is_said_of_a_changed_image_comes_near_to_what_was_said_before(pairs, tmp_path):
    learned, steadied = learn_to_be_steady(tmp_path, pairs)
    wanted = extract_features(learned, NAME, pairs.plain)
    before = np.abs(extract_features(learned, NAME, pairs.changed) - wanted).mean()
    assert np.abs(extract_features(steadied, NAME, pairs.changed) - wanted).mean() < 0.5 * before


def test_what_it_learned_from_stays_as_it_is(pairs, tmp_path):
    fresh = build_small((Branch("one", "original"),)).get_weights()
    learned, _ = learn_to_be_steady(tmp_path, pairs)
    assert all(np.array_equal(first, second) for first, second in zip(fresh, learned.get_weights(), strict=True))


def test_a_person_is_told_how_like_the_features_are_and_no_accuracy(pairs, tmp_path):
    seen: list[Progress] = []
    learn_to_be_steady(tmp_path, pairs, seen)
    assert {progress.measure for progress in seen} == {"likeness"}
    assert seen[-1].accuracy > seen[0].accuracy
    assert seen[-1].accuracy <= 1.0


def test_an_interrupted_steadying_goes_on_where_it_was(pairs, tmp_path):
    _, whole = learn_to_be_steady(tmp_path / "whole", pairs, stages=(replace(STAGES[0], epochs=4),))
    seen: list[Progress] = []

    def stop_after_two(progress):
        seen.append(progress)
        if progress.epoch == 3:
            raise KeyboardInterrupt

    learned = build_small((Branch("one", "original"),))
    part = part_in(tmp_path / "interrupted", (replace(STAGES[0], epochs=4),))
    with pytest.raises(KeyboardInterrupt):
        fit_consistency(part, learned, RECIPE, lambda variation, stage: pairs, stop_after_two)
    resumed = fit_consistency(part, learned, RECIPE, lambda variation, stage: pairs, seen.append)
    assert [progress.epoch for progress in seen[-8:]] == [3] * 4 + [4] * 4
    assert all(np.array_equal(a, b) for a, b in zip(whole.get_weights(), resumed.get_weights(), strict=True))


def test_changes_of_place_are_the_same_with_and_without_all_the_others():
    image = np.random.default_rng(0).integers(0, 256, (96, 96, 3)).astype(np.uint8)
    amounts = Augmentation(rotation=15, zoom=0.2, no_bar=0.5, bar=0.5, corner=0.5, brightness=0.2, hue=10, jpeg=90)
    place = replace(amounts, brightness=0.0, hue=0.0, jpeg=0)
    for seed in range(6):
        ours, theirs = (augment(image, each, np.random.default_rng(seed)) for each in (amounts.geometry_only(), place))
        assert np.array_equal(ours, theirs)
        assert not np.array_equal(ours, augment(image, amounts, np.random.default_rng(seed)))
