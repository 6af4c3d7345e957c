import sys
import tomllib
from dataclasses import replace
from math import log10
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from blastlens.cli.tune import tune as tune_command
from blastlens.domain.errors import InvalidData, InvalidSettings
from blastlens.inference.package import write_manifest
from blastlens.training.data.dataset import find_examples
from blastlens.training.data.leakage import parts_sha256
from blastlens.training.data.splits import SplitPlan, data_sha256
from blastlens.training.recipes.recipe import Augmentation, BranchRecipe, Recipe, Stage
from blastlens.training.recipes.toml import load_recipe, recipe_names, recipe_of, to_toml
from blastlens.training.tuning.search import TrialResult, TuningRequest, load_result, tune
from blastlens.training.tuning.search_space import Suggestion, apply_suggestion
from tests.model.folders import draw_data
from tests.tiny_package import write_tiny

RECIPE = Recipe(
    name="small",
    about='a "quoted" sentence, with µ',
    branches=(BranchRecipe("vgg16", "original", "scratch", stages=(Stage(32, 2, learning_rate=1e-4),)),),
    stages=(Stage(32, 3, learning_rate=1e-3, cosine=True),),
    augmentation=Augmentation(hue=4.0, zoom=0.4, bar=0.5),
)


@pytest.fixture
def study(tmp_path):
    return tmp_path / "study" / "search.log"


def searching(study, trials, run="run", seed=0):
    return TuningRequest(RECIPE, trials, study, seed, run)


def best_at_a_tenth(recipe, report):
    """A training that is best at a rate of 1e-4 and improves over three epochs."""
    accuracy = 1.0 - 0.2 * abs(log10(recipe.stages[0].learning_rate) + 4)
    for epoch in (1, 2, 3):
        report(epoch, accuracy * epoch / 3)
    return accuracy


def test_a_search_finds_the_better_end_of_a_range(study):
    found = tune(searching(study, 25), best_at_a_tenth)
    assert len(found.trials) == 25
    assert found.best is not None and found.best.name == "small-tuned"
    assert 1e-4 <= found.best.stages[0].learning_rate < 4e-4
    accuracies = [row.accuracy for row in found.trials if row.state == "finished" and row.accuracy is not None]
    assert max(accuracies) > 0.9


def test_a_search_is_resumed(study):
    tune(searching(study, 3), best_at_a_tenth)
    ran = []

    def counted(recipe, report):
        ran.append(recipe)
        return 0.5

    assert len(tune(searching(study, 5), counted).trials) == 5
    assert len(ran) == 2
    assert tune(searching(study, 5), counted).trials == load_result(searching(study, 5)).trials
    assert len(ran) == 2


def test_a_resumed_search_draws_no_point_twice(study):
    tune(searching(study, 2), best_at_a_tenth)
    rows = tune(searching(study, 4), best_at_a_tenth).trials
    assert len({row.suggestion["rate"] for row in rows}) == 4


def test_finished_trials_survive_an_interruption_and_the_rest_is_run_again(study):
    calls = iter(range(10))

    def interrupted(recipe, report):
        if next(calls) == 2:
            raise KeyboardInterrupt
        return 0.7

    with pytest.raises(KeyboardInterrupt):
        tune(searching(study, 4), interrupted)
    kept = load_result(searching(study, 4))
    assert [row.state for row in kept.trials] == ["finished", "finished", "stopped"]
    assert kept.best is not None
    assert [row.state for row in tune(searching(study, 4), interrupted).trials].count("finished") == 4


def test_a_trial_below_the_median_is_pruned(study):
    calls = iter(range(10))
    epochs = []

    def slower_and_slower(recipe, report):
        worth = 1.0 - 0.1 * next(calls)
        for epoch in range(1, 6):
            epochs.append(epoch)
            report(epoch, worth)
        return worth

    rows = tune(searching(study, 6), slower_and_slower).trials
    assert [row.state for row in rows[:3]] == ["finished"] * 3
    assert {row.state for row in rows[3:]} == {"pruned"}
    assert all(row.epochs < 5 for row in rows[3:])
    assert len(epochs) < 30


def test_trials_are_reported_as_they_end(study):
    reported: list[TrialResult] = []
    tune(searching(study, 2), best_at_a_tenth, reported.append)
    assert [(row.number, row.state, row.epochs) for row in reported] == [(0, "finished", 3), (1, "finished", 3)]


