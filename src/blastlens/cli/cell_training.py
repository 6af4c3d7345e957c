"""`blastlens train --recipe cells`: train the model of white cells."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from blastlens.cli.progress_display import TerminalProgress
from blastlens.cli.training_options import choose_laboratories

CELL_RECIPE = "cells"


def train_cell_model(
    data: Path,
    groups: Path | None,
    labs: Path | None,
    boxed: Path | None,
    left_out: str | None,
    epochs: int | None,
    seed: int,
    work: Path,
    package: Path,
) -> None:
    """Train the cell model and write its graph and description to `package`.

    Raises:
        click.UsageError: the folder of other laboratories is not named.
    """
    from blastlens.training.cells.recipe import load_cell_recipe
    from blastlens.training.cells.train import GRAPH_FILE, CellTraining, train_cells
    from blastlens.training.data.splits import SplitPlan

    folder, out = choose_laboratories(CELL_RECIPE, labs, left_out)
    recipe = load_cell_recipe()
    recipe = replace(recipe, epochs=epochs) if epochs else recipe
    request = CellTraining(
        data, groups, folder, boxed, recipe, SplitPlan("group", seed), seed, work, package, left_out=out
    )
    shown = TerminalProgress(Console(highlight=False))
    described = train_cells(request, shown.step, lambda items, words: shown.track(items))
    click.echo(_summarise(described["measured"]))
    click.echo(f"Graph written to {package / GRAPH_FILE}.")


def _summarise(measured: dict[str, Any]) -> str:
    """Return the accuracy of cells alone by part."""
    parts = {name: values["accuracy"] for name, values in measured.items() if "accuracy" in values}
    return "Accuracy by white cells: " + ", ".join(f"{value:.4f} ({name})" for name, value in parts.items()) + "."
