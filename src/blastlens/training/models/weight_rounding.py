"""Puts a trained model's weights onto the grid that int8 can hold, before anything else is settled."""

import keras
import numpy as np

_LARGEST = 127


def round_weights(model: keras.Model) -> None:
    """Round every kernel to 255 levels for each output channel, in place; biases and statistics stay as they are.

    The exporter keeps a channel's weights as symmetric int8 numbers with one scale. Weights that lie on that grid
    lose nothing by it, and batch-norm statistics and calibration, taken afterwards, know the weights that ship. A
    channel may later be multiplied by a factor (a folded batch norm) without leaving the grid.
    """
    for layer in model._flatten_layers():
        if isinstance(layer, keras.layers.Conv2D | keras.layers.Dense):
            kernel = keras.ops.convert_to_numpy(layer.kernel)  # (..., output channels)
            largest = np.abs(kernel).max(axis=tuple(range(kernel.ndim - 1)))  # (output channels,)
            scale = np.where(largest > 0, largest / _LARGEST, 1.0)
            layer.kernel.assign((np.round(kernel / scale) * scale).astype(kernel.dtype))
