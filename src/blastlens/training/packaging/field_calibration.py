"""Calibration of fields: fits the constants of the aggregation.

python -m blastlens.training.packaging.field_calibration SAMPLES

SAMPLES is an archive that `blastlens assemble --samples` wrote; the constants and a table of the answers are printed.
"""

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from blastlens.domain.chance import exceeds_chance
from blastlens.domain.errors import InvalidData
from blastlens.domain.field import Caution
from blastlens.inference.aggregation import (
    AggregationSettings,
    Evidence,
    NamedCells,
    aggregate,
    combine,
    mean_logarithm,
    name_cells,
)
from blastlens.training.evaluation.calibration import conformal_threshold
from blastlens.training.packaging.field_samples import AS_TAKEN, FieldSample, load_samples

START = AggregationSettings(
    cells_weight=1.0,
    windows_weight=1.0,
    half_cells=2.0,
    clip=1e-3,
    set_threshold=0.1,
    coverage=0.99,
    least_cells=3,
    least_named=0.5,
    named_share=0.5,
    blast_probability=0.9,
    benign_blasts=0.05,
    significance=0.001,
    disagreement=0.9,
    least_benign=0.9,
    far=2.0,
    floor=0.15,
    greatest_error=0.4,
)
"""Constants that are not fitted, and where the others start."""

_WEIGHTS = np.concatenate([[0.0], np.geomspace(0.05, 12.8, 33)])
_HALVES = (0.0, 1.0, 2.0, 4.0, 8.0, 16.0)
_RATES = np.geomspace(0.002, 0.5, 60)
_LEVELS = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99)
_FLAGGED = 0.01  # share of calibration fields that a rule about blasts or disagreement may widen without need
_MOST_ERROR = 0.55  # with more, a field may be at another scale by more than half
_MOST_BENIGN = 0.98  # more would leave a leukemia open in every benign field


@dataclass(frozen=True)
class FieldScores:
    """Scores of the answers to the samples of one kind; shares from 0 to 1.

    Attributes:
        kind: of the fields.
        fields: number of samples.
        accuracy: share whose first label is the true one.
        confidence: mean probability of the first label; near the accuracy where it is calibrated.
        coverage: share whose set holds the true label.
        set_size: mean number of labels in the set.
        open_sets: share whose set holds every label.
        benign_alone: number of fields of leukemia with benign alone.
    """

    kind: str
    fields: int
    accuracy: float
    confidence: float
    coverage: float
    set_size: float
    open_sets: float
    benign_alone: int


def fit_settings(samples: Sequence[FieldSample], start: AggregationSettings = START) -> AggregationSettings:
    """Fit the constants of the aggregation on calibration fields.

    In this order: the error of the pixel size that hardly any image as taken exceeds; the weights by the least negative
    log-likelihood, where images as taken count as much as all other kinds; the probability of benign that no field of
    leukemia reaches; the share of blast-like cells, and the level of disagreement, that hardly any field of calibration
    exceeds without need; the conformal threshold, the smaller one of images as taken and of all fields.

    Raises:
        InvalidData: there are no samples of images as taken.
    """
    if not any(sample.kind == AS_TAKEN for sample in samples):
        raise InvalidData("the calibration part has no image that could be read, so fields cannot be calibrated.")
    settings = replace(start, greatest_error=_fit_greatest_error(samples, start))
    samples = mark_uncertain_scales(samples, settings)
    settings = _fit_weights(samples, settings)
    settings = replace(settings, least_benign=_fit_least_benign(samples, settings))
    settings = replace(settings, benign_blasts=_fit_benign_blasts(samples, settings))
    settings = replace(settings, disagreement=_fit_disagreement(samples, settings))
    return replace(settings, set_threshold=_fit_threshold(samples, settings))


def score_samples(samples: Sequence[FieldSample], settings: AggregationSettings) -> list[FieldScores]:
    """Return the scores of each kind of field, in the order of the samples, and of all of them last."""
    samples = mark_uncertain_scales(samples, settings)
    kinds = dict.fromkeys(sample.kind for sample in samples)
    parts = [(kind, [sample for sample in samples if sample.kind == kind]) for kind in kinds]
    return [_score(kind, part, settings) for kind, part in [*parts, ("all", list(samples))]]


def mark_uncertain_scales(samples: Sequence[FieldSample], settings: AggregationSettings) -> list[FieldSample]:
    """Return samples with the caution about the scale where its error is too large, as in serving."""
    return [
        sample
        if sample.scale_error <= settings.greatest_error
        else replace(sample, evidence=_add_caution(sample.evidence, Caution.SCALE_UNCERTAIN))
        for sample in samples
    ]


def _add_caution(evidence: Evidence, caution: Caution) -> Evidence:
    return replace(evidence, cautions=tuple(dict.fromkeys((*evidence.cautions, caution))))


def _fit_greatest_error(samples: Sequence[FieldSample], start: AggregationSettings) -> float:
    """Return the error of the pixel size that hardly any image as taken exceeds, at least that of the start."""
    errors = [sample.scale_error for sample in samples if sample.kind == AS_TAKEN and np.isfinite(sample.scale_error)]
    return min(max(start.greatest_error, float(np.quantile(errors, 1 - _FLAGGED)) if errors else 0.0), _MOST_ERROR)


