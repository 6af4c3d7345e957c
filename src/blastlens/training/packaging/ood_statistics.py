"""Out-of-distribution statistics: distances from the training data, and limits."""

import math

import numpy as np
from numpy.typing import NDArray

from blastlens.inference.distance import Statistics, normalise_length
from blastlens.inference.manifest import DistanceLimit

REJECTED_SHARE = 0.003
"""Share of images like those of the calibration part that may be rejected, half of it by either distance."""

LIMIT_FACTOR = 1.6
"""Factor on the limits that the calibration part gives.

That part is of the same laboratory as the training part. A smear of another laboratory lies farther off; images that
are not smears lie several times as far and are still rejected (measured in docs/model-card.md).
"""

_COMPONENTS = 64
_EXPLAINED = 0.99  # of the variance; the rest is measured as the length of the residual
_SHRINKAGE = 0.1  # towards equal variance in all kept directions
_LEAST_SCALE = 0.3  # of the median deviation; a feature that hardly varies must not dominate
_TAIL = 0.1  # share of the calibration images that the tail is fitted to


def fit_distance(
    features: NDArray[np.float32], classes: NDArray[np.int64], calibration_features: NDArray[np.float32]
) -> tuple[bytes, DistanceLimit]:
    """Fit statistics of training images, and distance limits on held-out images.

    Args:
        features: (N, F) of the training images, from the exported graph.
        classes: (N,) of the training images.
        calibration_features: (M, F) of the calibration images, from the exported graph.

    Returns:
        The contents of `distance.npz`, and the limits for the manifest.
    """
    statistics = fit_statistics(features, classes)
    measured = np.array([statistics.measure(each) for each in calibration_features])  # (M, 2)
    mahalanobis, residual = (LIMIT_FACTOR * tail_limit(column, REJECTED_SHARE / 2) for column in measured.T)
    return statistics.to_bytes(), DistanceLimit(mahalanobis, residual)


def fit_statistics(features: NDArray[np.float32], classes: NDArray[np.int64]) -> Statistics:
    """Return the statistics of training features (N, F) of classes (N,)."""
    directions = normalise_length(features).astype(np.float64)
    mean = directions.mean(axis=0)
    scale = _scale(directions.std(axis=0))
    standard = (directions - mean) / scale
    components = _components(standard)  # (F, K)
    projected = standard @ components
    labels = np.unique(classes)
    means = np.stack([projected[classes == label].mean(axis=0) for label in labels])  # (C, K)
    whitening = _whitening(projected - means[np.searchsorted(labels, classes)])
    arrays = (mean, scale, components, whitening, means @ whitening)
    return Statistics(*(array.astype(np.float32) for array in arrays))


def tail_limit(distances: NDArray[np.float64], rejected_share: float) -> float:
    """Return the limit that a share of distances (M,) is expected to exceed.

    A few hundred images have no quantile that far out. So an exponential tail is fitted (peaks over a threshold,
    Pickands 1975), with its mean raised by one standard error. The limit is never below the largest distance.
    """
    threshold = float(np.quantile(distances, 1 - _TAIL))
    beyond = distances[distances > threshold] - threshold
    mean = float(beyond.mean()) * (1 + 1 / math.sqrt(len(beyond))) if len(beyond) else 0.0
    limit = threshold + mean * math.log(_TAIL / rejected_share)
    return max(limit, float(distances.max()) * 1.01, 1e-3)


def _scale(deviations: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return deviations with those near zero raised: that of a dead ReLU is zero."""
    positive = deviations[deviations > 0]
    least = _LEAST_SCALE * float(np.median(positive)) if len(positive) else 1.0
    return np.maximum(deviations, least)


def _components(standard: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the leading principal components (F, K), as columns."""
    variances, directions = np.linalg.eigh(standard.T @ standard / len(standard))  # ascending
    variances, directions = np.maximum(variances[::-1], 0), directions[:, ::-1]
    shares = np.cumsum(variances) / max(float(variances.sum()), 1e-12)
    kept = min(int(np.searchsorted(shares, _EXPLAINED)) + 1, _COMPONENTS, *standard.shape)
    return directions[:, :kept]


def _whitening(offsets: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the inverse root (K, K) of the shrunk covariance of offsets (N, K)."""
    covariance = offsets.T @ offsets / len(offsets)
    even = float(np.trace(covariance)) / len(covariance)
    variances, directions = np.linalg.eigh((1 - _SHRINKAGE) * covariance + _SHRINKAGE * even * np.eye(len(covariance)))
    return np.asarray(directions / np.sqrt(np.maximum(variances, 1e-6)))
