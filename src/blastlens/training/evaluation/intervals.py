"""95 % intervals: Wilson's for shares, a bootstrap over groups for other metrics."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest

RESAMPLES = 1000
_CONFIDENCE = 0.95
_TAILS = (2.5, 97.5)

Weights = NDArray[np.float64]
Metric = Callable[[Weights], NDArray[np.float64]]
"""From (B, N) weights of the images to B values; NaN where a resample leaves the metric undefined."""


@dataclass(frozen=True)
class Estimate:
    """A value with its 95 % interval; NaN where there was nothing to measure."""

    value: float
    low: float
    high: float

    def plain(self) -> dict[str, Any]:
        """Return the values as JSON can hold them: None for NaN."""
        return {name: None if math.isnan(value) else value for name, value in vars(self).items()}


UNKNOWN = Estimate(math.nan, math.nan, math.nan)


def estimate_share(hits: int, total: int) -> Estimate:
    """Return hits / total with Wilson's score interval (Wilson 1927, JASA 22:209).

    It treats images as independent.

    Args:
        hits: count of hits, 0 to total.
        total: count of all; 0 gives NaN.
    """
    if total == 0:
        return UNKNOWN
    interval = binomtest(hits, total).proportion_ci(_CONFIDENCE, method="wilson")
    return Estimate(hits / total, float(interval.low), float(interval.high))


def resample(groups: NDArray[np.str_], seed: int, resamples: int = RESAMPLES) -> Weights:
    """Draw whole groups with replacement.

    Args:
        groups: (N,) name of each image's group.
        seed: of the draw.
        resamples: B, the number of draws.

    Returns:
        How often each image counts in each resample, (B, N).
    """
    names, group_of = np.unique(groups, return_inverse=True)
    drawn = np.random.default_rng(seed).multinomial(len(names), np.full(len(names), 1 / len(names)), size=resamples)
    return drawn[:, group_of].astype(np.float64)


def bootstrap(metric: Metric, drawn: Weights) -> Estimate:
    """Return a metric of all images with its percentile interval (Efron 1979).

    Args:
        metric: takes weights (B, N).
        drawn: (B, N), from `resample`.
    """
    if drawn.shape[1] == 0:
        return UNKNOWN
    value = float(metric(np.ones((1, drawn.shape[1])))[0])
    defined = metric(drawn)
    defined = defined[~np.isnan(defined)]
    if math.isnan(value) or not len(defined):
        return UNKNOWN
    low, high = np.percentile(defined, _TAILS)
    return Estimate(value, float(low), float(high))
