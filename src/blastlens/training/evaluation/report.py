"""An evaluation as a file: the scores, what was judged, by which images, and the command that gives them again."""

import json
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from blastlens.inference.manifest import Manifest
from blastlens.training.data.dataset import Example
from blastlens.training.data.leakage import EvaluationSet, EvaluationSubset
from blastlens.training.evaluation.metrics import Scores
from blastlens.training.evaluation.plots import draw_mistakes, draw_plots, draw_training_curve, write_answers
from blastlens.training.evaluation.predictions import Predictions

SCORES_FILE = "scores.json"


@dataclass(frozen=True)
class EvaluationReport:
    """One evaluation of one package, or of the folds of one recipe.

    Attributes:
        manifests: of the packages, in the order of `judged_by`.
        judged_by: the images that each package was judged by.
        choice: what was asked for.
        data: name of the data folder.
        data_sha256: of all its images.
        command: that gives the scores again, with names instead of paths.
        scores: of all images together.
    """

    manifests: tuple[Manifest, ...]
    judged_by: tuple[EvaluationSet, ...]
    choice: EvaluationSubset
    data: str
    data_sha256: str
    command: str
    scores: Scores

    @property
    def recipe(self) -> str:
        """Name of the recipe, or of the package where it names none."""
        return recipe_name(self.manifests[0])

    @property
    def name(self) -> str:
        """What the run is called in docs/runs."""
        plan = self.judged_by[0].plan
        if plan is None:
            return f"{self.recipe}-{self.data}-all"
        folds = f"{plan.folds}fold-" if plan.folds else ""
        part = "" if self.choice.part == "validation" else f"-{self.choice.part}"
        return f"{self.recipe}-{plan.how}-{folds}seed{plan.seed}{part}"

    @property
    def examples(self) -> tuple[Example, ...]:
        """The images that were judged, in the order of their answers."""
        return tuple(example for judged_by in self.judged_by for example in judged_by.examples)

    @property
    def overlap_with_training(self) -> int | None:
        """How many images have an exact copy or an overlapping field in training; None where nobody can know."""
        counts = [judged_by.overlap_with_training for judged_by in self.judged_by]
        return None if None in counts else sum(count or 0 for count in counts)

    @property
    def network_alone(self) -> float | None:
        """Share of all images, none refused, that the graphs themselves call rightly: what papers count.

        It was measured when the packages were made, by the validation part of their own split; None for other images.
        """
        measured = [manifest.measured.get("validation", {}).get("accuracy") for manifest in self.manifests]
        if self.choice != EvaluationSubset() or None in measured:  # by default it is their own split, of their own data
            return None
        return fmean(measured, weights=[len(judged_by.examples) for judged_by in self.judged_by])

    def plain(self) -> dict[str, Any]:
        """Return the report as JSON can hold it."""
        return {
            "kind": "evaluation",
            "name": self.name,
            "recipe": self.recipe,
            "part": self.choice.part,
            "allow_leak": self.choice.allow_leak,
            "data": self.data,
            "data_sha256": self.data_sha256,
            "images_like_training": self.overlap_with_training,
            "packages": [_package(*pair) for pair in zip(self.manifests, self.judged_by, strict=True)],
            "command": self.command,
            "network_alone": self.network_alone,
            "scores": self.scores.plain(),
        }

    def __str__(self) -> str:
        plan = self.judged_by[0].plan
        where = f"all images of {self.data}" if plan is None else f"{self.choice.part} part, split {plan}"
        pooled = f" and {len(self.manifests) - 1} further folds" if len(self.manifests) > 1 else ""
        return f"{self.recipe}: {where}{pooled}"


def recipe_name(manifest: Manifest) -> str:
    """Return the name of the recipe that a package was trained with, or the package's own."""
    return str(manifest.training_data.get("recipe", manifest.name))


def write_report(report: EvaluationReport, judged: Predictions, folder: Path) -> tuple[Path, ...]:
    """Write `scores.json`, every answer, the mistakes and the other pictures; return the files."""
    folder.mkdir(parents=True, exist_ok=True)
    scores = folder / SCORES_FILE
    scores.write_text(json.dumps(report.plain(), indent=1, allow_nan=False) + "\n")
    curves = [
        draw_training_curve(history, f"{report.recipe}, training {index + 1}", folder / f"training-{index + 1}.png")
        for index, manifest in enumerate(report.manifests)
        if (history := manifest.training_data.get("history"))
    ]
    answers = write_answers(judged, report.examples, folder / "answers.csv")
    sheet = draw_mistakes(judged, report.examples, str(report), folder / "mistakes.png")
    mistakes = [sheet] if sheet else []
    return scores, answers, *mistakes, *draw_plots(judged, str(report), folder), *curves


def _package(manifest: Manifest, judged_by: EvaluationSet) -> dict[str, Any]:
    identity = manifest.identity
    return {
        "name": identity.name,
        "version": identity.version,
        "digest": identity.digest,
        "size": manifest.size,
        "stages": list(manifest.training_data.get("stages", [])),
        "split": judged_by.plan.plain() if judged_by.plan else None,
        "images": len(judged_by.examples),
    }
