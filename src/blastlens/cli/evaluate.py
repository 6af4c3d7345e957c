"""`blastlens evaluate`: measure a model package on images whose classes are known."""

import json
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.progress import track

from blastlens.cli.ahead import map_ahead
from blastlens.cli.data_folder import FOLDER, data_option, groups_of, groups_option
from blastlens.cli.files import read_image_file
from blastlens.domain.prediction import Answer
from blastlens.inference.classifier import Classifier
from blastlens.inference.package import ModelPackage, load_package

if TYPE_CHECKING:
    from blastlens.training.data.dataset import Example
    from blastlens.training.data.leakage import SubsetName
    from blastlens.training.data.splits import SplitKind
    from blastlens.training.evaluation.intervals import Estimate
    from blastlens.training.evaluation.report import EvaluationReport


@click.command()
@click.option("--package", "folders", required=True, multiple=True, type=FOLDER, help="Package; several: its folds.")
@data_option
@click.option(
    "--part",
    type=click.Choice(["validation", "calibration", "training", "all"]),
    default="validation",
    show_default=True,
    help="Which images judge; all of them is for a folder the package never saw.",
)
@click.option(
    "--split",
    "how",
    type=click.Choice(["random", "group", "staining"]),
    default=None,
    help="How the images are parted; as the package was trained, by default.",
)
@groups_option
@click.option("--allow-leak", is_flag=True, help="Judge by images that the package may have learned from.")
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path), help="Folder to write to.")
@click.option("--json", "as_json", is_flag=True, help="Print what scores.json holds instead of a summary.")
def evaluate(
    folders: tuple[Path, ...],
    data: Path,
    part: "SubsetName",
    how: "SplitKind | None",
    groups: Path | None,
    allow_leak: bool,
    out: Path,
    as_json: bool,
) -> None:
    """Read every image of a part the way the service does, and score the answers against the folders' classes.

    \b
    blastlens evaluate --package my-model/ --data images/ --out scores/
    blastlens evaluate --package my-model/ --data elsewhere/ --part all --out scores-elsewhere/
    blastlens evaluate --package fold-0/ --package fold-1/ --package fold-2/ --data images/ --out folds/

    Writes scores.json (accuracy, precision, recall, F1, specificity, ROC-AUC, calibration error, prediction sets,
    each with a 95 % interval, and the confusion matrix), answers.csv (what each image was called), mistakes.png
    (the images called wrongly, to look at) and pictures of the scores. A rejected image counts as wrong.
    It refuses to judge a package by images that it may have learned from. Needs the extra "training".
    """
    try:
        from blastlens.training.data.dataset import find_examples
        from blastlens.training.data.leakage import EvaluationSubset
        from blastlens.training.evaluation.evaluate import evaluate_packages
        from blastlens.training.evaluation.report import write_report
    except ImportError as error:
        raise click.UsageError(f"{error}. Evaluating needs: pip install 'blastlens[training]'") from error
    examples = find_examples(data, groups_of(data, groups))
    packages = [load_package(folder) for folder in folders]
    choice = EvaluationSubset(part, how, allow_leak)
    report, judged = evaluate_packages(packages, examples, choice, data.resolve().name, _read, _measuring)
    files = write_report(report, judged, out)
    click.echo(json.dumps(report.plain()) if as_json else _summary(report, files))


def _read(package: ModelPackage, examples: Sequence["Example"]) -> list[Answer]:
    """Let a package answer as the service would, a bar on the error stream meanwhile."""
    cores = os.cpu_count() or 1
    classifier = Classifier(package, cores)

    def answer(example: "Example") -> Answer:
        return classifier.read_bytes(read_image_file(example.path)).answer

    answers = map_ahead(answer, examples, cores)
    return list(track(answers, "reading", total=len(examples), console=Console(stderr=True), transient=True))


def _measuring(examples: Sequence["Example"]) -> Iterable["Example"]:
    return track(examples, "measuring stains", console=Console(stderr=True), transient=True)


def _summary(report: "EvaluationReport", files: Sequence[Path]) -> str:
    scores = report.scores
    lines = [
        str(report),
        f"  {scores.images} images, {scores.rejected} rejected",
        f"  accuracy             {_shown(scores.accuracy)}  (of the answered {scores.accuracy_answered.value:.4f})",
        *(f"  recall {label:<13} {_shown(of.recall)}" for label, of in scores.classes.items()),
        f"  calibration error    {_shown(scores.calibration_error)}",
        f"  sets hold the class  {_shown(scores.set_coverage)}",
        f"  labels in a set      {_shown(scores.set_size)}",
        f"  {_likeness(report)}",
        f"Written: {', '.join(map(str, files))}",
    ]
    return "\n".join(lines)


def _shown(estimate: "Estimate") -> str:
    return f"{estimate.value:.4f}  [{estimate.low:.4f}, {estimate.high:.4f}]"


def _likeness(report: "EvaluationReport") -> str:
    if report.overlap_with_training is None:
        return "Whether a package learned from any of these images cannot be known."
    return f"{report.overlap_with_training} of the images have an exact copy or an overlapping field in training."
