"""Report of an evaluation, written as JSON, CSV and plots."""

import csv
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from blastlens.inference.manifest import Manifest
from blastlens.training.data.dataset import Example
from blastlens.training.data.leakage import EvaluationSet, EvaluationSubset
from blastlens.training.evaluation.metrics import Scores, predicted_classes
from blastlens.training.evaluation.plots import draw_mistakes, draw_plots, draw_training_curve
from blastlens.training.evaluation.predictions import Predictions

SCORES_FILE = "scores.json"


@dataclass(frozen=True)
class EvaluationReport:
    """One evaluation of one package, or of the folds of one recipe.

    Attributes:
        manifests: of the packages.
        sets: the images that each package is evaluated on, in the order of `manifests`.
        subset: which images were asked for.
        data: name of the data folder.
        data_sha256: of all its images.
        command: repeats the evaluation; it holds names in the place of paths.
        scores: of all images together.
    """

    manifests: tuple[Manifest, ...]
    sets: tuple[EvaluationSet, ...]
    subset: EvaluationSubset
    data: str
    data_sha256: str
    command: str
    scores: Scores

    @property
    def recipe(self) -> str:
        """Name of the recipe, or of the package where its manifest names none."""
        return recipe_name(self.manifests[0])

    @property
    def name(self) -> str:
        """Name of the run's file in docs/runs."""
        plan = self.sets[0].plan
        if plan is None:
            return f"{self.recipe}-{self.data}-all"
        folds = f"{plan.folds}fold-" if plan.folds else ""
        part = "" if self.subset.part == "validation" else f"-{self.subset.part}"
        return f"{self.recipe}-{plan.how}-{folds}seed{plan.seed}{part}"

    @property
    def examples(self) -> tuple[Example, ...]:
        """The images that were evaluated, in the order of the predictions."""
        return tuple(example for chosen in self.sets for example in chosen.examples)

    @property
    def overlap_with_training(self) -> int | None:
        """Number of images with a copy or overlapping field in training, None if unknown."""
        counts = [chosen.overlap_with_training for chosen in self.sets]
        return None if None in counts else sum(count or 0 for count in counts)

    @property
    def network_accuracy(self) -> float | None:
        """Accuracy of the graphs over all images, without rejection: that of papers.

        It was measured when the packages were made, on the validation part of their own split. None for other images.
        """
        measured = [manifest.measured.get("validation", {}).get("accuracy") for manifest in self.manifests]
        if self.subset != EvaluationSubset() or None in measured:  # the default subset is the package's own validation
            return None
        return fmean(measured, weights=[len(chosen.examples) for chosen in self.sets])

    def plain(self) -> dict[str, Any]:
        """Return the report as JSON can hold it."""
        return {
            "kind": "evaluation",
            "name": self.name,
            "recipe": self.recipe,
            "part": self.subset.part,
            "allow_leak": self.subset.allow_leak,
            "data": self.data,
            "data_sha256": self.data_sha256,
            "images_like_training": self.overlap_with_training,
            "packages": [_package(*pair) for pair in zip(self.manifests, self.sets, strict=True)],
            "command": self.command,
            "network_alone": self.network_accuracy,
            "scores": self.scores.plain(),
        }

    def __str__(self) -> str:
        plan = self.sets[0].plan
        where = f"all images of {self.data}" if plan is None else f"{self.subset.part} part, split {plan}"
        folds = f" and {len(self.manifests) - 1} further folds" if len(self.manifests) > 1 else ""
        return f"{self.recipe}: {where}{folds}"


def recipe_name(manifest: Manifest) -> str:
    """Return the name of the recipe of a package, or the package's own.

    Packages of several recipes, which read fields, are called "NAME-fields".
    """
    if manifest.cells is not None:
        return f"{manifest.name}-fields"
    return str(manifest.training_data.get("recipe", manifest.name))


def write_report(report: EvaluationReport, predictions: Predictions, folder: Path) -> tuple[Path, ...]:
    """Write scores, predictions, mistakes and plots to a folder.

    Returns:
        The files: `scores.json` first, then `answers.csv`, then pictures.
    """
    folder.mkdir(parents=True, exist_ok=True)
    scores = folder / SCORES_FILE
    scores.write_text(json.dumps(report.plain(), indent=1, allow_nan=False) + "\n")
    curves = [
        draw_training_curve(history, f"{report.recipe}, training {index + 1}", folder / f"training-{index + 1}.png")
        for index, manifest in enumerate(report.manifests)
        if (history := manifest.training_data.get("history"))
    ]
    answers = write_predictions(predictions, report.examples, folder / "answers.csv")
    sheet = draw_mistakes(predictions, report.examples, str(report), folder / "mistakes.png")
    mistakes = [sheet] if sheet else []
    return scores, answers, *mistakes, *draw_plots(predictions, str(report), folder), *curves


def write_predictions(predictions: Predictions, examples: Sequence[Example], file: Path) -> Path:
    """Write a CSV with a row for each image.

    Columns: file, true class, predicted class, probabilities and prediction set.

    Args:
        predictions: of N images.
        examples: the N images, in the same order.
        file: to write; images are named by class folder and file name only.
    """
    names = [*map(str, predictions.labels), "rejected"]
    with file.open("w", newline="", encoding="utf-8") as table:
        writer = csv.writer(table)
        writer.writerow(["file", "class", "called", *names[:-1], "set"])
        for index, (example, predicted) in enumerate(zip(examples, predicted_classes(predictions), strict=True)):
            probabilities = [f"{value:.4f}" for value in predictions.probabilities[index]]
            shown = probabilities if predictions.answered[index] else [""] * len(predictions.labels)
            held = zip(predictions.labels, predictions.sets[index], strict=True)
            members = " ".join(label for label, inside in held if inside)
            writer.writerow([example.name, names[predictions.truth[index]], names[predicted], *shown, members])
    return file


def _package(manifest: Manifest, chosen: EvaluationSet) -> dict[str, Any]:
    identity = manifest.identity
    return {
        "name": identity.name,
        "version": identity.version,
        "digest": identity.digest,
        "size": manifest.size,
        "stages": list(manifest.training_data.get("stages", [])),
        "split": chosen.plan.plain() if chosen.plan else None,
        "images": len(chosen.examples),
    }
