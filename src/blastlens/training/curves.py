"""Bins of the reliability diagram, and the area under a ROC curve."""

import numpy as np
from numpy.typing import NDArray

from blastlens.training.intervals import Weights
from blastlens.training.judged import Judged

BINS = 10


def bins_of(judged: Judged) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
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
