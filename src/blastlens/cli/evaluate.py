"""`blastlens evaluate`: scores of a model package on labelled images."""

import json
import os
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.progress import track

from blastlens.cli.data_folder import FOLDER, data_option, groups_of, groups_option
from blastlens.cli.image_files import read_image_file
from blastlens.cli.printed_commands import install_command
from blastlens.cli.runtime_log import hide_runtime_notes, verbose_option
from blastlens.cli.worker_pool import map_in_order
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
@click.option(
    "--package",
    "folders",
    required=True,
    multiple=True,
    type=FOLDER,
    help="Package; name several for the folds of a recipe.",
)
@data_option
@click.option(
    "--part",
    type=click.Choice(["validation", "calibration", "training", "all"]),
    default="validation",
    show_default=True,
    help="Images to evaluate on; all is for a folder that the package was not trained on.",
)
@click.option(
    "--split",
    "how",
    type=click.Choice(["random", "group", "staining"]),
    default=None,
    help="Kind of split; by default the one of the package's training.",
)
@groups_option
@click.option("--allow-leak", is_flag=True, help="Allow images that the package may have been trained on.")
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path), help="Folder to write to.")
@click.option("--json", "as_json", is_flag=True, help="Print the contents of scores.json instead of a summary.")
@verbose_option
def evaluate(
    folders: tuple[Path, ...],
    data: Path,
    part: "SubsetName",
    how: "SplitKind | None",
    groups: Path | None,
    allow_leak: bool,
    out: Path,
    as_json: bool,
    verbose: bool,
) -> None:
    """Classify every image of a part as the service does, and score the answers.

    \b
    blastlens evaluate --package my-model/ --data images/ --out scores/
    blastlens evaluate --package my-model/ --data elsewhere/ --part all --out scores-elsewhere/
    blastlens evaluate --package fold-0/ --package fold-1/ --package fold-2/ --data images/ --out folds/

    Writes scores.json (accuracy, precision, recall, F1, specificity, ROC-AUC, calibration error, prediction sets,
    each with a 95 % interval, and the confusion matrix), answers.csv (the prediction for each image), mistakes.png
    (the misclassified images) and plots of the scores. A rejected image counts as wrong.
    Images that the package may have been trained on are refused. Needs the extra "training".
    """
    try:
        from blastlens.training.data.dataset import find_examples
        from blastlens.training.data.leakage import EvaluationSubset
        from blastlens.training.evaluation.evaluate import evaluate_packages
        from blastlens.training.evaluation.report import write_report
    except ImportError as error:
        raise click.UsageError(f"{error}. Evaluating needs {install_command('training')}.") from error
    examples = find_examples(data, groups_of(data, groups))
    packages = [load_package(folder) for folder in folders]
    subset = EvaluationSubset(part, how, allow_leak)
    report, predictions = evaluate_packages(
        packages, examples, subset, data.resolve().name, partial(_classify, verbose=verbose), _track_stain_measurement
    )
    files = write_report(report, predictions, out)
    click.echo(json.dumps(report.plain()) if as_json else _summary(report, files))


def _classify(package: ModelPackage, examples: Sequence["Example"], verbose: bool = False) -> list[Answer]:
    """Classify images as the service does, with a progress bar on the error stream."""
    cores = os.cpu_count() or 1
    with hide_runtime_notes(verbose):
        classifier = Classifier(package, cores)

    def answer(example: "Example") -> Answer:
        return classifier.read_bytes(read_image_file(example.path)).answer

    answers = map_in_order(answer, examples, cores)
    return list(track(answers, "classifying", total=len(examples), console=Console(stderr=True), transient=True))


def _track_stain_measurement(examples: Sequence["Example"]) -> Iterable["Example"]:
    return track(examples, "measuring stains", console=Console(stderr=True), transient=True)


def _summary(report: "EvaluationReport", files: Sequence[Path]) -> str:
    from blastlens.training.evaluation.set_size import describe_useless_sets

    scores, accuracy = report.scores, _format_estimate(report.scores.accuracy)
    useless = describe_useless_sets(scores.set_size.value, len(scores.classes))
    lines = [
        str(report),
        f"  {scores.images} images, {scores.rejected} rejected",
        f"  accuracy             {accuracy}  (of the answered {scores.accuracy_answered.value:.4f})",
        *(f"  recall {label:<13} {_format_estimate(of.recall)}" for label, of in scores.classes.items()),
        f"  calibration error    {_format_estimate(scores.calibration_error)}",
        f"  set coverage         {_format_estimate(scores.set_coverage)}",
        f"  set size             {_format_estimate(scores.set_size)}",
        *([f"  {useless}"] if useless else []),
        f"  {_describe_overlap(report)}",
        f"Written: {', '.join(map(str, files))}",
    ]
    return "\n".join(lines)


def _format_estimate(estimate: "Estimate") -> str:
    return f"{estimate.value:.4f}  [{estimate.low:.4f}, {estimate.high:.4f}]"


def _describe_overlap(report: "EvaluationReport") -> str:
    if report.overlap_with_training is None:
        return "It is unknown whether a package was trained on any of these images."
    return f"{report.overlap_with_training} of the images have an exact copy or an overlapping field in training."
