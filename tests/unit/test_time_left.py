"""The estimate of the time left of a training run."""

from dataclasses import replace

import pytest

from blastlens.training.progress import Progress
from blastlens.training.recipes.recipe import BranchRecipe, Recipe, Stage
from blastlens.training.time_left import PlannedEpoch, RemainingTime, plan_epochs

RECIPE = Recipe(
    name="small",
    branches=(
        BranchRecipe("vgg16", "original", stages=(Stage(64, 1, crop=32), Stage(64, 1))),
        BranchRecipe("mobilenet", "segmented", consistency_stages=(Stage(32, 1),)),
    ),
    stages=(Stage(128, 1),),
    head_stages=(Stage(64, 3, redraw_every=2),),
)


def plan(recipe):
    return [(epoch.phase, epoch.pixels) for epoch in plan_epochs(recipe)]


def test_a_recipes_epochs_are_planned_in_order_with_the_pixels_they_compute():
    assert plan(RECIPE) == [
        ("vgg16_original", 32**2),
        ("vgg16_original", 64**2),
        ("mobilenet_segmented_consistency", 32**2),
        ("head", 64**2),
        ("head", 0),  # on the features of the epoch before
        ("head", 64**2),
        ("whole", 128**2),
    ]
    assert len(plan_epochs(RECIPE)) == RECIPE.epochs


def test_separate_heads_compute_their_features_once():
    planned = plan(replace(RECIPE, heads="separate", head_widths=()))
    assert [epoch for epoch in planned if epoch[0].startswith("head")] == [
        *(("head of vgg16_original", pixels) for pixels in (64**2, 0, 64**2)),
        *(("head of mobilenet_segmented", 0) for _ in range(3)),
    ]


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


PLAN = [
    PlannedEpoch("branch", 100),
    PlannedEpoch("branch", 400),
    PlannedEpoch("whole", 400),
    PlannedEpoch("whole", 400),
]


def step(phase, epoch, of=2, step=2):
    return Progress(phase, epoch, of, 10, step, 2, 0.0, 0.0)


def test_the_time_left_grows_with_pixels_and_follows_what_each_phase_takes():
    clock = Clock()
    remaining = RemainingTime(PLAN, clock)
    assert remaining.update(step("branch", 1, step=1)) is None
    clock.now = 10.0
    assert remaining.update(step("branch", 1)) == pytest.approx(120.0)  # 1,200 pixels at 0.1 s
    clock.now = 20.0
    assert remaining.update(step("branch", 2, step=1)) == pytest.approx(110.0)
    clock.now = 50.0
    assert remaining.update(step("branch", 2)) == pytest.approx(80.0)
    clock.now = 130.0
    assert remaining.update(step("whole", 1)) == pytest.approx(80.0)  # 0.2 s a pixel in this phase
    clock.now = 500.0
    assert remaining.update(step("whole", 2, step=1)) == 0.0  # late, but never less than nothing
    assert remaining.update(step("whole", 2)) == 0.0


def test_a_resumed_training_measures_only_the_epochs_that_it_runs():
    clock = Clock()
    remaining = RemainingTime(PLAN, clock)
    clock.now = 30.0
    remaining.restart()  # reading the data took these
    clock.now = 70.0
    assert remaining.update(step("whole", 1)) == pytest.approx(40.0)


def test_epochs_that_are_not_planned_give_no_estimate():
    remaining = RemainingTime(PLAN, Clock())
    assert remaining.update(step("another", 1)) is None
