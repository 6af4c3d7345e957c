"""`blastlens tune`: hyperparameter search from a recipe."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from blastlens.cli.data_folder import data_option, groups_of, groups_option
from blastlens.cli.printed_commands import install_command
from blastlens.cli.progress_display import TerminalProgress
from blastlens.cli.tensorflow_import import import_tensorflow
from blastlens.cli.training_options import start_option, unfamiliar_option
from blastlens.domain.errors import InvalidSettings
from blastlens.inference.package import SHIPPED, load_package

if TYPE_CHECKING:
    from blastlens.training.fitting.run import TrainingRun
    from blastlens.training.tuning.search import SearchResult, TrialResult, TuningRequest


@click.command()
@data_option
@click.option(
    "--recipe", "name", default="fusion", show_default=True, help="Recipe to start from: a name, or a TOML file."
)
@click.option("--trials", type=click.IntRange(1), default=20, show_default=True, help="Number of trials in all.")
@click.option(
    "--study",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="File that holds every trial; a search with the same file is resumed.",
)
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    default=None,
    help="TOML file for the best recipe; by default next to the study.",
)
@click.option("--scratch", is_flag=True, help="Start from random weights, not from ImageNet: train every layer.")
@click.option("--size", type=click.IntRange(32), default=None, help="Side of the images in pixels, in every stage.")
@click.option("--epochs", type=click.IntRange(1), default=None, help="Epochs of every stage.")
@groups_option
@start_option
@unfamiliar_option
@click.option("--seed", type=int, default=0, show_default=True, help="Of the split, the weights and the search.")
def tune(
    data: Path,
    name: str,
    trials: int,
    study: Path,
    out: Path | None,
    scratch: bool,
    size: int | None,
    epochs: int | None,
    groups: Path | None,
    start: Path | None,
    unfamiliar: Path | None,
    seed: int,
) -> None:
    """Train a recipe with many hyperparameters, and write the best recipe.

    \b
    blastlens tune --data images/ --recipe fusion --trials 30 --study search.log
    blastlens train --data images/ --recipe search.toml --package my-model/

    Varied: learning rate, warm-up, dropout, and the amounts of colour and shape in the augmentation. A trial below
    the median of the others is pruned. Trials are evaluated on the calibration part of the recipe's own split, never
    on the validation part. Ctrl-C keeps finished trials; the same command resumes. Needs the extra "training".
    """
    try:
        import_tensorflow()
        from blastlens.training.data.checks import check_and_split
        from blastlens.training.data.outlier_exposure import find_outliers
        from blastlens.training.data.splits import SplitPlan
        from blastlens.training.fitting.run import TrainingRun
        from blastlens.training.recipes.overrides import apply_overrides
        from blastlens.training.recipes.toml import load_recipe
        from blastlens.training.tuning.search import TuningRequest
    except ImportError as error:
        raise click.UsageError(f"{error}. Tuning needs {install_command('training')}.") from error
    best = _check_output(out or study.with_suffix(".toml"), study)
    recipe = apply_overrides(load_recipe(name), scratch, size, epochs)
    reporter = TerminalProgress(Console(highlight=False, stderr=True))
    begun = load_package(start or SHIPPED) if recipe.starts_from_package else None
    others = find_outliers(unfamiliar) if unfamiliar else ()
    plan = SplitPlan(recipe.split, seed, recipe.shares)
    split = check_and_split(data, groups_of(data, groups), plan, begun, reporter)
    run = TrainingRun(recipe, split.training, seed, study.parent, begun, split.calibration, others, reporter)
    _search(TuningRequest(recipe, trials, study, seed, _run_id(run)), run, best)


def _check_output(out: Path, study: Path) -> Path:
    from blastlens.training.files import make_writable

    if out.resolve() == study.resolve():
        raise InvalidSettings(f"{out} cannot hold both the study and the best recipe. Name another file with --out.")
    for folder in (study.parent, out.parent):
        make_writable(folder)
    return out


def _search(request: "TuningRequest", run: "TrainingRun", out: Path) -> None:
    from blastlens.training.tuning.search import load_result, tune
    from blastlens.training.tuning.trial import KerasTrial

    trial = KerasTrial(run)
    try:
        result = tune(request, trial, lambda trial: click.echo(_format_trial(trial), err=True))
    except KeyboardInterrupt:
        _write_result(load_result(request), request, out)
        click.echo("Interrupted; finished trials are kept. Run the same command to resume.", err=True)
        raise
    _write_result(result, request, out)


def _write_result(result: "SearchResult", request: "TuningRequest", out: Path) -> None:
    from blastlens.training.recipes.toml import to_toml

    Console(highlight=False).print(_table(result.trials))
    best = result.best_trial
    if result.best is None or best is None:
        click.echo("No trial has finished, so there is no best recipe yet.")
        return
    comment = f"Found by blastlens tune from {request.recipe.name}: trial {best.number} of {len(result.trials)}, "
    comment += f"accuracy {best.accuracy:.4f} on the calibration part."
    out.write_text(to_toml(result.best, comment), "utf-8")
    click.echo(f"Accuracy {best.accuracy:.4f} on the calibration part, by trial {best.number}. Recipe: {out}")


def _table(trials: "Sequence[TrialResult]") -> Table:
    names = list(dict.fromkeys(name for trial in trials for name in trial.suggestion))
    table = Table("trial", "ended", "accuracy", "epochs", *names, box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    for trial in trials:
        values = [f"{trial.suggestion[name]:.3g}" if name in trial.suggestion else "" for name in names]
        table.add_row(str(trial.number), trial.state, _format_accuracy(trial), str(trial.epochs), *values)
    return table


def _format_trial(trial: "TrialResult") -> str:
    return f"trial {trial.number} {trial.state}, accuracy {_format_accuracy(trial)}"


def _format_accuracy(trial: "TrialResult") -> str:
    return "–" if trial.accuracy is None else f"{trial.accuracy:.4f}"


def _run_id(run: "TrainingRun") -> str:
    """Return the SHA-256 that identifies a search, by the inputs that are given."""
    from blastlens.training.data.outlier_exposure import sha256_of

    examples = [(example.sha256, example.label) for example in (*run.examples, *run.calibration)]
    start = [run.start.identity.digest] if run.start else []
    others = [sha256_of(run.outliers)] if run.outliers else []
    return hashlib.sha256(repr((run.recipe, run.seed, examples, *start, *others)).encode()).hexdigest()
