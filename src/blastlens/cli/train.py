"""`blastlens train`: make a model package from folders of images."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console

from blastlens.cli.cell_training import CELL_RECIPE, train_cell_model
from blastlens.cli.data_folder import data_option, groups_of, groups_option
from blastlens.cli.printed_commands import install_command
from blastlens.cli.progress_display import TerminalProgress
from blastlens.cli.runtime_log import hide_runtime_notes, verbose_option
from blastlens.cli.scale_training import SCALE_RECIPE, train_scale_model
from blastlens.cli.tensorflow_import import import_tensorflow
from blastlens.cli.training_options import (
    labs_option,
    left_out_option,
    overwrite_option,
    package_option,
    photographs_option,
    refuse_to_overwrite,
    start_option,
    unfamiliar_option,
    version_option,
)
from blastlens.inference.classifier import Classifier
from blastlens.inference.package import SHIPPED, load_package

if TYPE_CHECKING:
    from blastlens.training.recipes.recipe import Recipe


@click.command()
@data_option
@click.option("--recipe", "name", default="fusion", show_default=True, help="One of ours by name, or a TOML file.")
@click.option(
    "--split",
    "how",
    type=click.Choice(["random", "group", "staining"]),
    default=None,
    help="How images are split; by default as in the recipe.",
)
@click.option(
    "--branches",
    metavar="BACKBONE[,BACKBONE]",
    default=None,
    help="Backbones, for the recipes comparison and published-screening.",
)
@click.option(
    "--input",
    "inputs",
    type=click.Choice(["original", "segmented", "both"]),
    default=None,
    help="The image that the backbones read, for the same recipes; with both, the first reads the original.",
)
@click.option("--scratch", is_flag=True, help="Train every layer, without ImageNet weights.")
@click.option("--size", type=click.IntRange(32), default=None, help="Side of the images in pixels, in every stage.")
@click.option("--epochs", type=click.IntRange(1), default=None, help="Epochs of every stage.")
@click.option("--folds", type=click.IntRange(3), default=None, help="Split into so many folds, with --fold.")
@click.option("--fold", type=click.IntRange(0), default=None, help="The fold for validation, from 0.")
@groups_option
@click.option(
    "--work",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("training-work"),
    show_default=True,
    help="Folder for checkpoints; the same folder resumes.",
)
@package_option
@overwrite_option
@start_option
@unfamiliar_option
@labs_option
@left_out_option
@photographs_option
@version_option
@click.option("--source", default="not stated", help="A line on the data and its terms, kept in the package.")
@click.option("--seed", type=int, default=0, show_default=True, help="Equal seeds and data give equal weights.")
@verbose_option
def train(
    data: Path,
    name: str,
    how: str | None,
    branches: str | None,
    inputs: str | None,
    scratch: bool,
    size: int | None,
    epochs: int | None,
    folds: int | None,
    fold: int | None,
    groups: Path | None,
    work: Path,
    package: Path,
    overwrite: bool,
    start: Path | None,
    unfamiliar: Path | None,
    labs: Path | None,
    left_out: str | None,
    photographs: Path | None,
    package_version: str,
    source: str,
    seed: int,
    verbose: bool,
) -> None:
    """Train a model on folders of images, evaluate it on a part of its own, and write a package.

    \b
    blastlens train --data images/ --package my-model/
    blastlens train --data images/ --recipe published --scratch --size 64 --epochs 8 --package published/
    blastlens train --data images/ --recipe cells --labs labs/ --package cells/
    blastlens train --data images/ --recipe scale --labs labs/ --unfamiliar boxed/ --package scale/

    --scratch, --size and --epochs reduce a recipe; the package records it. Needs the extra "training" (TensorFlow).
    The same command resumes an interrupted run. An unknown --recipe is refused with the list of known ones.
    """
    refuse_to_overwrite(package, overwrite)
    _import_training(verbose)
    known = groups_of(data, groups)
    if name == CELL_RECIPE:
        train_cell_model(data, known, labs, unfamiliar, left_out, epochs, seed, work, package)
        return
    if name == SCALE_RECIPE:
        train_scale_model(data, known, labs, unfamiliar, photographs, left_out, epochs, seed, work, package)
        return
    from blastlens.training.data.outlier_exposure import find_outliers
    from blastlens.training.data.splits import SplitPlan
    from blastlens.training.fitting.run import TrainingRequest
    from blastlens.training.train import train as run

    recipe = _choose_recipe(name, branches, inputs, scratch, size, epochs)
    plan = SplitPlan(how or recipe.split, seed, recipe.shares, fold, folds)  # type: ignore[arg-type]
    begun = load_package(start or SHIPPED) if recipe.starts_from_package else None
    others = find_outliers(unfamiliar) if unfamiliar else ()
    request = TrainingRequest(data, known, recipe, plan, seed, work, package, package_version, source, begun, others)
    _summarise(run(request, _show_progress(recipe)).manifest.measured["validation"], package)


def _show_progress(recipe: "Recipe") -> TerminalProgress:
    from blastlens.training.time_left import RemainingTime, plan_epochs

    return TerminalProgress(Console(highlight=False), RemainingTime(plan_epochs(recipe)))


def _choose_recipe(
    name: str, branches: str | None, inputs: str | None, scratch: bool, size: int | None, epochs: int | None
) -> "Recipe":
    """Return the named recipe with what the options change."""
    from blastlens.training.models.backbone_check import check_backbones
    from blastlens.training.recipes.overrides import apply_overrides, choose_branches
    from blastlens.training.recipes.toml import load_recipe

    chosen = choose_branches(load_recipe(name), branches.split(",") if branches else (), inputs)  # type: ignore[arg-type]
    recipe = apply_overrides(chosen, scratch, size, epochs)
    check_backbones(recipe)
    return recipe


def _summarise(scores: Mapping[str, Any], package: Path) -> None:
    click.echo(f"Accuracy {scores['accuracy']:.4f} on {scores['images']} images that it was not trained on.")
    click.echo(f"Package written to {package}.")


def _import_training(verbose: bool) -> None:
    """Import TensorFlow and what reads recipes, and load a graph: the runtime writes its note with the first one.

    Raises:
        click.UsageError: the extra "training" is not installed.
    """
    try:
        import_tensorflow()
        import blastlens.training.recipes.toml  # noqa: F401
    except ImportError as error:
        raise click.UsageError(f"{error}. Training needs {install_command('training')}.") from error
    with hide_runtime_notes(verbose):
        Classifier(load_package(SHIPPED), threads=1)