def test_the_study_of_another_search_is_refused(study):
    tune(searching(study, 1), best_at_a_tenth)
    with pytest.raises(InvalidData, match="another recipe"):
        tune(searching(study, 2, run="other data"), best_at_a_tenth)


def test_a_file_that_is_not_a_study_is_refused(tmp_path):
    file = tmp_path / "notes.txt"
    file.write_text("not a study\n")
    with pytest.raises(InvalidData, match="not a study"):
        tune(searching(file, 1), best_at_a_tenth)
    assert file.read_text() == "not a study\n"


def test_a_damaged_study_is_refused(study):
    tune(searching(study, 1), best_at_a_tenth)
    study.write_text(study.read_text().replace('"op_code":2', '"op_code":'))
    with pytest.raises(InvalidData, match="damaged"):
        tune(searching(study, 2), best_at_a_tenth)


def test_equal_seeds_suggest_equal_values(tmp_path):
    first, second = (tune(searching(tmp_path / name, 4), best_at_a_tenth).trials for name in ("a", "b"))
    assert [row.suggestion for row in first] == [row.suggestion for row in second]


def test_a_suggestion_scales_amounts_and_leaves_zeros():
    chosen = apply_suggestion(Suggestion(rate=2.0, warm_up=0.1, dropout=0.4, colour=0.5, shape=2.0), RECIPE)
    assert chosen.stages[0].learning_rate == pytest.approx(2e-3)
    assert chosen.branches[0].stages[0].learning_rate == pytest.approx(2e-4)
    assert chosen.stages[0].warm_up == chosen.branches[0].stages[0].warm_up == 0.1
    assert set(chosen.head_dropouts) == {0.4}
    assert chosen.augmentation == Augmentation(hue=2.0, zoom=0.5, bar=0.5)


def test_a_suggested_rate_applies_to_consistency_stages_and_head_stages():
    branch = replace(RECIPE.branches[0], consistency_stages=(Stage(32, 1, learning_rate=1e-4),))
    recipe = replace(RECIPE, branches=(branch,), head_stages=(Stage(32, 1, learning_rate=1e-3),))
    chosen = apply_suggestion(Suggestion(rate=2.0), recipe)
    assert chosen.branches[0].consistency_stages[0].learning_rate == pytest.approx(2e-4)
    assert chosen.head_stages[0].learning_rate == pytest.approx(2e-3)


def test_the_best_recipe_can_be_written_and_read_again(study):
    best = tune(searching(study, 2), best_at_a_tenth).best
    assert best is not None
    for recipe in (RECIPE, best):
        written = to_toml(recipe, "found by blastlens tune\nin two trials")
        assert written.startswith("# found by blastlens tune\n# in two trials\n")
        assert recipe_of(tomllib.loads(written)["recipe"]) == recipe


@pytest.mark.parametrize("name", recipe_names())
def test_every_recipe_is_the_same_after_writing_and_reading(name):
    recipe = load_recipe(name)
    assert recipe_of(tomllib.loads(to_toml(recipe))["recipe"]) == recipe


@pytest.fixture
def command(tmp_path, monkeypatch):
    """Runs `blastlens tune` on drawn smears, with a training that is none; what it was given is kept."""
    given = SimpleNamespace(interrupted_at=99, ran=0, run_of_trials=None)

    class QuickTrial:
        def __init__(self, run):
            given.run_of_trials = run

        def __call__(self, recipe, report):
            if given.ran == given.interrupted_at:
                raise KeyboardInterrupt
            given.ran += 1
            return best_at_a_tenth(recipe, report)

    monkeypatch.setitem(sys.modules, "blastlens.training.tuning.trial", SimpleNamespace(KerasTrial=QuickTrial))
    data = draw_data(tmp_path / "data", images=10)
    given.data, given.study = data, tmp_path / "search.log"
    given.recipe = replace(load_recipe("published"), split="group", shares=(0.6, 0.2, 0.2))

    def run(trials, *more):
        (tmp_path / "recipe.toml").write_text(to_toml(given.recipe))
        named = ["--recipe", tmp_path / "recipe.toml", "--trials", trials, "--study", given.study]
        arguments = ["--data", data, *named, *more]
        return CliRunner().invoke(tune_command, [str(each) for each in arguments])

    given.run = run
    return given


