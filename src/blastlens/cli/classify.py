"""`blastlens classify`: read images with a model package."""

import os
from contextlib import nullcontext
from pathlib import Path

import click

from blastlens.cli.answer_file import open_answers
from blastlens.cli.answering import answer_all
from blastlens.cli.data_folder import FOLDER
from blastlens.cli.files import image_files
from blastlens.imaging.processors import use_processors
from blastlens.inference.classifier import Classifier
from blastlens.inference.package import MODELS, SCREENING, SHIPPED, ModelPackage, load_package

MODEL_NAMES = (SHIPPED.name, SCREENING.name)


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line instead of text.")
@click.option("--model", type=click.Choice(MODEL_NAMES), show_default=SHIPPED.name, help="Which of our models reads.")
@click.option("--package", type=FOLDER, help="Folder of a model package of your own, instead.")
@click.option("--threads", type=click.IntRange(1), default=None, help="Cores to use; all of them by default.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write JSON lines here, one at a time.")
@click.option("--resume", is_flag=True, help="Go on with the file of --out: skip what is answered in it.")
def classify(
    paths: tuple[Path, ...],
    as_json: bool,
    model: str | None,
    package: Path | None,
    threads: int | None,
    out: Path | None,
    resume: bool,
) -> None:
    """Read each image at PATHS (files, or folders of them): a class and its probabilities, or why not.

    \b
    blastlens classify smear.jpg
    blastlens classify smears/ --json > answers.jsonl
    blastlens classify smears/ --model screening
    blastlens classify smears/ --out answers.jsonl --resume

    The model "fusion" tells four classes apart: benign, early Pre-B, Pre-B, Pro-B. "screening" is small
    and quick and says benign or malignant alone: to sort many images, and never for the kind of leukemia.
    Neither makes a diagnosis: a specialist must look at every smear, at those called benign too.

    For thousands of images use --out: each answer is in the file as soon as it is known. Stopped by Ctrl-C or
    otherwise, the same command with --resume goes on where it was. Paths must be given in the same way.

    Folders are read with everything below them, linked folders too.

    A rejected image is an answer too. Exit status: 0 when every image was answered, 2 when a file or folder
    could not be opened or the command was wrong, 1 for a fault of ours, 130 when
    it was stopped.
    """
    if resume and out is None:
        raise click.UsageError("--resume goes on with a file of answers: name it with --out.")
    folder = _package_folder(model, package)
    files, unread_folders = image_files(paths)
    if not files:
        raise click.UsageError(f"no image files below {', '.join(map(str, paths))}.")
    cores = threads or os.cpu_count() or 1
    classifiers = _classifiers(load_package(folder), cores, len(files))
    with open_answers(out, resume, classifiers[0].identity.digest) if out else nullcontext() as answers:
        unread = answer_all(files, classifiers, as_json, answers)
    if unread:
        raise click.UsageError(f"{unread} of {len(files)} files could not be opened; the others were answered.")
    if unread_folders:
        raise click.UsageError(f"folders that could not be read: {unread_folders}; all other images were answered.")


def _classifiers(package: ModelPackage, cores: int, files: int) -> list[Classifier]:
    """Return one reader for each core, or one that has several cores where there are fewer files.

    Readers that share no graph and no threads do not wait for each other.
    """
    readers = max(1, min(cores, files))
    use_processors(cores // readers)
    return [Classifier(package, cores // readers) for _ in range(readers)]


def _package_folder(model: str | None, package: Path | None) -> Path:
    """Return where the model to read with lies.

    Raises:
        click.UsageError: both were named.
    """
    if package is None:
        return MODELS / (model or SHIPPED.name)
    if model is not None:
        raise click.UsageError("name a model of ours with --model, or your own with --package, not both.")
    return package
