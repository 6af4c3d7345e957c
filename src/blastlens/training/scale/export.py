"""Export of the scale network to LiteRT."""

import keras
import tensorflow as tf

from blastlens.inference.scale import CROP_SIDE, INPUT, OUTPUT
from blastlens.training.packaging.export import convert


def export_scale(model: keras.Model) -> bytes:
    """Convert the network to a float32 LiteRT flatbuffer, for one crop at a time."""
    signature = [tf.TensorSpec((1, CROP_SIDE, CROP_SIDE, 3), tf.float32, name=INPUT)]

    def serve(crops: tf.Tensor) -> dict[str, tf.Tensor]:
        return {OUTPUT: model(crops, training=False)}

    return convert(model, serve, signature)
