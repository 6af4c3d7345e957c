"""Turns a trained Keras model into a LiteRT graph."""

import tempfile
from typing import Literal

import keras
import tensorflow as tf

from blastlens.inference.engine import ORIGINAL, PROBABILITIES, SEGMENTED

Quantisation = Literal["float32", "dynamic_int8"]


def export_graph(model: keras.Model, size: int, quantisation: Quantisation) -> bytes:
    """Convert a fusion model for one image a call.

    Args:
        model: inputs `original` and `segmented` (N, S, S, 3), 0 to 255; scaling is inside.
        size: side S in pixels, fixed in the graph.
        quantisation: "dynamic_int8" keeps weights as int8 and computes activations' scales as it runs.

    Returns:
        A LiteRT flatbuffer with named inputs and the output `probabilities` (1, 4).
    """
    original = tf.TensorSpec((1, size, size, 3), tf.float32, name=ORIGINAL)
    segmented = tf.TensorSpec((1, size, size, 3), tf.float32, name=SEGMENTED)

    def read(original: tf.Tensor, segmented: tf.Tensor) -> dict[str, tf.Tensor]:
        return {PROBABILITIES: model([original, segmented], training=False)}

    with tempfile.TemporaryDirectory() as folder:
        archive = keras.export.ExportArchive()
        archive.track(model)
        archive.add_endpoint("serve", read, [original, segmented])
        archive.write_out(folder, verbose=False)
        converter = tf.lite.TFLiteConverter.from_saved_model(folder, signature_keys=["serve"])
        if quantisation == "dynamic_int8":
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
        return bytes(converter.convert())
