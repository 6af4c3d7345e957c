"""Turns a trained Keras model into a LiteRT graph."""

import tempfile

import keras
import tensorflow as tf

from blastlens.inference.engine import ORIGINAL, PROBABILITIES, SEGMENTED


def export_graph(model: keras.Model, size: int) -> bytes:
    """Convert a fusion model, in float32, for one image a call.

    Args:
        model: inputs `original` and `segmented` (N, S, S, 3), 0 to 255; scaling is inside.
        size: side S in pixels, fixed in the graph.

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
        return bytes(converter.convert())
