"""Distance of an image's features from those of the training images."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from blastlens.domain.errors import DamagedPackage
from blastlens.inference.arrays import arrays_to_bytes, read_arrays
from blastlens.inference.manifest import DistanceLimit

_NO_LENGTH = 1e-12


class Distance(NamedTuple):
    """Two distances from the training data, in the units of `Statistics.measure`.

    Attributes:
        mahalanobis: distance to the nearest class, within the principal components of the training images.
        residual: length of the part outside of these components.
    """

    mahalanobis: float
    residual: float

    def exceeds(self, limit: DistanceLimit) -> bool:
        """Whether either distance is beyond its limit; NaN counts as beyond."""
        return self.relative_to(limit) > 1

    def relative_to(self, limit: DistanceLimit) -> float:
        """Return the larger distance as a multiple of its limit: above 1 is beyond; infinite where it is NaN."""
        shares = self.mahalanobis / limit.mahalanobis, self.residual / limit.residual
        return math.inf if any(map(math.isnan, shares)) else max(shares)


@dataclass(frozen=True)
class Statistics:
    """Statistics of the training images' features.

    Class-conditional Gaussians with one covariance (Lee et al. 2018, arXiv 1807.03888) in the leading principal
    components, and the norm of the residual outside of them (as in ViM, Wang et al. 2022, arXiv 2203.10807); both
    of features scaled to unit length first (Mueller and Hein 2025, arXiv 2505.18032), which detects smears of other
    laboratories far better.

    Attributes:
        mean: (F,) float32, mean of every feature at unit length.
        scale: (F,) float32, > 0; features minus their mean are divided by it.
        components: (F, K) float32, orthonormal columns.
        whitening: (K, K) float32; makes the covariance within classes the identity.
        class_means: (C, K) float32, whitened.
    """

    mean: NDArray[np.float32]
    scale: NDArray[np.float32]
    components: NDArray[np.float32]
    whitening: NDArray[np.float32]
    class_means: NDArray[np.float32]

    @classmethod
    def load(cls, file: Path) -> "Statistics":
        """Read `distance.npz`.

        Raises:
            DamagedPackage: the file is not an archive of statistics, or its arrays do not match each other.
        """
        try:
            statistics = cls(**read_arrays(file))
        except TypeError as error:
            raise DamagedPackage(f"{file} contains no statistics of features: {error!r}") from error
        if not statistics._is_consistent():
            raise DamagedPackage(f"{file} contains statistics that do not match each other.")
        return statistics

    def to_bytes(self) -> bytes:
        """Return the contents of `distance.npz`."""
        return arrays_to_bytes(vars(self))

    def measure(self, features: NDArray[np.float32]) -> Distance:
        """Measure the distances of the features (F,) of one image.

        Both are root mean squares: about 1 for an image that the statistics were computed from.
        """
        standard = (normalise_length(features) - self.mean) / self.scale
        projected = standard @ self.components
        residual = standard - self.components @ projected
        offsets = projected @ self.whitening - self.class_means  # (C, K)
        nearest = float((offsets**2).mean(axis=1).min())
        return Distance(nearest**0.5, float((residual**2).mean()) ** 0.5)

    def _is_consistent(self) -> bool:
        features, kept = self.components.shape
        return (
            self.mean.shape == self.scale.shape == (features,)
            and self.whitening.shape == (kept, kept)
            and self.class_means.shape[1:] == (kept,)
        )


def normalise_length(features: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return features (..., F) divided by their length; zero features stay zero."""
    length = np.linalg.norm(features, axis=-1, keepdims=True)
    return np.asarray(features / np.maximum(length, _NO_LENGTH), dtype=np.float32)