def _score(kind: str, samples: Sequence[FieldSample], settings: AggregationSettings) -> FieldScores:
    answers = [aggregate(sample.evidence, settings) for sample in samples]
    truths = [sample.truth for sample in samples]
    right = np.array([answer.prediction_set[0] == truth for answer, truth in zip(answers, truths, strict=True)])
    sizes = np.array([len(answer.prediction_set) for answer in answers])
    pairs = list(zip(answers, truths, strict=True))
    return FieldScores(
        kind=kind,
        fields=len(samples),
        accuracy=float(right.mean()),
        coverage=float(np.mean([truth in answer.prediction_set for answer, truth in pairs])),
        set_size=float(sizes.mean()),
        open_sets=float((sizes == len(answers[0].probabilities)).mean()),
        benign_alone=sum(truth > 0 and answer.prediction_set == (0,) for answer, truth in pairs),
        confidence=float(np.mean([answer.probabilities.max() for answer in answers])),
    )


def _fit_weights(samples: Sequence[FieldSample], start: AggregationSettings) -> AggregationSettings:
    """Return the settings with the weights of the least loss, on a grid."""
    truths = np.array([sample.truth for sample in samples])
    shares = _weigh_kinds(samples)
    by_windows = np.stack([mean_logarithm(sample.evidence.windows, start.clip) for sample in samples])  # (N, C)
    named = [_name(sample, start).named for sample in samples]
    by_cells = np.stack([mean_logarithm(each, start.clip) for each in named])
    counts = np.array([len(each) for each in named])
    best, chosen = np.inf, start
    for half in _HALVES:
        scaled = by_cells * (counts / np.maximum(counts + half, 1e-9))[:, None]
        for of_cells in _WEIGHTS:
            logits = of_cells * scaled[None] + _WEIGHTS[:, None, None] * by_windows[None]  # (weights, N, C)
            losses = _log_losses(logits, truths) @ shares
            place = int(losses.argmin())
            if losses[place] < best - 1e-9:
                best = float(losses[place])
                chosen = replace(
                    start, cells_weight=float(of_cells), windows_weight=float(_WEIGHTS[place]), half_cells=half
                )
    return chosen


def _weigh_kinds(samples: Sequence[FieldSample]) -> NDArray[np.float64]:
    """Return a weight (N,) of each sample: images as taken have half, every other kind an equal part of the rest."""
    kinds = [sample.kind for sample in samples]
    others = [kind for kind in dict.fromkeys(kinds) if kind != AS_TAKEN]
    of_kind = {kind: 0.5 / max(len(others), 1) for kind in others} | {AS_TAKEN: 0.5 if others else 1.0}
    return np.array([of_kind[kind] / kinds.count(kind) for kind in kinds])


def _fit_least_benign(samples: Sequence[FieldSample], settings: AggregationSettings) -> float:
    """Return the probability of benign that no calibration field of leukemia reaches, at least that of the start."""
    reached = [float(combine(sample.evidence, settings)[0]) for sample in samples if sample.truth != 0]
    beyond = (max(reached, default=0.0) + 1) / 2
    return min(max(settings.least_benign, beyond), _MOST_BENIGN)


def _fit_benign_blasts(samples: Sequence[FieldSample], settings: AggregationSettings) -> float:
    """Return the least share of blast-like cells that hardly any benign field exceeds beyond chance."""
    counted = [_name(sample, settings) for sample in samples if sample.truth == 0]
    for rate in _RATES:
        beyond = [
            exceeds_chance(int(cells.blasts.sum()), cells.white, float(rate), settings.significance)
            for cells in counted
        ]
        if np.mean(beyond) <= _FLAGGED:
            return float(rate)
    return float(_RATES[-1])


def _fit_disagreement(samples: Sequence[FieldSample], settings: AggregationSettings) -> float:
    """Return the least level of certainty at which hardly any field is disputed that is answered rightly."""
    taken = [sample for sample in samples if sample.kind == AS_TAKEN]
    calm = [aggregate(sample.evidence, replace(settings, disagreement=1.0)).prediction_set for sample in taken]
    for level in _LEVELS:
        sets = [aggregate(sample.evidence, replace(settings, disagreement=level)).prediction_set for sample in taken]
        needless = [
            len(found) > len(before) and before[0] == sample.truth
            for sample, found, before in zip(taken, sets, calm, strict=True)
        ]
        if np.mean(needless) <= _FLAGGED:
            return level
    return 1.0


def _fit_threshold(samples: Sequence[FieldSample], settings: AggregationSettings) -> float:
    """Return the conformal threshold: of images as taken, or of all fields where that is smaller.

    Cautions only add labels, so the threshold is fitted on the probabilities before them.
    """
    true = np.array([combine(sample.evidence, settings)[sample.truth] for sample in samples])
    taken = np.array([sample.kind == AS_TAKEN for sample in samples])
    return min(conformal_threshold(true[chosen], settings.coverage) for chosen in (taken, np.ones_like(taken)))


def _name(sample: FieldSample, settings: AggregationSettings) -> NamedCells:
    """Return the named cells of a sample.

    Raises:
        InvalidData: it was read without a cell model.
    """
    cells = name_cells(sample.evidence, settings)
    if cells is None:
        raise InvalidData("fields are calibrated with a cell model, and these samples were read without one.")
    return cells


def _log_losses(logits: NDArray[np.float64], truths: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return negative log-likelihoods (..., N) of logits (..., N, C)."""
    shifted = logits - logits.max(axis=-1, keepdims=True)
    normaliser = np.log(np.exp(shifted).sum(axis=-1))
    return np.asarray(normaliser - np.take_along_axis(shifted, truths[None, :, None], axis=-1)[..., 0])


if __name__ == "__main__":
    given = load_samples(Path(sys.argv[1]))
    fitted = fit_settings(given)
    print(json.dumps(asdict(fitted), indent=2))
    for scores in score_samples(given, fitted):
        print(scores)
