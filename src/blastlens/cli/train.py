"""`blastlens train`: make a model package from folders of images."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click
from rich.console import Console
from rich.progress import track

if TYPE_CHECKING:
    from blastlens.training.fit import Progress

Item = TypeVar("Item")

GROUPS_FILE = "overlap_groups.csv"


@click.command()
@click.option(
    "--data",
    required=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder with the folders Benign, Early, Pre and Pro.",
)
@click.option("--recipe", default="fusion", show_default=True, help="What to train.")
@click.option(
    "--backbones",
    type=click.Choice(["imagenet", "scratch"]),
    default="imagenet",
    show_default=True,
    help="Borrow and freeze ImageNet weights, or train every layer.",
)
@click.option(
    "--groups",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    default=None,
    help=f"CSV with columns file and group; DATA/{GROUPS_FILE} where it exists.",
)
@click.option(
    "--work",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("training-work"),
    show_default=True,
    help="Folder for checkpoints; the same folder resumes.",
)
@click.option(
    "--package",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    help="Folder to write the model package to.",
)
@click.option("--package-version", default="0.1.0", show_default=True, help="Version to give the package.")
@click.option("--source", default="not stated", help="A line on the data and its terms, kept in the package.")
@click.option("--seed", type=int, default=0, show_default=True, help="Equal seeds and data give equal splits.")
def train(
    data: Path,
    recipe: str,
    backbones: str,
    groups: Path | None,
    work: Path,
    package: Path,
    package_version: str,
    source: str,
    seed: int,
) -> None:
    """Train a model on folders of images, judge it on groups it never saw, and write a package.

    \b
    blastlens train --data images/ --recipe fusion --backbones scratch --package my-model/
    blastlens classify --package my-model/ smear.jpg

    Needs the extra "training" (TensorFlow). An interrupted run goes on where it was when started again.
    """
    try:
        from blastlens.training.recipes import RECIPES
        from blastlens.training.train import Request
        from blastlens.training.train import train as run
    except ImportError as error:
        raise click.UsageError(f"{error}. Training needs: pip install 'blastlens[training]'") from error
    chosen = next((made for (name, start), made in RECIPES.items() if (name, start) == (recipe, backbones)), None)
    if chosen is None:
        raise click.BadParameter(f"known are {sorted({name for name, _ in RECIPES})}.", param_hint="--recipe")
    beside = data / GROUPS_FILE
    groups = groups or (beside if beside.exists() else None)
    request = Request(data, groups, chosen, seed, work, package, package_version, source)
    written = run(request, TerminalWatcher(Console(highlight=False)))
    _tell(written.manifest.measured["validation"], package)


def _tell(scores: dict[str, float], package: Path) -> None:
    click.echo(f"Accuracy {scores['accuracy']:.4f} on {scores['images']} images of groups it never saw.")
    click.echo(f"Package written to {package}.")


class TerminalWatcher:
    """Shows a training in a terminal: one line that moves within an epoch, one that stays after it."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def say(self, sentence: str) -> None:
        """Print what begins now."""
        self._console.print(sentence)

    def track(self, items: Sequence[Item]) -> Iterable[Item]:
        """Show a bar over what is being worked through."""
        return track(items, "working", console=self._console, transient=True)

    def step(self, progress: "Progress") -> None:
        """Show one training step."""
        last = progress.step == progress.steps
        if not last and not self._console.is_terminal:
            return
        line = (
            f"epoch {progress.epoch:>3}  {progress.size} px  step {progress.step}/{progress.steps}  "
            f"loss {progress.loss:.4f}  accuracy {progress.accuracy:.4f}"
        )
        self._console.print(line, end="\n" if last else "\r")
