"""Brings the features of all branches to one size, so that the head hears each of them."""

import keras
import numpy as np
from numpy.typing import NDArray

from blastlens.training.data.arrays import Pixels
from blastlens.training.models.inputs import model_inputs


def equalise_branches(model: keras.Model, branches: tuple[str, ...], pixels: Pixels) -> None:
    """Scale the last layer of every branch so that its features have a root mean square deviation of one.

    ReLU and averaging let a positive factor through, so the architecture stays as it is; and a factor common to all
    channels leaves weights on the grid that int8 keeps.

    Args:
        model: as `architectures.build_model` names its layers; changed in place.
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
    found = []
    for start in range(0, len(pixels), batch):
        within = slice(start, start + batch)
        seen = model_inputs(single, pixels.images[within], pixels.mask_shares[within])
        found.append(np.asarray(single.predict_on_batch(seen), np.float32))
    return np.concatenate(found)


def predict(model: keras.Model, pixels: Pixels, batch: int = 32) -> NDArray[np.float64]:
    """Return softmax outputs (N, C) float64 for every example, in inference mode."""
    outputs = []
    for start in range(0, len(pixels), batch):
        within = slice(start, start + batch)
        inputs = model_inputs(model, pixels.images[within], pixels.mask_shares[within])
        outputs.append(np.asarray(model.predict_on_batch(inputs), dtype=np.float64))
    return np.concatenate(outputs)
