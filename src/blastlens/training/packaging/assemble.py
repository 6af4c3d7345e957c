"""Assembly of a package for fields from graphs of windows, scale and cells."""

import hashlib
import json
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from blastlens.domain.errors import InvalidData
from blastlens.inference.classifier import make_field_reader
from blastlens.inference.manifest import FieldGraph, Manifest
from blastlens.inference.package import ModelPackage, write_manifest
from blastlens.inference.window_model import WindowModel
from blastlens.training.data.dataset import find_examples
from blastlens.training.data.leakage import EvaluationSubset, select_examples
from blastlens.training.packaging.conversion import load_or_convert
from blastlens.training.packaging.examination_calibration import add_examinations, calibrate_examinations, format_report
from blastlens.training.packaging.field_calibration import START, fit_settings, score_samples
from blastlens.training.packaging.field_samples import collect_samples, save_samples
from blastlens.training.progress import ProgressReporter

SCALE, CELLS = "scale", "cells"


@dataclass(frozen=True)
class AssemblyRequest:
    """What a package for fields is assembled from.

    Attributes:
        windows: package of the window model; it is not changed.
        scale: folder with `scale.tflite` and its constants, `scale.json`.
        cells: folder with `cells.tflite` and `cells.json`.
        data: folder of images that the window model was trained on a part of.
        groups: CSV of images that overlap; None for none.
        package: folder to write to.
        version: of the package.
        evaluated_um: least and greatest pixel size that it is evaluated on.
        samples: file to write the calibration samples to; None to keep none.
        examinations: file to write the scores of examinations to; None to write none.
        constants: of the aggregation, instead of those that every package starts from.
        threads: of the graphs.
    """

    windows: Path
    scale: Path
    cells: Path
    data: Path
    groups: Path | None
    package: Path
    version: str
    evaluated_um: tuple[float, float]
    samples: Path | None = None
    examinations: Path | None = None
    constants: Mapping[str, float] = field(default_factory=dict)
    threads: int = 1


def assemble(request: AssemblyRequest, reporter: ProgressReporter) -> ModelPackage:
    """Join graphs of windows, scale and cells, calibrate the answer to fields, and write the package.

    The constants are fitted on the calibration part of the window model's split: those of fields on its images and on
    fields made of them, those of examinations on examinations drawn from its images. Scores of examinations are of the
    validation part.

    Raises:
        InvalidData: a graph is missing, or the data folder is not the one that the window model was trained on.
        DamagedPackage: a graph cannot be run.
    """
    joined = _join(request)
    manifest = joined.manifest
    examples = find_examples(request.data, request.groups)
    calibration = select_examples(manifest.training_data, examples, EvaluationSubset("calibration")).examples
    reader = make_field_reader(joined, WindowModel(joined, request.threads), request.threads)
    reporter.message(f"Reading fields made of {len(calibration)} images.")
    samples, rejected = collect_samples(reader, calibration, manifest.classes, reporter)
    if request.samples is not None:
        save_samples(request.samples, samples)
    settings = fit_settings(samples, replace(START, **request.constants))  # type: ignore[arg-type]
    scores = {each.kind: _plain(each, rejected) for each in score_samples(samples, settings)}
    measured = {**manifest.measured, "calibration_fields": scores}
    package = write_manifest(request.package, replace(manifest, aggregation=settings, measured=measured))
    constants, of_examinations = calibrate_examinations(package, examples, reporter, request.threads)
    complete = add_examinations(package.manifest, constants, of_examinations, request.version)
    written = write_manifest(request.package, complete)
    if request.examinations is not None:
        request.examinations.write_text(format_report(written, of_examinations))
    return written


def _join(request: AssemblyRequest) -> ModelPackage:
    """Write a package with all graphs, without the constants of the aggregation."""
    graphs = {name: _read_graph(folder, name) for name, folder in ((SCALE, request.scale), (CELLS, request.cells))}
    if request.package.resolve() != request.windows.resolve():
        shutil.copytree(request.windows, request.package, dirs_exist_ok=True)
    package = load_or_convert(request.package)
    for name, (data, _) in graphs.items():
        (request.package / f"{name}.tflite").write_bytes(data)
    scale, cells = (_describe(name, *graphs[name]) for name in (SCALE, CELLS))
    manifest: Manifest = replace(
        package.manifest,
        version=request.version,
        scale=scale,
        cells=cells,
        evaluated_um=request.evaluated_um,
        aggregation=None,
    )
    return write_manifest(request.package, manifest)


def _read_graph(folder: Path, name: str) -> tuple[bytes, dict[str, Any]]:
    """Return a graph and its constants."""
    try:
        constants = json.loads((folder / f"{name}.json").read_text("utf-8"))
        return (folder / f"{name}.tflite").read_bytes(), constants
    except (OSError, ValueError) as error:
        raise InvalidData(f"{folder} has no {name}.tflite with {name}.json that can be read: {error}.") from error


def _describe(name: str, graph: bytes, constants: dict[str, Any]) -> FieldGraph:
    return FieldGraph(f"{name}.tflite", hashlib.sha256(graph).hexdigest(), constants)


def _plain(scores: Any, rejected: Mapping[str, int]) -> dict[str, Any]:
    values = {name: value for name, value in asdict(scores).items() if name != "kind"}
    lost = sum(rejected.values()) if scores.kind == "all" else rejected.get(scores.kind, 0)
    return {**values, "rejected": lost}
