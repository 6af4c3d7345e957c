"""`blastlens tune`: search for better numbers in a recipe."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from blastlens.cli.data_folder import data_option, groups_of, groups_option
from blastlens.cli.progress_display import TerminalProgress
from blastlens.cli.tensorflow_import import import_tensorflow
from blastlens.cli.training_options import start_option, unfamiliar_option
from blastlens.domain.errors import InvalidSettings
from blastlens.inference.package import SHIPPED, load_package

if TYPE_CHECKING:
    from blastlens.training.fitting.run import TrainingRun
    from blastlens.training.tuning.search import Outcome, TrialRow, Tuning


@click.command()
@data_option
@click.option("--recipe", "name", default="fusion", show_default=True, help="Where to start: a name, or a TOML file.")
@click.option("--trials", type=click.IntRange(1), default=20, show_default=True, help="How many trainings in all.")
@click.option(
    "--study",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="File that keeps every trial; the same file goes on where it stopped.",
)
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    default=None,
    help="TOML file for the best recipe; beside the study by default.",
)
@click.option("--scratch", is_flag=True, help="Borrow no ImageNet weights: train every layer.")
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
    """Train a recipe many times with other numbers, and write down the best.

    \b
    blastlens tune --data images/ --recipe fusion --trials 30 --study search.log
    blastlens train --data images/ --recipe search.toml --package my-model/

    Searched: learning rate, warm-up, dropout, and how strongly colours and shapes are varied. A trial that lags
    behind half of the others is cut short. Judged on the calibration part of the recipe's own split; the validation
    part stays unseen. Ctrl-C keeps what is finished, and the same command goes on. Needs the extra "training".
    """
    try:
        import_tensorflow()
        from blastlens.training.data.checks import check_and_split
        from blastlens.training.data.outlier_exposure import find_outliers
        from blastlens.training.data.splits import SplitPlan
        from blastlens.training.fitting.run import TrainingRun
        from blastlens.training.recipes.overrides import apply_overrides
        from blastlens.training.recipes.toml import load_recipe
        from blastlens.training.tuning.search import Tuning
    except ImportError as error:
        raise click.UsageError(f"{error}. Tuning needs: pip install 'blastlens[training]'") from error
    best = _file_for_the_best(out or study.with_suffix(".toml"), study)
    recipe = apply_overrides(load_recipe(name), scratch, size, epochs)
    reporter = TerminalProgress(Console(highlight=False, stderr=True))
    begun = load_package(start or SHIPPED) if recipe.starts_from_package else None
    others = find_outliers(unfamiliar) if unfamiliar else ()
    plan = SplitPlan(recipe.split, seed, recipe.shares)
    split = check_and_split(data, groups_of(data, groups), plan, begun, reporter)
    run = TrainingRun(recipe, split.training, seed, study.parent, begun, split.calibration, others, reporter)
    _search(Tuning(recipe, trials, study, seed, _run_id(run)), run, best)


def _file_for_the_best(out: Path, study: Path) -> Path:
    from blastlens.training.files import make_writable

    if out.resolve() == study.resolve():
        raise InvalidSettings(f"{out} cannot hold both the study and the best recipe: name another file with --out.")
    for folder in (study.parent, out.parent):
        make_writable(folder)
    return out


def _search(tuning: "Tuning", run: "TrainingRun", out: Path) -> None:
    from blastlens.training.tuning.search import outcome, tune
    from blastlens.training.tuning.trial import KerasTrial

    trial = KerasTrial(run)
    try:
        found = tune(tuning, trial, lambda row: click.echo(_line(row), err=True))
    except KeyboardInterrupt:
        _tell(outcome(tuning), tuning, out)
        click.echo("Finished trials are kept: the same command goes on.", err=True)
        raise
    _tell(found, tuning, out)


def _tell(found: "Outcome", tuning: "Tuning", out: Path) -> None:
    from blastlens.training.recipes.toml import to_toml

    Console(highlight=False).print(_table(found.rows))
    best = found.best_row
    if found.best is None or best is None:
        click.echo("No trial has finished: there is no best recipe yet.")
        return
    comment = f"Found by blastlens tune from {tuning.recipe.name}: trial {best.number} of {len(found.rows)}, "
    comment += f"accuracy {best.accuracy:.4f} on the calibration part."
    out.write_text(to_toml(found.best, comment), "utf-8")
    click.echo(f"Accuracy {best.accuracy:.4f} on the calibration part, by trial {best.number}. Recipe: {out}")


def _table(rows: "Sequence[TrialRow]") -> Table:
    names = list(dict.fromkeys(name for row in rows for name in row.choice))
    table = Table("trial", "ended", "accuracy", "epochs", *names, box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    for row in rows:
        chosen = [f"{row.choice[name]:.3g}" if name in row.choice else "" for name in names]
        table.add_row(str(row.number), row.state, _percent(row), str(row.epochs), *chosen)
    return table


def _line(row: "TrialRow") -> str:
    return f"trial {row.number} {row.state}, accuracy {_percent(row)}"


def _percent(row: "TrialRow") -> str:
    return "–" if row.accuracy is None else f"{row.accuracy:.4f}"


def _run_id(run: "TrainingRun") -> str:
    """Return the SHA-256 that identifies a search; inputs that are not given do not change it."""
    from blastlens.training.data.outlier_exposure import sha256_of

    examples = [(example.sha256, example.label) for example in (*run.examples, *run.calibration)]
    start = [run.start.identity.digest] if run.start else []
    others = [sha256_of(run.outliers)] if run.outliers else []
    return hashlib.sha256(repr((run.recipe, run.seed, examples, *start, *others)).encode()).hexdigest()
