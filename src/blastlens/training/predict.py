"""What a Keras model says of a part of the training set."""

import keras
import numpy as np
from numpy.typing import NDArray

from blastlens.imaging.model_input import segmented_input
from blastlens.training.pixels import Pixels


def predict(model: keras.Model, pixels: Pixels, batch: int = 32) -> NDArray[np.float64]:
    """Return softmax outputs (N, 4) float64 for every example, in inference mode."""
    outputs = []
    for start in range(0, len(pixels), batch):
        original = pixels.images[start : start + batch]
        segmented = segmented_input(original, pixels.mask_shares[start : start + batch])
        inputs = [original.astype(np.float32), segmented.astype(np.float32)]
        outputs.append(np.asarray(model.predict_on_batch(inputs), dtype=np.float64))
    return np.concatenate(outputs)
