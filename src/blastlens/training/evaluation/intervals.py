"""How sure a measured figure is: 95 % intervals."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 1000
_Z = 1.959963984540054  # the normal distribution's 97.5 % point
_TAILS = (2.5, 97.5)

Weights = NDArray[np.float64]
Metric = Callable[[Weights], NDArray[np.float64]]
"""From (B, N) times that each image counts to B figures; NaN where a resample leaves the figure undefined."""


@dataclass(frozen=True)
class Estimate:
    """A figure with its 95 % interval; NaN where nothing was there to measure it on."""

    value: float
    low: float
    high: float

    def plain(self) -> dict[str, Any]:
        """Return the figures as JSON can hold them: None for NaN."""
        return {name: None if math.isnan(value) else value for name, value in vars(self).items()}


UNKNOWN = Estimate(math.nan, math.nan, math.nan)


def share(hits: int, total: int) -> Estimate:
    """Return hits / total with Wilson's score interval (Wilson 1927, JASA 22:209), which treats images as independent.

    Args:
        hits: how many of them, 0 to total.
        total: of how many; 0 gives NaN.
    """
    if total == 0:
        return UNKNOWN
    value = hits / total
    middle = (value + _Z**2 / (2 * total)) / (1 + _Z**2 / total)
    half = _Z / (1 + _Z**2 / total) * math.sqrt(value * (1 - value) / total + _Z**2 / (4 * total**2))
    # At 0 and at `total` hits rounding can push the bound past the value.
    return Estimate(value, min(value, max(0.0, middle - half)), max(value, min(1.0, middle + half)))


def resample(groups: NDArray[np.str_], seed: int, resamples: int = RESAMPLES) -> Weights:
    """Draw whole groups with replacement: how often each image (N,) counts in each resample, (B, N)."""
    names, group_of = np.unique(groups, return_inverse=True)
    drawn = np.random.default_rng(seed).multinomial(len(names), np.full(len(names), 1 / len(names)), size=resamples)
    return drawn[:, group_of].astype(np.float64)


def bootstrap(metric: Metric, drawn: Weights) -> Estimate:
    """Return a metric of the images as they are, with the percentile interval over resamples (Efron 1979).

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