def test_the_command_shows_the_trials_and_writes_the_best_recipe(command):
    done = command.run(3, "--epochs", 4)
    assert done.exit_code == 0, done.output
    assert done.output.count("finished") == 6  # as each ended, and in the table
    written = load_recipe(str(command.study.with_suffix(".toml")))
    assert written.name == "published-tuned" and written.stages[0].epochs == 4
    given = command.run_of_trials
    assert (len(given.examples), len(given.calibration)) == (24, 8)  # the validation part is not even handed over


def test_an_interrupted_command_keeps_its_trials_and_resumes(command):
    command.interrupted_at = 2
    stopped = command.run(4)
    assert stopped.exit_code != 0 and "Run the same command to resume" in stopped.output
    assert command.study.with_suffix(".toml").exists()
    command.interrupted_at = 99
    assert command.run(4).exit_code == 0
    assert command.ran == 4


def test_a_command_without_a_finished_trial_reports_it(command):
    command.interrupted_at = 0
    assert "No trial has finished" in command.run(1).output


@pytest.mark.parametrize(("how", "shares"), [("group", (0.4, 0.4, 0.2)), ("random", (0.4, 0.3, 0.3))])
def test_a_command_splits_the_data_like_a_training_of_the_recipe_it_writes(command, how, shares):
    command.recipe = replace(command.recipe, split=how, shares=shares)
    done = command.run(1)
    assert done.exit_code == 0, done.output
    best = load_recipe(str(command.study.with_suffix(".toml")))
    judging = SplitPlan(best.split, 0, best.shares).split(find_examples(command.data)).validation
    seen = {*command.run_of_trials.examples, *command.run_of_trials.calibration}
    assert len(seen) + len(judging) == 40 and not seen & set(judging)


def going_on(recipe):
    return replace(recipe, branches=tuple(replace(branch, weights="package") for branch in recipe.branches))


def test_a_start_package_of_another_split_is_refused_before_any_training(command, tmp_path):
    command.recipe = going_on(command.recipe)
    refused = command.run(1)
    assert isinstance(refused.exception, InvalidData) and "trained with another split" in str(refused.exception)
    assert command.ran == 0


def test_a_command_starts_from_the_named_package_which_is_part_of_the_search_id(command, tmp_path):
    command.recipe = going_on(command.recipe)
    plan, examples = SplitPlan("group", 0, command.recipe.shares), find_examples(command.data)
    recorded = {
        "split": plan.plain(),
        "data_sha256": data_sha256(examples),
        "parts_sha256": parts_sha256(plan.split(examples)),
    }
    for name in ("one", "other"):
        tiny = write_tiny(tmp_path / name)
        write_manifest(tmp_path / name, replace(tiny.manifest, name=name, training_data=recorded))
    assert command.run(1, "--start", tmp_path / "one").exit_code == 0
    assert command.run_of_trials.start.identity.name == "one"
    assert "another recipe" in str(command.run(2, "--start", tmp_path / "other").exception)


def test_outliers_reach_the_trials_and_are_part_of_the_search_id(command, tmp_path):
    others = draw_data(tmp_path / "others", images=2)
    command.recipe = replace(command.recipe, outlier_exposure=0.3)
    assert command.run(1, "--unfamiliar", others / "Pre").exit_code == 0
    assert len(command.run_of_trials.outliers) == 2
    assert "another recipe" in str(command.run(2, "--unfamiliar", others / "Pro").exception)


def test_a_study_is_not_overwritten_by_the_best_recipe(command):
    command.study = command.study.with_suffix(".toml")
    refused = command.run(1)
    assert isinstance(refused.exception, InvalidSettings) and "--out" in str(refused.exception)
    assert not command.study.exists() and command.ran == 0


def test_a_folder_that_the_best_recipe_cannot_be_written_to_is_refused_before_any_training(command, tmp_path):
    (tmp_path / "file").write_text("no folder")
    refused = command.run(1, "--out", tmp_path / "file" / "best.toml")
    assert isinstance(refused.exception, InvalidSettings) and "nothing can be written" in str(refused.exception)
    assert command.ran == 0
