"""Features and predictions of a model in inference mode."""

import keras
import numpy as np
from numpy.typing import NDArray

from blastlens.training.data.arrays import Pixels
from blastlens.training.models.inputs import model_inputs


def equalise_branches(model: keras.Model, branches: tuple[str, ...], pixels: Pixels) -> None:
    """Scale the last layer of every branch, in place, so that its features have a root mean square deviation of one.

    Otherwise the branch with the largest features dominates the head. ReLU and averaging commute with a
    positive factor, so the architecture does not change; a factor common to all channels keeps weights on the int8
    grid.

    Args:
        model: with the layer names of `architectures.build_model`.
        branches: names of the backbones.
        pixels: training examples to measure the deviation on; a few hundred are enough.
    """
    for branch in branches:
        deviation = float(np.sqrt(extract_features(model, branch, pixels).var(axis=0).mean()))
        last = model.get_layer(branch).layers[-1]
        if deviation > 0 and isinstance(last, keras.layers.Conv2D | keras.layers.BatchNormalization):
            variables = [last.gamma, last.beta] if hasattr(last, "gamma") else [last.kernel, last.bias]
            for variable in variables:
                variable.assign(variable / deviation)


def extract_features(model: keras.Model, branch: str, pixels: Pixels, batch: int = 32) -> NDArray[np.float32]:
    """Return a branch's features (N, F) of every example, in inference mode."""
    single = keras.Model(model.inputs, model.get_layer(f"{branch}_pooling").output)
    features = []
    for start in range(0, len(pixels), batch):
        within = slice(start, start + batch)
        inputs = model_inputs(single, pixels.images[within], pixels.mask_shares[within])
        features.append(np.asarray(single.predict_on_batch(inputs), np.float32))
    return np.concatenate(features)


def predict(model: keras.Model, pixels: Pixels, batch: int = 32) -> NDArray[np.float64]:
    """Return softmax outputs (N, C) float64 for every example, in inference mode."""
    outputs = []
    for start in range(0, len(pixels), batch):
        within = slice(start, start + batch)
        inputs = model_inputs(model, pixels.images[within], pixels.mask_shares[within])
        outputs.append(np.asarray(model.predict_on_batch(inputs), dtype=np.float64))
    return np.concatenate(outputs)
