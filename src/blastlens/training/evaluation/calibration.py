"""Calibration: fits temperature, prediction-set threshold and the limit of white."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from blastlens.imaging.quality import measure_white_share
from blastlens.inference.manifest import Calibration
from blastlens.inference.uncertainty import apply_temperature
from blastlens.training.data.arrays import read_image
from blastlens.training.data.dataset import Example
from blastlens.training.progress import Track

_TEMPERATURES = np.geomspace(0.25, 8.0, 201)
_LEAST = 1e-12
_WITHIN_WHITE = 0.999  # of the training images; the whitest may be an accident


def calibrate(outputs: NDArray[np.float64], classes: NDArray[np.int64], coverage: float = 0.99) -> Calibration:
    """Fit the temperature, then the conformal threshold, on held-out images.

    The temperature is that of the least negative log-likelihood.

    Args:
        outputs: (N, C) softmax outputs of the exported graph on the calibration part.
        classes: (N,) true classes.
        coverage: wanted share of images whose set holds the true label, 0 to 1.
    """
    temperature = float(min(_TEMPERATURES, key=lambda value: _log_loss(apply_temperature(outputs, value), classes)))
    true = _of_true_class(apply_temperature(outputs, temperature), classes)
    return Calibration(temperature, conformal_threshold(true, coverage), coverage)


def fit_white_limit(examples: Sequence[Example], track: Track) -> float:
    """Return the share of white pixels, 0 to 1, that 99.9 % of examples stay below."""
    return float(
        np.quantile([measure_white_share(read_image(example.path)) for example in track(examples)], _WITHIN_WHITE)
    )


def conformal_threshold(true: NDArray[np.float64], coverage: float) -> float:
    """Return the probability that a share `coverage` of true classes reach.

    It is corrected for a finite number of images.
    """
    allowed = math.floor((len(true) + 1) * (1.0 - coverage))
    return float(np.sort(true)[allowed - 1]) if allowed >= 1 else 0.0


def _log_loss(probabilities: NDArray[np.float64], classes: NDArray[np.int64]) -> float:
    return float(-np.log(np.maximum(_of_true_class(probabilities, classes), _LEAST)).mean())


def _of_true_class(probabilities: NDArray[np.float64], classes: NDArray[np.int64]) -> NDArray[np.float64]:
    return probabilities[np.arange(len(classes)), classes]
