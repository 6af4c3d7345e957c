"""Export of the cell network as a LiteRT graph."""

import keras
import tensorflow as tf

from blastlens.imaging.cell_crops import CROP_SIDE
from blastlens.inference.cells import INPUT, OUTPUT
from blastlens.training.packaging.export import convert

BATCH = 8
"""Crops of one call of the graph."""


def export_cells(model: keras.Model) -> bytes:
    """Convert the network to LiteRT with the input `crops` (8, 48, 48, 4) float32 and the output `probabilities`."""
    signature = [tf.TensorSpec((BATCH, CROP_SIDE, CROP_SIDE, 4), tf.float32, name=INPUT)]

    def serve(crops: tf.Tensor) -> dict[str, tf.Tensor]:
        return {OUTPUT: model(crops, training=False)}

    return convert(model, serve, signature)
