"""`blastlens classify`: classify images with a model package."""

import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from pathlib import Path
from queue import SimpleQueue

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

from blastlens.cli.answer_file import AnswerFile, open_answer_file
from blastlens.cli.answer_formats import format_answer, shorten_path, to_plain_answer
from blastlens.cli.data_folder import FOLDER
from blastlens.cli.image_files import find_image_files, printable_path, read_image_file
from blastlens.cli.runtime_log import hide_runtime_notes, verbose_option
from blastlens.cli.terminal import can_draw, is_terminal, make_console
from blastlens.cli.worker_pool import map_in_order
from blastlens.domain.declared_pixel_size import declare_pixel_size, parse_declared
from blastlens.domain.field import PixelSize
from blastlens.domain.prediction import Answer
from blastlens.imaging.opencv_threads import limit_opencv_threads
from blastlens.inference.classifier import Classifier
from blastlens.inference.package import MODELS, SCREENING, SHIPPED, ModelPackage, load_package

MODEL_NAMES = (SHIPPED.name, SCREENING.name)
DISCLAIMER = (
    "Decision support, not a diagnosis: a specialist must read every smear.\n"
    "A benign answer to one image does not rule leukemia out."
)

Output = Callable[[Path, Answer], None]


def _read_pixel_size(context: click.Context, option: click.Parameter, text: str | None) -> PixelSize | None:
    """Return the pixel size of the option.

    Raises:
        click.BadParameter: no microscope has it.
    """
    try:
        return None if text is None else declare_pixel_size(parse_declared(text))
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per image instead of text.")
@click.option(
    "--model", type=click.Choice(MODEL_NAMES), show_default=SHIPPED.name, help="Model that ships with blastlens."
)
@click.option("--package", type=FOLDER, help="Folder of your own model package.")
@click.option(
    "--pixel-size",
    callback=_read_pixel_size,
    metavar="UM",
    help="Micrometres per pixel of the images, such as 0.25; measured in each image by default.",
)
@click.option("--threads", type=click.IntRange(1), default=None, help="Processor cores to use; all by default.")
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
    folder = _choose_package_folder(model, package)
    files, unread_folders = find_image_files(paths)
    if not files:
        raise click.UsageError(f"there are no image files in {', '.join(map(str, paths))}.")
    cores = threads or os.cpu_count() or 1
    with hide_runtime_notes(verbose):
        classifiers = _load_classifiers(load_package(folder), cores, len(files))
    with open_answer_file(out, resume, classifiers[0].identity.digest) if out else nullcontext() as answers:
        unread = classify_files(files, classifiers, as_json, answers, pixel_size)
    if unread:
        raise click.UsageError(f"{unread} of {len(files)} files could not be opened; the others were answered.")
    if unread_folders:
        raise click.UsageError(f"folders that could not be read: {unread_folders}; all other images were answered.")


def _load_classifiers(package: ModelPackage, cores: int, files: int) -> list[Classifier]:
    """Return one classifier for each core.

    If there are fewer files than cores, each has several cores.

    Classifiers that share no graph and no threads do not wait for each other.
    """
    number = max(1, min(cores, files))
    limit_opencv_threads(cores // number)
    return [Classifier(package, cores // number) for _ in range(number)]


def _choose_package_folder(model: str | None, package: Path | None) -> Path:
    """Return the folder of the chosen model.

    Raises:
        click.UsageError: both options were given.
    """
    if package is None:
        return MODELS / (model or SHIPPED.name)
    if model is not None:
        raise click.UsageError("use either --model for a model of blastlens, or --package for your own.")
    return package


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
        unread = _output_all(_classify_in_order(unanswered, classifiers, declared), output, done, len(files), console)
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
    with _make_progress(console if is_terminal(console) else make_console(stderr=True)) as progress:
        task = progress.add_task("reading", total=files, completed=done.number)
        for path, answer in answers:
            if isinstance(answer, OSError):
                unread += 1
                _report_unread(path, answer, progress)
            else:
                output(path, answer)
                done.number += 1
            progress.advance(task)
    return unread


def _report_unread(path: Path, error: OSError, progress: Progress) -> None:
    text = f": {error.strerror or error}"
    if progress.disable or not sys.stderr.isatty():
        click.echo(printable_path(path) + text, err=True)
        return
    name = shorten_path(printable_path(path), progress.console.width - len(text), can_draw(progress.console))
    progress.console.print(name + text, markup=False)


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


def _classify_in_order(
    files: Sequence[Path], classifiers: Sequence[Classifier], declared: PixelSize | None
) -> Iterator[tuple[Path, Answer | OSError]]:
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


def _continuation_hint(done: int, files: Sequence[Path], answers: AnswerFile | None) -> str:
    if answers is None:
        return f"{done} of {len(files)} images were answered. Use --out FILE to be able to stop and continue."
    answered = f"{answers.count_of(files)} of {len(files)} images are answered in {answers.path}"
    return f"{answered}. Continue with the same command and --resume."


class _Rate(ProgressColumn):
    """Column with the number of images per second."""

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else f"{speed:.1f} images/s")


def _make_progress(console: Console) -> Progress:
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
