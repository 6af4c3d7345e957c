"""What answers are worth: shares, calibration and sets, each with its 95 % interval."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from blastlens.training.evaluation.intervals import RESAMPLES, Estimate, Metric, Weights, bootstrap, resample, share
from blastlens.training.evaluation.predictions import Predictions


@dataclass(frozen=True)
class ClassScores:
    """How well one class is told from the others; a rejected image was not called anything.

    Attributes:
        images: how many are of the class.
        precision: share of the images called so that are of the class.
        recall: share of its images that were called so.
        specificity: share of the other images that were not called so.
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
    """Scores over one part of a split. Shares carry Wilson's interval, the rest a bootstrap by group.

    Attributes:
        images: how many were judged.
        rejected: how many of them came back without a class.
        rejections: how many for each reason.
        accuracy: share whose most probable class is the true one; a rejected image counts as wrong.
        accuracy_answered: the same over the answered images alone.
        classes: scores by label id.
        confusion: counts; rows are true classes, columns the called ones, the last column rejections.
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


def score(judged: Predictions, seed: int = 0, resamples: int = RESAMPLES) -> Scores:
    """Score answers; `seed` draws the `resamples` behind the intervals."""
    confusion = confusion_matrix(judged)
    drawn = resample(judged.groups, seed, resamples) if len(judged) else np.ones((1, 0))
    answered = judged.answered
    right = int(np.trace(confusion))
    kept = drawn[:, answered]  # the groups were drawn from all images, also where only answered ones are scored
    of_truth = np.take_along_axis(judged.sets, judged.truth[:, None], axis=1)[:, 0]
    sizes = judged.sets.sum(axis=1)[answered].astype(np.float64)
    return Scores(
        images=len(judged),
        rejected=int((~answered).sum()),
        rejections=judged.rejections,
        accuracy=share(right, len(judged)),
        accuracy_answered=share(right, int(answered.sum())),
        classes={str(label): _of_class(judged, confusion, index, drawn) for index, label in enumerate(judged.labels)},
        confusion=confusion.tolist(),
        roc_auc=bootstrap(lambda weights: _mean_area(judged, weights), kept),
        calibration_error=bootstrap(lambda weights: _calibration_error(judged, weights), kept),
        set_coverage=share(int(of_truth[answered].sum()), int(answered.sum())),
        set_size=bootstrap(lambda weights: _ratio(weights @ sizes, weights.sum(axis=1)), kept),
    )


def predicted_classes(judged: Predictions) -> NDArray[np.int64]:
    """Return the position of the called class, (N,); C where rejected."""
    return np.where(judged.answered, judged.probabilities.argmax(axis=1), len(judged.labels))


def confusion_matrix(judged: Predictions) -> NDArray[np.int64]:
    """Return counts (C, C + 1): true class by called class, the last column for rejections."""
    confusion = np.zeros((len(judged.labels), len(judged.labels) + 1), np.int64)
    np.add.at(confusion, (judged.truth, predicted_classes(judged)), 1)
    return confusion


def _of_class(judged: Predictions, confusion: NDArray[np.int64], index: int, drawn: Weights) -> ClassScores:
    hits, of_class, called = int(confusion[index, index]), int(confusion[index].sum()), int(confusion[:, index].sum())
    others = len(judged) - of_class
    return ClassScores(
        images=of_class,
        precision=share(hits, called),
        recall=share(hits, of_class),
        specificity=share(others - (called - hits), others),
        f1=bootstrap(_f1(judged, index), drawn),
        roc_auc=bootstrap(lambda weights: _area(judged, index, weights), drawn[:, judged.answered]),
    )


def _f1(judged: Predictions, index: int) -> Metric:
    true, called = judged.truth == index, predicted_classes(judged) == index

    def f1(weights: Weights) -> NDArray[np.float64]:
        return _ratio(2 * (weights @ (true & called)), weights @ true + weights @ called)

    return f1


def _area(judged: Predictions, index: int, weights: Weights) -> NDArray[np.float64]:
    answered = judged.answered
    return area_under_curve(judged.truth[answered] == index, judged.probabilities[answered, index], weights)


def _mean_area(judged: Predictions, weights: Weights) -> NDArray[np.float64]:
    areas = [_area(judged, index, weights) for index in range(len(judged.labels))]
    return np.asarray(np.mean(areas, axis=0))


def _calibration_error(judged: Predictions, weights: Weights) -> NDArray[np.float64]:
    highest, hits, bins = reliability_bins(judged)
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


def _plain(value: object) -> Any:
    return value.plain() if isinstance(value, Estimate) else value


def _all_plain(scores: ClassScores) -> dict[str, Any]:
    return {name: _plain(value) for name, value in vars(scores).items()}


BINS = 10


def reliability_bins(judged: Predictions) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
    """Return for the A answered images the highest probability, 1.0 where it is right, and its bin: (A,) each."""
    probabilities = judged.probabilities[judged.answered]
    highest = probabilities.max(axis=1)
    hits = (probabilities.argmax(axis=1) == judged.truth[judged.answered]).astype(np.float64)
    return highest, hits, np.minimum((highest * BINS).astype(np.int64), BINS - 1)


def area_under_curve(
    positive: NDArray[np.bool_], probability: NDArray[np.float64], weights: Weights
) -> NDArray[np.float64]:
    """Return the area under the ROC curve for each resample, (B,): scikit-learn's, for a thousand weights at once.

    It is the share of pairs, one positive and one not, that stand in the right order; equals count half
    (Hanley and McNeil 1982, Radiology 143:29).

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
    areas = np.full(len(weights), np.nan)
    np.divide(right, pairs, out=areas, where=pairs > 0)
    return areas


def _sums(values: NDArray[np.float64], starts: NDArray[np.int64]) -> NDArray[np.float64]:
    if not len(starts):
        return np.zeros((len(values), 0))
    return np.asarray(np.add.reduceat(values, starts, axis=1))
