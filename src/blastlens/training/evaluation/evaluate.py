"""Evaluation of a package, or of the folds of a recipe, on a data folder."""

from collections.abc import Callable, Sequence
from pathlib import Path

from blastlens.domain.errors import InvalidData
from blastlens.domain.prediction import Answer
from blastlens.inference.manifest import Manifest
from blastlens.inference.package import ModelPackage
from blastlens.training.data.dataset import Example
from blastlens.training.data.leakage import EvaluationSet, EvaluationSubset, select_examples
from blastlens.training.data.splits import data_sha256
from blastlens.training.evaluation.metrics import score
from blastlens.training.evaluation.predictions import Predictions, collect_predictions, concatenate_predictions
from blastlens.training.evaluation.report import EvaluationReport, recipe_name
from blastlens.training.progress import Track

Classify = Callable[[ModelPackage, Sequence[Example]], Sequence[Answer]]
"""Returns a package's answer to each example, in order."""


def evaluate_packages(
    packages: Sequence[ModelPackage],
    examples: Sequence[Example],
    subset: EvaluationSubset,
    data: str,
    classify: Classify,
    track: Track,
) -> tuple[EvaluationReport, Predictions]:
    """Evaluate one package, or the folds of one recipe together.

    Args:
        packages: at least one.
        examples: all images of the data folder.
        subset: which of them to evaluate on.
        data: name of the data folder.
        classify: returns a package's answers.
        track: shows progress where a split by staining reads every image.

    Returns:
        The report, and the predictions that its scores are computed from.

    Raises:
        InvalidData: a package may have been trained on the images, or the packages are not folds of one split.
    """
    manifests = tuple(package.manifest for package in packages)
    sets = tuple(select_examples(manifest.training_data, examples, subset, track) for manifest in manifests)
    _check_folds(manifests, sets)
    predictions = concatenate_predictions(
        [
            collect_predictions(chosen.examples, classify(package, chosen.examples), package.manifest.classes)
            for package, chosen in zip(packages, sets, strict=True)
        ]
    )
    command = _command([package.folder.resolve().name for package in packages], data, subset)
    report = EvaluationReport(manifests, sets, subset, data, data_sha256(examples), command, score(predictions))
    return report, predictions


def _check_folds(manifests: Sequence[Manifest], sets: Sequence[EvaluationSet]) -> None:
    recipes = {recipe_name(manifest) for manifest in manifests}
    if len(recipes) > 1:
        raise InvalidData(
            f"the packages are of different recipes ({', '.join(sorted(recipes))}), so their scores cannot be "
            "combined. Evaluate them one by one."
        )
    used: set[Path] = set()
    for each in sets:
        paths = {example.path for example in each.examples}
        if twice := sorted(used & paths):
            raise InvalidData(
                f"two packages would be evaluated on {twice[0]}, so they are not the folds of one split. "
                "Evaluate them one by one."
            )
        used |= paths


def _command(packages: Sequence[str], data: str, subset: EvaluationSubset) -> str:
    words = ["blastlens evaluate", *(f"--package {package}" for package in packages), f"--data {data}"]
    words += [f"--part {subset.part}"] if subset.part != "validation" else []
    words += [f"--split {subset.how}"] if subset.how else []
    return " ".join([*words, *(["--allow-leak"] if subset.allow_leak else []), "--out OUT"])
