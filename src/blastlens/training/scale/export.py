"""Export of the scale network to LiteRT."""

import tempfile

import keras
import tensorflow as tf

from blastlens.inference.scale import CROP_SIDE, INPUT, OUTPUT


def export_scale(model: keras.Model) -> bytes:
    """Convert the network to a float32 LiteRT flatbuffer, for one crop at a time."""
    signature = [tf.TensorSpec((1, CROP_SIDE, CROP_SIDE, 3), tf.float32, name=INPUT)]

    def serve(crops: tf.Tensor) -> dict[str, tf.Tensor]:
        return {OUTPUT: model(crops, training=False)}

    with tempfile.TemporaryDirectory() as folder:
        archive = keras.export.ExportArchive()
        archive.track(model)
        archive.add_endpoint("serve", serve, signature)
        archive.write_out(folder, verbose=False)
        converter = tf.lite.TFLiteConverter.from_saved_model(folder, signature_keys=["serve"])
        return bytes(converter.convert())
