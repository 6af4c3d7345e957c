"""Conversion of a SavedModel to a LiteRT graph in full int8."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray


def write_full_int8(saved_model: Path, images: Mapping[str, NDArray[np.uint8]], file: Path) -> None:
    """Convert to int8, with the scales of activations from `images`.

    `images` are (N, S, S, 3) uint8 by input; inputs stay float32.
    """

    def samples() -> Any:
        for index in range(len(next(iter(images.values())))):
            yield "serve", {name: array[index : index + 1].astype(np.float32) for name, array in images.items()}

    converter = tf.lite.TFLiteConverter.from_saved_model(str(saved_model), signature_keys=["serve"])
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = samples
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    file.write_bytes(converter.convert())
