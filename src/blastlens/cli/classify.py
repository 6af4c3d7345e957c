"""`blastlens classify`: classify images with a model package."""

import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from pathlib import Path

import click
from rich.console import Console

from blastlens.cli.answer_file import AnswerFile, open_answer_file
from blastlens.cli.answer_formats import format_answer, to_plain_answer
from blastlens.cli.classified_files import classify_in_order, load_classifiers, make_progress, report_unread
from blastlens.cli.image_files import find_image_files, printable_path
from blastlens.cli.model_options import (
    choose_package_folder,
    model_option,
    own_package_option,
    pixel_size_option,
    threads_option,
)
from blastlens.cli.runtime_log import hide_runtime_notes, verbose_option
from blastlens.cli.terminal import can_draw, is_terminal, make_console
from blastlens.domain.field import PixelSize
from blastlens.domain.prediction import Answer
from blastlens.inference.classifier import Classifier
from blastlens.inference.package import load_package

DISCLAIMER = (
    "Decision support, not a diagnosis: a specialist must read every smear.\n"
    "A benign answer to one image does not rule leukemia out."
)

Output = Callable[[Path, Answer], None]


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per image instead of text.")
@model_option
@own_package_option
@pixel_size_option
@threads_option
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="File for the answers, one JSON object per line."
)
@click.option("--resume", is_flag=True, help="Continue the file of --out and skip answered images.")
@verbose_option
def classify(
    paths: tuple[Path, ...],
    as_json: bool,
    model: str | None,
    package: Path | None,
    pixel_size: PixelSize | None,
    threads: int | None,
    out: Path | None,
    resume: bool,
    verbose: bool,
) -> None:
    """Classify each image in PATHS (files or folders).

    Prints the class and its probabilities, or the reason why the image cannot be read.

    \b
    blastlens classify smear.jpg
    blastlens classify smears/ --json > answers.jsonl
    blastlens classify smears/ --model screening
    blastlens classify smears/ --out answers.jsonl --resume

    The model "fusion" has four classes: benign, early Pre-B, Pre-B, Pro-B. The model "screening" is smaller
    and faster and has two: benign and malignant. Use it to sort many images, not to find the kind of leukemia.
    Neither makes a diagnosis: a specialist must read every smear, also those classified as benign.

    For thousands of images use --out: each answer is written at once. After Ctrl-C or a failure, the same
    command with --resume continues. Give the paths in the same form.

    Folders include their subfolders and linked folders, but neither hidden files nor what systems leave behind;
    one line counts what is left out.

    A rejected image counts as answered. Exit status: 0 if every image was answered, 2 if a file or folder
    could not be opened or the command was wrong, 1 for an internal error, 130 if it was stopped.
    """
    if resume and out is None:
        raise click.UsageError("--resume continues a file of answers: name it with --out.")
    folder = choose_package_folder(model, package)
    files, unread_folders = find_image_files(paths)
    if not files:
        raise click.UsageError(f"there are no image files in {', '.join(map(str, paths))}.")
    cores = threads or os.cpu_count() or 1
    with hide_runtime_notes(verbose):
        classifiers = load_classifiers(load_package(folder), cores, len(files))
    with open_answer_file(out, resume, classifiers[0].identity.digest) if out else nullcontext() as answers:
        unread = classify_files(files, classifiers, as_json, answers, pixel_size)
    if unread:
        raise click.UsageError(f"{unread} of {len(files)} files could not be opened; the others were answered.")
    if unread_folders:
        raise click.UsageError(f"folders that could not be read: {unread_folders}; all other images were answered.")


def classify_files(
    files: Sequence[Path],
    classifiers: Sequence[Classifier],
    as_json: bool,
    answers: AnswerFile | None,
    declared: PixelSize | None = None,
) -> int:
    """Classify files and output each answer at once.

    Return how many files could not be opened.

    Args:
        files: images in order. Those that `answers` contains are skipped.
        classifiers: each works on one file at a time.
        as_json: print JSON lines instead of text.
        answers: file for the answers; None to print them.
        declared: pixel size of all files; None if it is not known.

    Raises:
        KeyboardInterrupt: the run was stopped; a hint how to continue was printed.
        OSError: an answer could not be written or printed; the hint was printed.
    """
    unanswered = [file for file in files if answers is None or str(file) not in answers.answered]
    console = make_console(stderr=answers is not None)
    output = _choose_output(console, as_json, answers)
    done = _Count(len(files) - len(unanswered))
    start = time.monotonic()
    try:
        unread = _output_all(classify_in_order(unanswered, classifiers, declared), output, done, len(files), console)
    except (KeyboardInterrupt, OSError):
        click.echo(_continuation_hint(done.number, files, answers), err=True)
        raise
    if answers is not None:
        read, seconds = len(unanswered) - unread, time.monotonic() - start
        console.print(f"Images answered: {read} in {seconds:.0f} s; {answers.count()} in total in {answers.path}.")
    if not as_json:
        console.print(f"[dim]{DISCLAIMER}[/]")
    return unread


class _Count:
    def __init__(self, number: int) -> None:
        self.number = number


def _output_all(
    answers: Iterator[tuple[Path, Answer | OSError]], output: Output, done: _Count, files: int, console: Console
) -> int:
    """Output answers and show progress; return how many files could not be opened.

    In a terminal the rows and the bar share one console, which moves the bar below each row.
    """
    unread = 0
    with make_progress(console if is_terminal(console) else make_console(stderr=True)) as progress:
        task = progress.add_task("reading", total=files, completed=done.number)
        for path, answer in answers:
            if isinstance(answer, OSError):
                unread += 1
                report_unread(path, answer, progress)
            else:
                output(path, answer)
                done.number += 1
            progress.advance(task)
    return unread


def _choose_output(console: Console, as_json: bool, answers: AnswerFile | None) -> Output:
    """Return the function that outputs an answer."""
    if answers is not None:
        return lambda path, answer: answers.add(to_plain_answer(str(path), answer))
    if as_json:
        return lambda path, answer: _print_json(console, json.dumps(to_plain_answer(str(path), answer)))
    width, drawn = console.width if is_terminal(console) else None, can_draw(console)
    return lambda path, answer: console.print(format_answer(printable_path(path), answer, width, drawn))


def _print_json(console: Console, line: str) -> None:
    if is_terminal(console):
        console.print(line, markup=False, emoji=False)
    else:
        click.echo(line)


def _continuation_hint(done: int, files: Sequence[Path], answers: AnswerFile | None) -> str:
    if answers is None:
        return f"{done} of {len(files)} images were answered. Use --out FILE to be able to stop and continue."
    answered = f"{answers.count_of(files)} of {len(files)} images are answered in {answers.path}"
    return f"{answered}. Continue with the same command and --resume."
