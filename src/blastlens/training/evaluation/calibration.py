"""Fits temperature and prediction-set threshold on images the model did not learn from."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from blastlens.imaging.measuring import white_share
from blastlens.inference.manifest import Calibration
from blastlens.inference.uncertainty import apply_temperature
from blastlens.training.data.arrays import read_image
from blastlens.training.data.dataset import Example
from blastlens.training.progress import Track

_TEMPERATURES = np.geomspace(0.25, 8.0, 201)
_LEAST = 1e-12
_WITHIN_WHITE = 0.999  # of the training images; the whitest of all may be an accident


def calibrate(outputs: NDArray[np.float64], classes: NDArray[np.int64], coverage: float = 0.99) -> Calibration:
    """Find the temperature of least negative log-likelihood, then the conformal threshold.

    Args:
        outputs: (N, C) softmax outputs of the shipped graph on the calibration part.
        classes: (N,) true classes.
        coverage: share of true labels the sets shall hold, 0 to 1.
    """
    temperature = float(min(_TEMPERATURES, key=lambda value: _log_loss(apply_temperature(outputs, value), classes)))
    true = _of_true_class(apply_temperature(outputs, temperature), classes)
    return Calibration(temperature, _conformal_threshold(true, coverage), coverage)


def fit_white_limit(examples: Sequence[Example], track: Track) -> float:
    """Return the share of white pixels that nearly no example, as it was taken, exceeds."""
    return float(np.quantile([white_share(read_image(example.path)) for example in track(examples)], _WITHIN_WHITE))


def _conformal_threshold(true: NDArray[np.float64], coverage: float) -> float:
    """Return the probability that all but a share 1 - coverage of true labels reach, corrected for a finite N."""
    allowed = math.floor((len(true) + 1) * (1.0 - coverage))
    return float(np.sort(true)[allowed - 1]) if allowed >= 1 else 0.0


def _log_loss(probabilities: NDArray[np.float64], classes: NDArray[np.int64]) -> float:
    return float(-np.log(np.maximum(_of_true_class(probabilities, classes), _LEAST)).mean())


def _of_true_class(probabilities: NDArray[np.float64], classes: NDArray[np.int64]) -> NDArray[np.float64]:
    return probabilities[np.arange(len(classes)), classes]
