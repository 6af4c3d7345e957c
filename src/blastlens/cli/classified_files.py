"""Classified files: answers to image files in their order, and a progress bar."""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from queue import SimpleQueue

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

from blastlens.cli.answer_formats import shorten_path
from blastlens.cli.image_files import printable_path, read_image_file
from blastlens.cli.terminal import can_draw, is_terminal
from blastlens.cli.worker_pool import map_in_order
from blastlens.domain.field import PixelSize
from blastlens.domain.prediction import Answer
from blastlens.imaging.opencv_threads import limit_opencv_threads
from blastlens.inference.classifier import Classifier
from blastlens.inference.package import ModelPackage


def load_classifiers(package: ModelPackage, cores: int, files: int) -> list[Classifier]:
    """Return one classifier for each core.

    If there are fewer files than cores, each has several cores.

    Classifiers that share no graph and no threads do not wait for each other.
    """
    number = max(1, min(cores, files))
    limit_opencv_threads(cores // number)
    return [Classifier(package, cores // number) for _ in range(number)]


def classify_in_order(
    files: Sequence[Path], classifiers: Sequence[Classifier], declared: PixelSize | None
) -> Iterator[tuple[Path, Answer | OSError]]:
    """Yield each file with its answer, or with the error that opening it raised.

    Args:
        files: images.
        classifiers: each works on one file at a time.
        declared: pixel size of all files; None if it is not known.
    """
    free = SimpleQueue[Classifier]()
    for classifier in classifiers:
        free.put(classifier)

    def answer(path: Path) -> tuple[Path, Answer | OSError]:
        try:
            data = read_image_file(path)
        except OSError as error:
            return path, error
        classifier = free.get()
        try:
            return path, classifier.read_bytes(data, declared).answer
        finally:
            free.put(classifier)

    return map_in_order(answer, files, len(classifiers))


def report_unread(path: Path, error: OSError, progress: Progress) -> None:
    """Print on stderr that a file could not be opened, and why."""
    text = f": {error.strerror or error}"
    if progress.disable or not sys.stderr.isatty():
        click.echo(printable_path(path) + text, err=True)
        return
    name = shorten_path(printable_path(path), progress.console.width - len(text), can_draw(progress.console))
    progress.console.print(name + text, markup=False)


class _Rate(ProgressColumn):
    """Column with the number of images per second."""

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else f"{speed:.1f} images/s")


def make_progress(console: Console) -> Progress:
    """Return a progress bar on a console; without a terminal it shows nothing."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), _Rate(), TimeRemainingColumn())
    return Progress(
        *columns,
        console=console,
        transient=True,
        disable=not is_terminal(console),
        # What goes elsewhere must not be moved to the terminal of the bar.
        redirect_stdout=not console.stderr,
        redirect_stderr=sys.stderr.isatty(),
    )
