"""Metrics: accuracy, class scores, calibration error and prediction sets."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from blastlens.domain.labels import LABELS, Label
from blastlens.inference.manifest import Calibration
from blastlens.inference.uncertainty import prediction_set
from blastlens.training.evaluation.intervals import (
    RESAMPLES,
    Estimate,
    Metric,
    Weights,
    bootstrap,
    estimate_share,
    resample,
)
from blastlens.training.evaluation.predictions import Predictions

BINS = 10
"""Bins of equal width over the highest probability, for the calibration error."""


@dataclass(frozen=True)
class ClassScores:
    """Scores of one class against the others; a rejected image is predicted as none.

    Attributes:
        images: number of images of the class.
        precision: share of the images predicted as the class that are of it.
        recall: share of the class's images that are predicted as it.
        specificity: share of the other images that are not predicted as it.
        f1: harmonic mean of precision and recall.
        roc_auc: area under the ROC curve, this class against the rest, over the answered images.
    """

    images: int
    precision: Estimate
    recall: Estimate
    specificity: Estimate
    f1: Estimate
    roc_auc: Estimate


@dataclass(frozen=True)
class Scores:
    """Scores over a set of images, each with a 95 % interval.

    Shares have Wilson's interval, other values a bootstrap over groups.

    Attributes:
        images: number of images evaluated.
        rejected: number of images without a prediction.
        rejections: how many for each reason.
        accuracy: share of images whose most probable class is the true one; a rejected image counts as wrong.
        accuracy_answered: the same over the answered images only.
        classes: scores by label id.
        confusion: counts; rows are true classes, columns predicted ones, the last column rejections.
        roc_auc: mean of the classes' areas.
        calibration_error: expected calibration error of the answered over ten bins (Guo et al. 2017, arXiv 1706.04599).
        set_coverage: share of the answered whose prediction set holds the true class.
        set_size: mean number of labels in the sets of the answered.
    """

    images: int
    rejected: int
    rejections: dict[str, int]
    accuracy: Estimate
    accuracy_answered: Estimate
    classes: dict[str, ClassScores]
    confusion: list[list[int]]
    roc_auc: Estimate
    calibration_error: Estimate
    set_coverage: Estimate
    set_size: Estimate

    def plain(self) -> dict[str, Any]:
        """Return the scores as JSON can hold them."""
        plain = {name: _plain(value) for name, value in vars(self).items()}
        return {**plain, "classes": {label: _all_plain(of) for label, of in self.classes.items()}}


@dataclass(frozen=True)
class Summary:
    """Scores of a manifest: without intervals, over images that are all answered.

    Attributes:
        images: number of images evaluated.
        accuracy: share of images whose most probable class is the true one, 0 to 1.
        recall: for each label, the share of its images that are predicted as it; 0 where it has no images.
        confusion: counts; rows are true classes, columns predicted ones, in the order of the labels.
        calibration_error: expected calibration error over ten bins (Guo et al. 2017), 0 to 1.
        set_coverage: share of images whose prediction set holds the true class.
        set_size: mean number of labels in the set.
    """

    images: int
    accuracy: float
    recall: dict[str, float]
    confusion: list[list[int]]
    calibration_error: float
    set_coverage: float
    set_size: float

    def plain(self) -> dict[str, Any]:
        """Return the scores as JSON can hold them."""
        return asdict(self)


def score(predictions: Predictions, seed: int = 0, resamples: int = RESAMPLES) -> Scores:
    """Compute all scores; `seed` draws the `resamples` of the bootstrap."""
    confusion = confusion_matrix(predictions)
    drawn = resample(predictions.groups, seed, resamples) if len(predictions) else np.ones((1, 0))
    answered = predictions.answered
    right, answers = int(np.trace(confusion)), int(answered.sum())
    kept = drawn[:, answered]  # groups are drawn from all images, also where only answered ones are scored
    holds_truth = np.take_along_axis(predictions.sets, predictions.truth[:, None], axis=1)[:, 0]
    sizes = predictions.sets.sum(axis=1)[answered].astype(np.float64)
    return Scores(
        images=len(predictions),
        rejected=len(predictions) - answers,
        rejections=predictions.rejections,
        accuracy=estimate_share(right, len(predictions)),
        accuracy_answered=estimate_share(right, answers),
        classes={
            str(label): _score_class(predictions, confusion, index, drawn)
            for index, label in enumerate(predictions.labels)
        },
        confusion=confusion.tolist(),
        roc_auc=bootstrap(lambda weights: _mean_area(predictions, weights), kept),
        calibration_error=bootstrap(lambda weights: _calibration_error(predictions, weights), kept),
        set_coverage=estimate_share(int(holds_truth[answered].sum()), answers),
        set_size=bootstrap(lambda weights: _ratio(weights @ sizes, weights.sum(axis=1)), kept),
    )


def summarise(
    probabilities: NDArray[np.float64],
    classes: NDArray[np.int64],
    calibration: Calibration,
    labels: Sequence[Label] = LABELS,
) -> Summary:
    """Score calibrated probabilities (N, C) of `labels` against true classes (N,)."""
    scores = score(_all_answered(probabilities, classes, calibration, tuple(labels)), resamples=1)
    return Summary(
        images=scores.images,
        accuracy=scores.accuracy.value,
        recall={label: of.recall.value if of.images else 0.0 for label, of in scores.classes.items()},
        confusion=[row[:-1] for row in scores.confusion],
        calibration_error=scores.calibration_error.value,
        set_coverage=scores.set_coverage.value,
        set_size=scores.set_size.value,
    )


def predicted_classes(predictions: Predictions) -> NDArray[np.int64]:
    """Return the position of each predicted class, (N,); C where rejected."""
    return np.where(predictions.answered, predictions.probabilities.argmax(axis=1), len(predictions.labels))


def confusion_matrix(predictions: Predictions) -> NDArray[np.int64]:
    """Return counts (C, C + 1): true by predicted class, the last column rejections."""
    confusion = np.zeros((len(predictions.labels), len(predictions.labels) + 1), np.int64)
    np.add.at(confusion, (predictions.truth, predicted_classes(predictions)), 1)
    return confusion


def reliability_bins(predictions: Predictions) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
    """Return the bins of the A answered images, for the calibration error.

    Returns:
        Highest probability, 1.0 where its class is the true one, and position of the bin: (A,) each.
    """
    probabilities = predictions.probabilities[predictions.answered]
    highest = probabilities.max(axis=1)
    hits = (probabilities.argmax(axis=1) == predictions.truth[predictions.answered]).astype(np.float64)
    return highest, hits, np.minimum((highest * BINS).astype(np.int64), BINS - 1)


def area_under_curve(
    positive: NDArray[np.bool_], probability: NDArray[np.float64], weights: Weights
) -> NDArray[np.float64]:
    """Return the area under the ROC curve for each resample, (B,).

    It is the share of pairs, one positive and one negative, whose probabilities are in the right order; ties count
    half (Hanley and McNeil 1982, Radiology 143:29). Equals scikit-learn's, for a thousand weights at once.

    Args:
        positive: (N,) bool, whether the image is of the class.
        probability: (N,), of the class.
        weights: (B, N), how often each image counts.
    """
    _, level = np.unique(probability, return_inverse=True)
    order = np.argsort(level, kind="stable")
    starts = np.flatnonzero(np.diff(level[order], prepend=-1))
    of_class = _sums(weights[:, order] * positive[order], starts)  # (B, levels)
    others = _sums(weights[:, order] * ~positive[order], starts)
    below = np.cumsum(others, axis=1) - others
    right = (of_class * (below + others / 2)).sum(axis=1)
    pairs = of_class.sum(axis=1) * others.sum(axis=1)
    return _ratio(right, pairs)


def _score_class(predictions: Predictions, confusion: NDArray[np.int64], index: int, drawn: Weights) -> ClassScores:
    hits, of_class = int(confusion[index, index]), int(confusion[index].sum())
    predicted, others = int(confusion[:, index].sum()), len(predictions) - of_class
    return ClassScores(
        images=of_class,
        precision=estimate_share(hits, predicted),
        recall=estimate_share(hits, of_class),
        specificity=estimate_share(others - (predicted - hits), others),
        f1=bootstrap(_f1(predictions, index), drawn),
        roc_auc=bootstrap(lambda weights: _area(predictions, index, weights), drawn[:, predictions.answered]),
    )


def _f1(predictions: Predictions, index: int) -> Metric:
    true, predicted = predictions.truth == index, predicted_classes(predictions) == index

    def f1(weights: Weights) -> NDArray[np.float64]:
        return _ratio(2 * (weights @ (true & predicted)), weights @ true + weights @ predicted)

    return f1


def _area(predictions: Predictions, index: int, weights: Weights) -> NDArray[np.float64]:
    answered = predictions.answered
    return area_under_curve(predictions.truth[answered] == index, predictions.probabilities[answered, index], weights)


def _mean_area(predictions: Predictions, weights: Weights) -> NDArray[np.float64]:
    areas = [_area(predictions, index, weights) for index in range(len(predictions.labels))]
    return np.asarray(np.mean(areas, axis=0))


def _calibration_error(predictions: Predictions, weights: Weights) -> NDArray[np.float64]:
    highest, hits, bins = reliability_bins(predictions)
    gaps = np.zeros(len(weights))
    for index in range(BINS):
        inside = bins == index
        gaps += np.abs(weights[:, inside] @ (hits[inside] - highest[inside]))
    return _ratio(gaps, weights.sum(axis=1))


def _ratio(above: NDArray[np.float64], below: NDArray[np.float64]) -> NDArray[np.float64]:
    """Divide (B,) by (B,); NaN where the divisor is zero."""
    ratios = np.full(len(below), np.nan)
    np.divide(above, below, out=ratios, where=below > 0)
    return ratios


def _sums(values: NDArray[np.float64], starts: NDArray[np.int64]) -> NDArray[np.float64]:
    if not len(starts):
        return np.zeros((len(values), 0))
    return np.asarray(np.add.reduceat(values, starts, axis=1))


def _all_answered(
    probabilities: NDArray[np.float64], classes: NDArray[np.int64], calibration: Calibration, labels: tuple[Label, ...]
) -> Predictions:
    sets = np.zeros(probabilities.shape, bool)
    for row, values in zip(sets, probabilities, strict=True):
        row[list(prediction_set(values, calibration.set_threshold))] = True
    groups = np.arange(len(classes)).astype(np.str_)  # each image is a group of its own
    return Predictions(labels, classes, np.ones(len(classes), bool), probabilities, sets, groups, {})


def _plain(value: object) -> Any:
    return value.plain() if isinstance(value, Estimate) else value


def _all_plain(scores: ClassScores) -> dict[str, Any]:
    return {name: _plain(value) for name, value in vars(scores).items()}
