"""Judges packages by the images of a data folder: each by its own part, all of them as one."""

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
"""Lets a package answer for every example, in order."""


def evaluate_packages(
    packages: Sequence[ModelPackage],
    examples: Sequence[Example],
    choice: EvaluationSubset,
    data: str,
    read: Classify,
    track: Track,
) -> tuple[EvaluationReport, Predictions]:
    """Judge a package, or the folds of one recipe as one.

    Args:
        packages: one at least.
        examples: all images of the data folder.
        choice: by which of them to judge.
        data: name of the data folder.
        read: lets a package answer.
        track: shows progress where a split by staining reads every image.

    Raises:
        InvalidData: a package may have learned from the images, or the packages are no folds of one split.
    """
    manifests = tuple(package.manifest for package in packages)
    judged_by = tuple(select_examples(manifest.training_data, examples, choice, track) for manifest in manifests)
    _check_folds(manifests, judged_by)
    answered = concatenate_predictions(
        [
            collect_predictions(part.examples, read(package, part.examples), package.manifest.classes)
            for package, part in zip(packages, judged_by, strict=True)
        ]
    )
    command = _command([package.folder.resolve().name for package in packages], data, choice)
    return EvaluationReport(
        manifests, judged_by, choice, data, data_sha256(examples), command, score(answered)
    ), answered


def _check_folds(manifests: Sequence[Manifest], judged_by: Sequence[EvaluationSet]) -> None:
    recipes = {recipe_name(manifest) for manifest in manifests}
    if len(recipes) > 1:
        raise InvalidData(f"scores of different recipes cannot be pooled: {', '.join(sorted(recipes))}.")
    seen: set[Path] = set()
    for each in judged_by:
        paths = {example.path for example in each.examples}
        if twice := sorted(seen & paths):
            raise InvalidData(
                f"two packages would be judged by {twice[0]}: several packages must be the folds of one split."
            )
        seen |= paths


def _command(packages: Sequence[str], data: str, choice: EvaluationSubset) -> str:
    words = ["blastlens evaluate", *(f"--package {package}" for package in packages), f"--data {data}"]
    words += [f"--part {choice.part}"] if choice.part != "validation" else []
    words += [f"--split {choice.how}"] if choice.how else []
    return " ".join([*words, *(["--allow-leak"] if choice.allow_leak else []), "--out OUT"])
