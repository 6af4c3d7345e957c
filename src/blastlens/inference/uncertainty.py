"""Calibrated probabilities and prediction sets."""

import numpy as np
from numpy.typing import NDArray

_LEAST = 1e-30


def apply_temperature(probabilities: NDArray[np.float64], temperature: float) -> NDArray[np.float64]:
    """Divide the logits of softmax outputs (..., C) by `temperature`.

    The softmax determines the logits up to a constant, so the graph need not return them.
    """
    logits = np.log(np.maximum(probabilities, _LEAST)) / temperature
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True), dtype=np.float64)


def prediction_set(probabilities: NDArray[np.float64], threshold: float) -> tuple[int, ...]:
    """Return the classes (C,) that cannot be excluded, most probable first.

    The first is always included.

    Split-conformal with the score 1 - p (Sadinle, Lei and Wasserman 2019, JASA 114:223).
    """
    order = np.argsort(-probabilities, kind="stable")
    return tuple(int(index) for index in order if index == order[0] or probabilities[index] >= threshold)
