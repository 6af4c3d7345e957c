"""`blastlens examine`: answer all images of one smear together."""

import hashlib
import json
import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import click

from blastlens.cli.classified_files import classify_in_order, load_classifiers, make_progress, report_unread
from blastlens.cli.examination_formats import ExaminedFields, format_examination, to_plain_examination
from blastlens.cli.image_files import find_image_files, printable_path, read_image_file
from blastlens.cli.model_options import (
    choose_package_folder,
    model_option,
    own_package_option,
    pixel_size_option,
    threads_option,
)
from blastlens.cli.runtime_log import hide_runtime_notes, verbose_option
from blastlens.cli.terminal import can_draw, is_terminal, make_console
from blastlens.domain.examination_answer import answer_examination
from blastlens.domain.field import PixelSize
from blastlens.domain.prediction import Answer, Prediction
from blastlens.inference.classifier import Classifier
from blastlens.inference.package import load_package

DISCLAIMER = (
    "Decision support, not a diagnosis: a specialist must read every smear.\n"
    "A benign answer does not rule leukemia out."
)


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of text.")
@model_option
@own_package_option
@pixel_size_option
@threads_option
@verbose_option
def examine(
    paths: tuple[Path, ...],
    as_json: bool,
    model: str | None,
    package: Path | None,
    pixel_size: PixelSize | None,
    threads: int | None,
    verbose: bool,
) -> None:
    """Answer all images in PATHS (files or folders) as one examination.

    An examination is one smear: give the photographs of one smear of one patient, and of nothing else.

    \b
    blastlens examine smears/slide-17/
    blastlens examine field-1.jpg field-2.jpg field-3.jpg
    blastlens examine smears/slide-17/ --json > examination.json

    Prints which fields were read and which were rejected and why, how many white cells they hold, the share that
    looks like blasts with its 95 % interval, and one answer:

    \b
    one class     the fields agree
    uncertain     several classes are possible: fields contradict one another, or too many cells
                  look like blasts. A specialist reads this smear first.
    none yet      there are too few white cells; the last line says how many more are needed

    One field of leukemia among many benign ones is never averaged away: the answer is then uncertain. The class of
    each single image is printed by `blastlens classify`.

    --json prints one object: status (READY or INSUFFICIENT), finding, label, probabilities, prediction_set, the
    counts, and `fields` with the object of `classify --json` for each image.

    Exit status: 0 if every image was read or rejected, also where cells are missing; 2 if a file or folder could not
    be opened or the command was wrong, 1 for an internal error, 130 if it was stopped.
    """
    folder = choose_package_folder(model, package)
    files, unread_folders = find_image_files(paths)
    if not files:
        raise click.UsageError(f"there are no image files in {', '.join(map(str, paths))}.")
    _warn_of_folders(files)
    files, copies = leave_out_copies(files)
    with hide_runtime_notes(verbose):
        classifiers = load_classifiers(load_package(folder), threads or os.cpu_count() or 1, len(files))
    examined = examine_files(files, classifiers, pixel_size, copies)
    _print(examined, as_json)
    if examined.unread or unread_folders:
        lost = f"{len(examined.unread)} of {len(files)} files" if examined.unread else f"{unread_folders} folders"
        raise click.UsageError(f"{lost} could not be opened: the answer rests on the others.")


def examine_files(
    files: Sequence[Path],
    classifiers: Sequence[Classifier],
    declared: PixelSize | None = None,
    copies: Sequence[Path] = (),
) -> ExaminedFields:
    """Classify files, and answer them as one examination.

    Args:
        files: fields of one smear.
        classifiers: of one package; each works on one file at a time.
        declared: pixel size of all files; None if it is not known.
        copies: files that were left out.

    Raises:
        click.UsageError: the package has no constants for examinations.
    """
    constants, identity = classifiers[0].examination, classifiers[0].identity
    if constants is None:
        raise click.UsageError(
            f"the package {identity.name} {identity.version} has no constants for examinations. Add them with "
            "`blastlens assemble`, or use `blastlens classify` for single images."
        )
    fields: list[tuple[Path, Answer]] = []
    unread: list[Path] = []
    with make_progress(make_console(stderr=True)) as progress:
        task = progress.add_task("reading", total=len(files))
        for path, answer in classify_in_order(files, classifiers, declared):
            if isinstance(answer, OSError):
                unread.append(path)
                report_unread(path, answer, progress)
            else:
                fields.append((path, answer))
            progress.advance(task)
    joined = answer_examination([each for _, each in fields if isinstance(each, Prediction)], constants)
    return ExaminedFields(fields, joined, constants, identity, unread, copies)


def leave_out_copies(files: Sequence[Path]) -> tuple[list[Path], list[Path]]:
    """Return the files without exact copies of earlier ones, and the copies.

    A copy would count the same cells twice. Only files of one size are compared. A file that cannot be opened stays.
    """
    sizes = [_measure(file) for file in files]
    numbers = Counter(sizes)
    known: set[tuple[int, bytes]] = set()
    kept, copies = [], []
    for file, size in zip(files, sizes, strict=True):
        digest = _hash(file) if size is not None and numbers[size] > 1 else None
        if size is None or digest is None or (size, digest) not in known:
            kept.append(file)
        else:
            copies.append(file)
        if size is not None and digest is not None:
            known.add((size, digest))
    return kept, copies


def _measure(file: Path) -> int | None:
    try:
        return file.stat().st_size
    except OSError:
        return None


def _hash(file: Path) -> bytes | None:
    try:
        return hashlib.sha256(read_image_file(file)).digest()
    except OSError:
        return None


def _warn_of_folders(files: Sequence[Path]) -> None:
    """Print a note where images of several folders become one examination: they may be of several smears."""
    folders = dict.fromkeys(file.parent for file in files)
    if len(folders) > 1:
        named = ", ".join(printable_path(folder) for folder in list(folders)[:3])
        click.echo(
            f"Note: images of {len(folders)} folders are answered as one examination, such as {named}. "
            "Run the command once for each smear if they are of several.",
            err=True,
        )


def _print(examined: ExaminedFields, as_json: bool) -> None:
    console = make_console()
    if as_json:
        click.echo(json.dumps(to_plain_examination(examined)))
        return
    width = console.width if is_terminal(console) else None
    console.print(format_examination(examined, width, can_draw(console)))
    console.print(f"[dim]{DISCLAIMER}[/]")
