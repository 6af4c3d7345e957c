"""What a Keras model says of a part of the training set."""

import keras
import numpy as np
from numpy.typing import NDArray

from blastlens.training.fit import model_inputs
from blastlens.training.pixels import Pixels


def predict(model: keras.Model, pixels: Pixels, batch: int = 32) -> NDArray[np.float64]:
    """Return softmax outputs (N, C) float64 for every example, in inference mode."""
    outputs = []
    for start in range(0, len(pixels), batch):
        within = slice(start, start + batch)
        inputs = model_inputs(model, pixels.images[within], pixels.mask_shares[within])
        outputs.append(np.asarray(model.predict_on_batch(inputs), dtype=np.float64))
    return np.concatenate(outputs)
