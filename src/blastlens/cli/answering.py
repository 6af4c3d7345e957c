"""Reads many images, and tells each answer as it comes: to the eye, to a program, or to a file."""

import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from io import TextIOWrapper
from pathlib import Path
from queue import SimpleQueue

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

from blastlens.cli.ahead import map_ahead
from blastlens.cli.answer_file import AnswerFile
from blastlens.cli.answers import plain_answer, shown_answer
from blastlens.cli.files import read_image_file, shown_path
from blastlens.domain.prediction import Answer
from blastlens.inference.classifier import Classifier

DISCLAIMER = "Decision support, no diagnosis: a specialist must look at every smear."

Tell = Callable[[Path, Answer], None]


def answer_all(
    files: Sequence[Path], classifiers: Sequence[Classifier], as_json: bool, answers: AnswerFile | None
) -> int:
    """Tell every answer as it comes; return how many files could not be opened.

    Args:
        files: what is read, in order. What `answers` holds already is skipped.
        classifiers: read them, each one at a time.
        as_json: print JSON lines instead of text.
        answers: takes the answers in place of the terminal.

    Raises:
        KeyboardInterrupt: it was stopped; what to do next was said.
        OSError: an answer could not be written or printed; likewise.
    """
    left = [file for file in files if answers is None or str(file) not in answers.answered]
    if not as_json:
        _bear_every_sign()
    console = Console(soft_wrap=True, highlight=False, stderr=answers is not None)
    tell = _failure_destination(console, as_json, answers)
    done = _Count(len(files) - len(left))
    begun = time.monotonic()
    try:
        unread = _tell_all(_answers(left, classifiers), tell, done, len(files))
    except (KeyboardInterrupt, OSError):
        click.echo(_how_to_go_on(done.number, files, answers), err=True)
        raise
    if answers is not None:
        read, seconds = len(left) - unread, time.monotonic() - begun
        console.print(f"Images answered: {read} in {seconds:.0f} s; {answers.count()} in {answers.path} in all.")
    if not as_json:
        console.print(f"[dim]{DISCLAIMER}[/]")
    return unread


class _Count:
    def __init__(self, number: int) -> None:
        self.number = number


def _tell_all(answers: Iterator[tuple[Path, Answer | OSError]], tell: Tell, done: _Count, files: int) -> int:
    """Tell answers behind a bar; return how many files could not be opened."""
    unread = 0
    with _progress() as progress:
        task = progress.add_task("reading", total=files, completed=done.number)
        for path, answer in answers:
            if isinstance(answer, OSError):
                unread += 1
                click.echo(f"{shown_path(path)}: {answer.strerror or answer}", err=True)
            else:
                tell(path, answer)
                done.number += 1
            progress.advance(task)
    return unread


def _bear_every_sign() -> None:
    """Have stdout print a question mark for what its encoding has no sign for: some terminals have no bars."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")


def _failure_destination(console: Console, as_json: bool, answers: AnswerFile | None) -> Tell:
    """Return what an answer is handed to."""
    if answers is not None:
        return lambda path, answer: answers.add(plain_answer(str(path), answer))
    if as_json:
        return lambda path, answer: click.echo(json.dumps(plain_answer(str(path), answer)))
    return lambda path, answer: console.print(shown_answer(shown_path(path), answer))


def _answers(files: Sequence[Path], classifiers: Sequence[Classifier]) -> Iterator[tuple[Path, Answer | OSError]]:
    free = SimpleQueue[Classifier]()
    for classifier in classifiers:
        free.put(classifier)

    def answer(path: Path) -> tuple[Path, Answer | OSError]:
        try:
            data = read_image_file(path)
        except OSError as error:
            return path, error
        reader = free.get()
        try:
            return path, reader.read_bytes(data).answer
        finally:
            free.put(reader)

    return map_ahead(answer, files, len(classifiers))


def _how_to_go_on(done: int, files: Sequence[Path], answers: AnswerFile | None) -> str:
    if answers is None:
        return f"{done} of {len(files)} images were answered. With --out FILE one can stop, and go on later."
    answered = f"{answers.count_of(files)} of {len(files)} images are answered in {answers.path}"
    return f"{answered}. Go on with the same command and --resume."


class _Rate(ProgressColumn):
    """How many images a second are read."""

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else f"{speed:.1f} images/s")


def _progress() -> Progress:
    """Return a bar on the terminal's error stream, so that it never mixes with answers."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), _Rate(), TimeRemainingColumn())
    return Progress(*columns, console=Console(stderr=True), transient=True)
