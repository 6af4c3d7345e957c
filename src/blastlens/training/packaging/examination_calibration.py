"""Calibration of examinations: fits the constants of their answers.

python -m blastlens.training.packaging.examination_calibration PACKAGE DATA --version 1.0.1 --report REPORT

PACKAGE is a package for fields; its manifest is written again with the constants and the new version.
"""

import argparse
import json
import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from blastlens.domain.chance import exceeds_chance, wilson_interval
from blastlens.domain.errors import InvalidData
from blastlens.domain.examination_answer import ExaminationConstants, combine_fields, count_cells
from blastlens.domain.labels import Label
from blastlens.inference.classifier import Classifier
from blastlens.inference.manifest import FIELDS_AS, Manifest
from blastlens.inference.package import ModelPackage, load_package, write_manifest
from blastlens.training.data.dataset import Example, find_examples
from blastlens.training.data.leakage import EvaluationSubset, select_examples
from blastlens.training.evaluation.calibration import conformal_threshold
from blastlens.training.packaging.examination_samples import (
    Drawing,
    DrawnExamination,
    LabelledField,
    draw_examinations,
    read_fields,
)
from blastlens.training.packaging.examination_scores import score_fields
from blastlens.training.progress import NoReporter, ProgressReporter

START = ExaminationConstants(
    least_white_cells=20,
    clip=1e-3,
    correlation=0.5,
    set_threshold=0.1,
    coverage=0.99,
    benign_blasts=0.02,
    significance=0.001,
    open_share=0.5,
    floor=0.15,
)
"""Constants that are not fitted, and where the others start."""

