from dataclasses import replace

import optuna
import pytest

from blastlens.training.data.dataset import find_examples
from blastlens.training.data.splits import split_by_group
from blastlens.training.fitting.run import TrainingRun
from blastlens.training.recipes.recipe import Augmentation, BranchRecipe, Recipe, Stage
from blastlens.training.tuning.trial import KerasTrial
from tests.model.folders import draw_data
from tests.model.small_model import small_backbone

pytestmark = pytest.mark.usefixtures("eager")

TINY = Recipe(
    name="tiny",
    branches=(BranchRecipe("small", "original", "scratch"),),
    stages=(Stage(32, 3, learning_rate=1e-3),),
    frozen=False,
    batch=8,
    head_widths=(8,),
    head_dropouts=(0.2,),
    augmentation=Augmentation(),
)


class Silent:
    def __init__(self):
        self.steps = []

    def say(self, sentence):
        raise AssertionError("a search has more to tell than its trainings")

    def track(self, items):
        return items

    def step(self, progress):
        self.steps.append(progress)


@pytest.fixture(scope="module", autouse=True)
def backbone():
    with small_backbone():
        yield


@pytest.fixture(scope="module")
def split(tmp_path_factory):
    return split_by_group(find_examples(draw_data(tmp_path_factory.mktemp("tiny") / "data", images=6)), 0, 0.2, 0.2)


def lesson(split, folder):
    return TrainingRun(TINY, split.training, 0, folder, None, split.calibration)


def test_a_trial_is_judged_on_the_calibration_part_after_every_epoch_and_leaves_nothing_behind(split, tmp_path):
    watcher, reports = Silent(), []
    trial = KerasTrial(lesson(split, tmp_path), watcher)
    accuracy = trial(TINY, lambda epoch, value: reports.append((epoch, value)))
    assert [epoch for epoch, _ in reports] == [1, 2]
    possible = {index / len(split.calibration) for index in range(len(split.calibration) + 1)}
    assert {accuracy, *(value for _, value in reports)} <= possible
    assert watcher.steps[-1].epoch == 3
    assert list(tmp_path.iterdir()) == []


def test_only_epochs_that_make_a_model_of_the_classes_are_judged(split, tmp_path):
    taught = BranchRecipe(
        "small", "original", "scratch", (Stage(32, 2),), consistency_stages=(Stage(32, 2, redraw_every=1),)
    )
    recipe = replace(TINY, branches=(taught,), stages=(), head_stages=(Stage(32, 2),))
    watcher, reports = Silent(), []
    trial = KerasTrial(lesson(split, tmp_path), watcher)
    trial(replace(recipe, frozen=True), lambda epoch, value: reports.append(epoch))
    assert [(step.part, step.epoch) for step in watcher.steps if step.step == 1] == [
        *(("small_original", epoch) for epoch in (1, 2)),
        *(("small_original_steady", epoch) for epoch in (1, 2)),
        *(("head", epoch) for epoch in (1, 2)),
    ]
    assert reports == [1]  # after the branch's first epoch: neither features nor the head's are its classes


def test_a_trial_that_is_cut_short_ends_at_once_and_leaves_nothing_behind(split, tmp_path):
    watcher = Silent()

    def prune(epoch, accuracy):
        raise optuna.TrialPruned

    with pytest.raises(optuna.TrialPruned):
        KerasTrial(lesson(split, tmp_path), watcher)(TINY, prune)
    assert watcher.steps[-1].epoch == 2 and watcher.steps[-1].step == 1
    assert list(tmp_path.iterdir()) == []


class Begun(Exception):
    pass


def test_a_trial_is_given_all_that_a_training_is_but_its_own_recipe_and_folder(split, tmp_path, monkeypatch):
    whole = replace(lesson(split, tmp_path), outliers=(tmp_path / "strange.png",))
    given = []

    def begin(lesson, watcher):
        given.append(lesson)
        raise Begun

    monkeypatch.setattr("blastlens.training.tuning.trial.train_model", begin)
    other = replace(TINY, batch=4)
    with pytest.raises(Begun):
        KerasTrial(whole, Silent())(other, lambda epoch, value: None)
    assert given == [replace(whole, recipe=other, work=given[0].work)]
    assert given[0].work.parent == tmp_path
