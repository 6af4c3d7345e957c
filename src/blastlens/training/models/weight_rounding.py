"""Rounding of a trained model's weights to the int8 grid."""

import keras
import numpy as np

_LARGEST = 127


def round_weights(model: keras.Model) -> None:
    """Round every kernel to 255 levels for each output channel, in place; biases and statistics do not change.

    The exporter stores a channel's weights as symmetric int8 numbers with one scale, which is exact on that grid.
    Batch-norm statistics and calibration, taken afterwards, are then those of the weights that ship. A channel can
    later be multiplied by a factor, such as that of a folded batch norm, without leaving the grid.
    """
    for layer in model._flatten_layers():
        if isinstance(layer, keras.layers.Conv2D | keras.layers.Dense):
            kernel = keras.ops.convert_to_numpy(layer.kernel)  # (..., output channels)
            largest = np.abs(kernel).max(axis=tuple(range(kernel.ndim - 1)))  # (output channels,)
            scale = np.where(largest > 0, largest / _LARGEST, 1.0)
            layer.kernel.assign((np.round(kernel / scale) * scale).astype(kernel.dtype))