_CORRELATIONS = (0.0, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
_RATES = np.geomspace(0.002, 0.5, 60)
_FLAGGED = 0.01  # share of benign examinations that may have too many blasts without need
_BLAST_SHARE = 0.5  # a smear with this share of blasts shall be noticed
_POWER = 0.95  # with this probability
_MOST_CELLS = 200  # as a differential count by hand


def calibrate_examinations(
    package: ModelPackage, examples: Sequence[Example], reporter: ProgressReporter, threads: int = 1
) -> tuple[ExaminationConstants, dict[str, Any]]:
    """Fit the constants on the calibration part of a package's split, and score them on both held-out parts.

    Args:
        package: with the constants of fields.
        examples: all images of the data folder that it was trained on a part of.
        reporter: shows progress.
        threads: of the graphs.

    Returns:
        The constants, and the scores of "calibration" and "validation" by the kind of examination.

    Raises:
        InvalidData: the data folder is another one, or a part has no image that can be read.
    """
    classifier = Classifier(package, threads)
    parts = {}
    for part in ("calibration", "validation"):
        chosen = select_examples(package.manifest.training_data, examples, EvaluationSubset(part)).examples
        reporter.message(f"Reading {len(chosen)} fields of the {part} part.")
        parts[part] = read_fields(classifier, chosen, reporter.track)
    rule = package.manifest.aggregation
    start = START if rule is None else replace(START, set_threshold=rule.set_threshold, coverage=rule.coverage)
    constants = fit_constants(parts["calibration"], start)
    return constants, {part: score_fields(fields, constants) for part, fields in parts.items()}


def add_examinations(
    manifest: Manifest, constants: ExaminationConstants, scores: Mapping[str, Any], version: str
) -> Manifest:
    """Return a manifest with the constants of examinations and their scores on the validation part."""
    measured = {**manifest.measured, "validation_examinations": scores["validation"]}
    return replace(manifest, version=version, examination=constants, measured=measured)


def recalibrate_examinations(
    package: ModelPackage, constants: ExaminationConstants, scores: Mapping[str, Any], version: str
) -> ModelPackage:
    """Write the manifest of a package again with other constants of examinations, under a new version.

    Single fields are answered as before, so the manifest names the package whose measurements hold for them.
    """
    known = package.manifest.measured.get(FIELDS_AS) or asdict(package.identity)
    manifest = add_examinations(package.manifest, constants, scores, version)
    return write_manifest(package.folder, replace(manifest, measured={**manifest.measured, FIELDS_AS: known}))


def format_report(package: ModelPackage, scores: Mapping[str, Any]) -> str:
    """Return the constants of a package for examinations and their scores on both parts as JSON, for docs/runs."""
    constants = package.manifest.examination
    plain = None if constants is None else asdict(constants)
    return json.dumps({"package": asdict(package.identity), "constants": plain, **scores}, indent=2) + "\n"


def fit_constants(fields: Sequence[LabelledField], start: ExaminationConstants = START) -> ExaminationConstants:
    """Fit the constants on examinations drawn from calibration fields.

    In this order: the correlation by the least negative log-likelihood of examinations of like staining, because their
    fields err together; the share of blast-like cells in benign fields, at its upper limit, that hardly any benign
    examination exceeds; the number of white cells in which half of blasts is noticed; the conformal threshold, the
    smallest of any size and way of drawing and never above that of a single field.

    Raises:
        InvalidData: there are no fields.
    """
    if not fields:
        raise InvalidData("the calibration part has no image that could be read, so examinations cannot be calibrated.")
    drawn = draw_examinations(fields)
    alike = [each for each in drawn if each.drawing is Drawing.ALIKE]
    best = min(_CORRELATIONS, key=lambda value: _log_loss(alike, replace(start, correlation=value)))
    constants = replace(start, correlation=best)
    constants = replace(constants, benign_blasts=_fit_benign_blasts(fields, drawn, constants))
    constants = replace(constants, least_white_cells=_fit_least_cells(fields, constants))
    return replace(constants, set_threshold=min(start.set_threshold, _fit_threshold(drawn, constants)))


def find_least_cells(share: float, constants: ExaminationConstants, power: float = _POWER) -> int:
    """Return the least number of white cells in which a share of blast-like ones is noticed with a probability.

    Args:
        share: of the white cells that look like blasts, 0 to 1.
        constants: `benign_blasts` and `significance` decide what is noticed.
        power: probability that it is noticed, 0 to 1.

    Returns:
        At most 200 cells, as a differential count by hand has.
    """
    for number in range(1, _MOST_CELLS):
        if _measure_power(number, share, constants) >= power:
            return number
    return _MOST_CELLS


def _fit_benign_blasts(
    fields: Sequence[LabelledField], drawn: Sequence[DrawnExamination], constants: ExaminationConstants
) -> float:
    """Return the upper limit of the share in benign fields, or the least share that hardly any examination exceeds."""
    cells, blasts = count_cells([field.prediction for field in fields if field.label is Label.BENIGN])
    counted = [count_cells(each.fields) for each in drawn if each.truth is Label.BENIGN]
    if not counted:
        return 1.0
    calm = (
        float(rate)
        for rate in _RATES
        if np.mean([exceeds_chance(few, many, float(rate), constants.significance) for many, few in counted])
        <= _FLAGGED
    )
    return max(next(calm, 1.0), wilson_interval(blasts, cells)[1])


def _fit_least_cells(fields: Sequence[LabelledField], constants: ExaminationConstants) -> int:
    """Return the number of white cells in which a smear half of blasts is noticed.

    Blasts are taken for those of the leukemia in whose fields the fewest cells look like blasts, and all cells of these
    fields for blasts.
    """
    shares = []
    for label in dict.fromkeys(field.label for field in fields):
        cells, blasts = count_cells([field.prediction for field in fields if field.label is label])
        shares.append((label is Label.BENIGN, blasts / cells if cells else 0.0))
    seen = min((share for is_benign, share in shares if not is_benign), default=0.0)
    unlike = max((share for is_benign, share in shares if is_benign), default=0.0)
    return find_least_cells(_BLAST_SHARE * seen + (1 - _BLAST_SHARE) * unlike, constants)


def _measure_power(number: int, share: float, constants: ExaminationConstants) -> float:
    """Return the probability that so many cells, of which a share looks like blasts, are noticed."""
    noticed = next(
        (
            count
            for count in range(1, number + 1)
            if exceeds_chance(count, number, constants.benign_blasts, constants.significance)
        ),
        number + 1,
    )
    ways = (math.comb(number, count) * share**count * (1 - share) ** (number - count) for count in range(noticed))
    return 1 - math.fsum(ways) if noticed <= number else 0.0


def _fit_threshold(drawn: Sequence[DrawnExamination], constants: ExaminationConstants) -> float:
    """Return the smallest conformal threshold of the examinations of one size and way of drawing."""
    kinds = dict.fromkeys((each.size, each.drawing) for each in drawn)
    of_kinds = ([each for each in drawn if (each.size, each.drawing) == kind] for kind in kinds)
    return min(conformal_threshold(_list_true(kind, constants), constants.coverage) for kind in of_kinds)


def _log_loss(drawn: Sequence[DrawnExamination], constants: ExaminationConstants) -> float:
    return float(-np.log(np.maximum(_list_true(drawn, constants), 1e-12)).mean())


def _list_true(drawn: Sequence[DrawnExamination], constants: ExaminationConstants) -> NDArray[np.float64]:
    """Return the probabilities (N,) of the true labels before any rule adds to the set."""
    return np.array([combine_fields(each.fields, constants)[each.truth] for each in drawn])


def main() -> None:
    """Calibrate the examinations of a package, and write its manifest again."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("package", type=Path, help="folder of a package for fields; its manifest is replaced")
    parser.add_argument("data", type=Path, help="folder of images that it was trained on a part of")
    parser.add_argument("--groups", type=Path, help="CSV of images that overlap")
    parser.add_argument("--version", required=True, help="version of the new package")
    parser.add_argument("--report", type=Path, help="file for the constants and all scores, as JSON")
    given = parser.parse_args()
    package = load_package(given.package)
    examples = find_examples(given.data, given.groups)
    constants, scores = calibrate_examinations(package, examples, NoReporter(), os.cpu_count() or 1)
    written = recalibrate_examinations(package, constants, scores, given.version)
    report = format_report(written, scores)
    if given.report is not None:
        given.report.write_text(report)
    print(report, end="")


if __name__ == "__main__":
    main()
