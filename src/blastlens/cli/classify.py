"""`blastlens classify`: read images with a model package."""

import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from blastlens.cli.ahead import map_ahead
from blastlens.cli.answers import plain_answer, shown_answer
from blastlens.cli.files import image_files, read_image_file
from blastlens.domain.prediction import Answer
from blastlens.inference.classifier import Classifier
from blastlens.inference.package import MANIFEST_FILE, MODELS, SHIPPED, load_package

MODEL_NAMES = (SHIPPED.name, "screening")
DISCLAIMER = "Decision support, no diagnosis: a specialist must look at every smear."


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line instead of text.")
@click.option("--model", type=click.Choice(MODEL_NAMES), show_default=SHIPPED.name, help="Which of our models reads.")
@click.option("--package", type=click.Path(path_type=Path), help="Folder of a model package of your own, instead.")
@click.option("--threads", type=click.IntRange(1), default=None, help="Cores to use; all of them by default.")
def classify(
    paths: tuple[Path, ...], as_json: bool, model: str | None, package: Path | None, threads: int | None
) -> None:
    """Read each image at PATHS (files, or folders of them): a class and its probabilities, or why not.

    \b
    blastlens classify smear.jpg
    blastlens classify smears/ --json > answers.jsonl
    blastlens classify smears/ --model screening

    The model "fusion" tells four classes apart: benign, early Pre-B, Pre-B, Pro-B. "screening" is small
    and quick and says benign or malignant alone: to sort many images, and never for the kind of leukemia.
    Neither makes a diagnosis: a specialist must look at every smear, at those called benign too.

    A rejected image is an answer too. Exit status: 0 when every image was answered, 2 when a file
    could not be opened or the command was wrong, 1 for a fault of ours.
    """
    folder = _package_folder(model, package)
    files = image_files(paths)
    if not files:
        raise click.UsageError(f"no image files below {', '.join(map(str, paths))}.")
    cores = threads or os.cpu_count() or 1
    unread = _answer_all(files, Classifier(load_package(folder), cores), cores, as_json)
    if unread:
        raise click.UsageError(f"{unread} of {len(files)} files could not be opened; the others were answered.")


def _package_folder(model: str | None, package: Path | None) -> Path:
    """Return where the model to read with lies.

    Raises:
        click.UsageError: both were named, or the model does not ship with this version.
    """
    if package is not None:
        if model is not None:
            raise click.UsageError("name a model of ours with --model, or your own with --package, not both.")
        return package
    name = model or SHIPPED.name
    folder = MODELS / name
    if not (folder / MANIFEST_FILE).is_file():
        raise click.UsageError(
            f"no {name} model ships with this version. Make one, then name its folder: "
            f"blastlens train --recipe {name} --data images/ --package my-{name}/ "
            f"and blastlens classify --package my-{name}/ smears/"
        )
    return folder


def _answer_all(files: Sequence[Path], classifier: Classifier, workers: int, as_json: bool) -> int:
    """Print every answer as it comes; return how many files could not be opened."""
    unread = 0
    console = Console(soft_wrap=True, highlight=False)
    with _progress() as progress:
        task = progress.add_task("reading", total=len(files))
        for path, answer in _answers(files, classifier, workers):
            if isinstance(answer, OSError):
                unread += 1
                click.echo(f"{path}: {answer.strerror or answer}", err=True)
            elif as_json:
                click.echo(json.dumps(plain_answer(str(path), answer)))
            else:
                console.print(shown_answer(str(path), answer))
            progress.advance(task)
    if not as_json:
        console.print(f"[dim]{DISCLAIMER}[/]")
    return unread


def _answers(files: Sequence[Path], classifier: Classifier, workers: int) -> Iterator[tuple[Path, Answer | OSError]]:
    def answer(path: Path) -> tuple[Path, Answer | OSError]:
        try:
            data = read_image_file(path)
        except OSError as error:
            return path, error
        return path, classifier.read_bytes(data).answer

    return map_ahead(answer, files, workers)


def _progress() -> Progress:
    """Return a bar on the terminal's error stream, so that it never mixes with answers."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=Console(stderr=True), transient=True)
