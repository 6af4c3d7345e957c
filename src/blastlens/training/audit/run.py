"""An audit from beginning to end: every package, every probe."""

import json
import os
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np

from blastlens.domain.labels import LABELS, Label, screening_label
from blastlens.inference.classifier import Classifier
from blastlens.inference.package import ModelPackage
from blastlens.training.audit.model_probes import model_rows
from blastlens.training.audit.report import draw_chart, to_markdown
from blastlens.training.audit.results import Audit, AuditRow
from blastlens.training.audit.shortcut_baselines import data_rows
from blastlens.training.data.dataset import Example, find_examples
from blastlens.training.data.leakage import EvaluationSubset, select_examples
from blastlens.training.data.splits import count_overlap_with_training
from blastlens.training.progress import Track

PartName = Literal["training", "calibration", "validation"]
TitledTrack = Callable[[Sequence[Example], str], Iterable[Example]]


@dataclass(frozen=True)
class AuditRequest:
    """What to audit, and by what.

    Attributes:
        packages: they come to stand side by side.
        data: folder with one folder of images a class.
        groups: its group file.
        part: of each package's own split.
        images: how many of the part at most, evenly over the classes; None for all.
        allow_leak: judge by images that a package may have learned from, and say so.
    """

    packages: tuple[ModelPackage, ...]
    data: Path
    groups: Path | None
    part: PartName = "validation"
    images: int | None = None
    allow_leak: bool = False


def run_audit(request: AuditRequest, track: TitledTrack) -> tuple[Audit, ...]:
    """Audit every package on the part of the data that its own split names.

    Raises:
        InvalidData: the data cannot be used, or a package may have learned from it.
    """
    examples = find_examples(request.data, request.groups)
    known: dict[str, tuple[AuditRow, ...]] = {}  # what the data gives away is the same for packages with one split
    return tuple(_audit(package, request, examples, known, track) for package in request.packages)


def write_audit(audits: Sequence[Audit], folder: Path) -> dict[str, Any]:
    """Write `audit.json`, `audit.md` and `audit.png`, and return what the first holds."""
    folder.mkdir(parents=True, exist_ok=True)
    plain = {"packages": [audit.plain() for audit in audits]}
    (folder / "audit.json").write_text(json.dumps(plain, indent=2) + "\n", "utf-8")
    (folder / "audit.md").write_text(to_markdown(audits), "utf-8")
    draw_chart(audits, folder / "audit.png")
    return plain


def _audit(
    package: ModelPackage,
    request: AuditRequest,
    examples: Sequence[Example],
    known: dict[str, tuple[AuditRow, ...]],
    track: TitledTrack,
) -> Audit:
    manifest = package.manifest
    by = select_examples(
        manifest.training_data,
        examples,
        EvaluationSubset(request.part, allow_leak=request.allow_leak),
        _staining(track),
    )
    plan, split = by.plan, by.split
    assert plan is not None and split is not None  # an audit judges by a part, never by all images
    judged = _thinned(by.examples, request.images)
    truth_of = partial(_truth, classes=manifest.classes)
    key = repr((plan, sorted(manifest.classes)))
    if key not in known:
        known[key] = data_rows(split.training, judged, truth_of, track)
    rows, heat = model_rows(Classifier(package, os.cpu_count() or 1).read, judged, truth_of, track)
    return Audit(
        package=package.identity,
        recipe=str(manifest.training_data.get("recipe", "unknown")),
        part=request.part,
        split=plan.plain(),
        overlap_with_training=None if by.overlap_with_training is None else count_overlap_with_training(split, judged),
        chance=max(Counter(map(truth_of, judged)).values()) / len(judged),
        rows=(*known[key], *rows),
        heat=heat,
    )


def _staining(track: TitledTrack) -> Track:
    return lambda examples: track(examples, "measuring stains")


def _thinned(examples: Sequence[Example], most: int | None) -> tuple[Example, ...]:
    """Return at most so many examples, evenly over the order, and so over the classes."""
    if most is None or most >= len(examples):
        return tuple(examples)
    return tuple(examples[index] for index in np.linspace(0, len(examples) - 1, most).round().astype(int))


def _truth(example: Example, classes: Sequence[Label]) -> Label:
    """Return the label that is right; to a screening model every leukemia is malignant."""
    return example.label if set(classes) == set(LABELS) else screening_label(example.label)
