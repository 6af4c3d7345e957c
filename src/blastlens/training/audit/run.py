"""Run of an audit: all packages on all probes, and the files it writes."""

import json
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from blastlens.domain.labels import Label
from blastlens.inference.classifier import Classifier
from blastlens.inference.package import ModelPackage
from blastlens.training.audit.field_rows import measure_fields
from blastlens.training.audit.left_out_results import load_left_out
from blastlens.training.audit.probes import probe_model
from blastlens.training.audit.report import draw_chart, to_markdown
from blastlens.training.audit.results import Audit, AuditRow
from blastlens.training.audit.shortcut_baselines import evaluate_shortcuts
from blastlens.training.data.dataset import Example, find_examples
from blastlens.training.data.leakage import EvaluationSubset, select_examples
from blastlens.training.data.splits import PartName, count_overlap_with_training
from blastlens.training.progress import NamedTrack


@dataclass(frozen=True)
class AuditRequest:
    """The audit that a user asks for.

    Attributes:
        packages: to compare.
        data: folder with one folder of images for each class.
        groups: its group file; None for none.
        part: of each package's own split.
        images: largest number of images, spread evenly over the classes; None for all.
        allow_leak: use images that a package may have been trained on; the report states it.
        probes: whether to measure the probes and the shortcut baselines.
        fields: largest number of fields of each kind and class, made from all images of the part; 0 for none.
        laboratories: results files of `benchmarks/other_laboratories.py` with `--left-out`.
    """

    packages: tuple[ModelPackage, ...]
    data: Path
    groups: Path | None
    part: PartName = "validation"
    images: int | None = None
    allow_leak: bool = False
    probes: bool = True
    fields: int = 0
    laboratories: tuple[Path, ...] = ()


def run_audit(request: AuditRequest, track: NamedTrack) -> tuple[Audit, ...]:
    """Audit every package on the part of the data that its own split names.

    Raises:
        InvalidData: the data or a results file cannot be used, or a package may have been trained on the data.
    """
    examples = find_examples(request.data, request.groups)
    baselines: dict[str, tuple[AuditRow, ...]] = {}  # the same for all packages with one split
    return tuple(_audit(package, request, examples, baselines, track) for package in request.packages)


def write_audit(audits: Sequence[Audit], folder: Path) -> dict[str, Any]:
    """Write `audit.json`, `audit.md` and, if probes were measured, `audit.png`; return the first's contents."""
    folder.mkdir(parents=True, exist_ok=True)
    plain = {"packages": [audit.plain() for audit in audits]}
    (folder / "audit.json").write_text(json.dumps(plain, indent=2) + "\n", "utf-8")
    (folder / "audit.md").write_text(to_markdown(audits), "utf-8")
    if audits[0].rows:
        draw_chart(audits, folder / "audit.png")
    return plain


def _audit(
    package: ModelPackage,
    request: AuditRequest,
    examples: Sequence[Example],
    baselines: dict[str, tuple[AuditRow, ...]],
    track: NamedTrack,
) -> Audit:
    manifest = package.manifest
    chosen = select_examples(
        manifest.training_data,
        examples,
        EvaluationSubset(request.part, allow_leak=request.allow_leak),
        lambda examples: track(examples, "measuring stains"),
    )
    plan, split = chosen.plan, chosen.split
    assert plan is not None and split is not None  # an audit is of a part, never of all images
    evaluated = _subsample(chosen.examples, request.images)

    def truth_of(example: Example) -> Label:
        return example.label_in(manifest.classes)

    read = Classifier(package, os.cpu_count() or 1).read
    fields = measure_fields(read, chosen.examples, truth_of, request.fields, track) if request.fields else ()
    rows: tuple[AuditRow, ...] = ()
    heat = None
    if request.probes:
        key = repr((plan, sorted(manifest.classes)))
        if key not in baselines:
            baselines[key] = evaluate_shortcuts(split.training, evaluated, truth_of, track)
        rows, heat = probe_model(read, evaluated, truth_of, track)
        rows = (*baselines[key], *rows)
    overlap = None if chosen.overlap_with_training is None else count_overlap_with_training(split, evaluated)
    return Audit(
        package=package.identity,
        recipe=str(manifest.training_data.get("recipe", "unknown")),
        part=request.part,
        split=plan.plain(),
        overlap_with_training=overlap,
        chance=max(Counter(map(truth_of, evaluated)).values()) / len(evaluated),
        rows=rows,
        heat=heat,
        classes=len(manifest.classes),
        fields=fields,
        laboratories=load_left_out(request.laboratories),
    )


def _subsample(examples: Sequence[Example], most: int | None) -> tuple[Example, ...]:
    """Return at most `most` examples, spread evenly over their order."""
    if most is None or most >= len(examples):
        return tuple(examples)
    return tuple(examples[index] for index in np.linspace(0, len(examples) - 1, most).round().astype(int))
