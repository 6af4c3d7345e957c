"""`blastlens train --recipe scale`: train the model of the scale of a field."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from blastlens.cli.progress_display import TerminalProgress
from blastlens.cli.training_options import choose_laboratories

SCALE_RECIPE = "scale"


def train_scale_model(
    data: Path,
    groups: Path | None,
    labs: Path | None,
    boxed: Path | None,
    photographs: Path | None,
    left_out: str | None,
    epochs: int | None,
    seed: int,
    work: Path,
    package: Path,
) -> None:
    """Train the scale model and write its graph and description to `package`.

    Raises:
        click.UsageError: the folder of other laboratories is not named.
    """
    from blastlens.training.data.splits import SplitPlan
    from blastlens.training.scale.fitting import STEPS_PER_EPOCH
    from blastlens.training.scale.recipe import load_scale_recipe
    from blastlens.training.scale.train import GRAPH_FILE, ScaleTraining, train_scale

    folder, out = choose_laboratories(SCALE_RECIPE, labs, left_out)
    recipe = load_scale_recipe()
    recipe = replace(recipe, steps=epochs * STEPS_PER_EPOCH) if epochs else recipe
    plan = SplitPlan("group", seed)
    request = ScaleTraining(data, groups, folder, boxed, photographs, recipe, plan, seed, work, package, out)
    described = train_scale(request, TerminalProgress(Console(highlight=False)))
    for line in _summarise(described["measured"]):
        click.echo(line)
    click.echo(f"Graph written to {package / GRAPH_FILE}.")


def _summarise(measured: dict[str, Any]) -> list[str]:
    """Return a line for each set of images that was not trained on."""
    sets = {name: sizes["as taken"] for name, sizes in measured.items() if "as taken" in sizes}
    return [
        f"{name}: {errors['images']} images, {errors['unknown']:.1%} unknown, median error {errors['median']:.1%}, "
        f"{errors['within']:.1%} within 25 %."
        for name, errors in sets.items()
    ]
