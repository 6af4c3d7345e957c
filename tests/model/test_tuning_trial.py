from dataclasses import replace

import optuna
import pytest

from blastlens.training.data.dataset import find_examples
from blastlens.training.data.splits import split_by_group
from blastlens.training.fitting.run import TrainingRun
from blastlens.training.progress import NoReporter
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


class Steps(NoReporter):
    def __init__(self):
        self.steps = []

    def message(self, text):
        raise AssertionError("a search does not report the phases of its trials")

    def step(self, progress):
        self.steps.append(progress)


@pytest.fixture(scope="module", autouse=True)
def backbone():
    with small_backbone():
        yield


@pytest.fixture(scope="module")
def split(tmp_path_factory):
    return split_by_group(find_examples(draw_data(tmp_path_factory.mktemp("tiny") / "data", images=6)), 0, 0.2, 0.2)


def run_in(folder, split, reporter=None):
    reporter = reporter or Steps()
    return TrainingRun(TINY, split.training, 0, folder, None, split.calibration, reporter=reporter)


def test_a_trial_is_evaluated_on_the_calibration_part_after_every_epoch_and_deletes_its_files(split, tmp_path):
    reporter, reports = Steps(), []
    trial = KerasTrial(run_in(tmp_path, split, reporter))
    accuracy = trial(TINY, lambda epoch, value: reports.append((epoch, value)))
    assert [epoch for epoch, _ in reports] == [1, 2]
    possible = {index / len(split.calibration) for index in range(len(split.calibration) + 1)}
    assert {accuracy, *(value for _, value in reports)} <= possible
    assert reporter.steps[-1].epoch == 3
    assert list(tmp_path.iterdir()) == []


def test_only_phases_that_train_a_classifier_of_images_are_evaluated(split, tmp_path):
    branch = BranchRecipe(
        "small", "original", "scratch", (Stage(32, 2),), consistency_stages=(Stage(32, 2, redraw_every=1),)
    )
    recipe = replace(TINY, branches=(branch,), stages=(), head_stages=(Stage(32, 2),))
    reporter, reports = Steps(), []
    trial = KerasTrial(run_in(tmp_path, split, reporter))
    trial(replace(recipe, frozen=True), lambda epoch, value: reports.append(epoch))
    assert [(step.phase, step.epoch) for step in reporter.steps if step.step == 1] == [
        *(("small_original", epoch) for epoch in (1, 2)),
        *(("small_original_consistency", epoch) for epoch in (1, 2)),
        *(("head", epoch) for epoch in (1, 2)),
    ]
    assert reports == [1]  # after the branch's first epoch; the other phases train no classifier of images


def test_a_pruned_trial_ends_at_once_and_deletes_its_files(split, tmp_path):
    reporter = Steps()

    def prune(epoch, accuracy):
        raise optuna.TrialPruned

    with pytest.raises(optuna.TrialPruned):
        KerasTrial(run_in(tmp_path, split, reporter))(TINY, prune)
    assert reporter.steps[-1].epoch == 2 and reporter.steps[-1].step == 1
    assert list(tmp_path.iterdir()) == []


class Started(Exception):
    pass


def test_a_trial_is_the_run_with_another_recipe_and_folder(split, tmp_path, monkeypatch):
    whole = replace(run_in(tmp_path, split), outliers=(tmp_path / "outlier.png",))
    given = []

    def start(run):
        given.append(run)
        raise Started

    monkeypatch.setattr("blastlens.training.tuning.trial.train_model", start)
    other = replace(TINY, batch=4)
    with pytest.raises(Started):
        KerasTrial(whole)(other, lambda epoch, value: None)
    assert given == [replace(whole, recipe=other, work=given[0].work)]
    assert given[0].work.parent == tmp_path
