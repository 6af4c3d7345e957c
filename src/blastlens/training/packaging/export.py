"""Export of a Keras model: a LiteRT graph, and the head as arrays."""

import tempfile
from collections.abc import Callable, Sequence

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from blastlens.inference.arrays import arrays_to_bytes
from blastlens.inference.engine import FEATURES, PROBABILITIES, map_name
from blastlens.inference.manifest import Branch

FUSED = "fused"
"""The layer that concatenates the pooled features of several branches."""


def export_graph(model: keras.Model, size: int, branches: Sequence[Branch]) -> bytes:
    """Convert a model to float32 LiteRT, for one image at a time.

    Args:
        model: with the layer names of `architectures.build_model`; inputs (N, S, S, 3), 0 to 255; it scales them.
        size: side S in pixels, fixed in the graph.
        branches: of the model, in the order of the maps.

    Returns:
        A LiteRT flatbuffer with named inputs and the outputs `probabilities` (1, C), `features` (1, F) and, for
        each branch i, `map_i` (1, h, w, F_i).
    """
    names = [tensor.name for tensor in model.inputs]
    signature = [tf.TensorSpec((1, size, size, 3), tf.float32, name=name) for name in names]
    with_maps = add_map_outputs(model, branches)

    def serve(*images: tf.Tensor) -> dict[str, tf.Tensor]:
        outputs = dict(with_maps(list(images), training=False))
        return {name: _keep_name(output) for name, output in outputs.items()}

    return convert(with_maps, serve, signature)


def convert(
    model: keras.Model, serve: Callable[..., dict[str, tf.Tensor]], signature: Sequence[tf.TensorSpec]
) -> bytes:
    """Convert a function of a model to a float32 LiteRT flatbuffer with named inputs and outputs.

    Args:
        model: whose variables the function uses.
        serve: returns the outputs by name.
        signature: the inputs of the function, with names and fixed shapes.
    """
    with tempfile.TemporaryDirectory() as folder:
        archive = keras.export.ExportArchive()
        archive.track(model)
        archive.add_endpoint("serve", serve, list(signature))
        archive.write_out(folder, verbose=False)
        converter = tf.lite.TFLiteConverter.from_saved_model(folder, signature_keys=["serve"])
        return bytes(converter.convert())


def add_map_outputs(model: keras.Model, branches: Sequence[Branch]) -> keras.Model:
    """Return a model that shares the layers and has the exported graph's outputs."""
    poolings = [model.get_layer(f"{branch.backbone}_{branch.input}_pooling") for branch in branches]
    features = model.get_layer(FUSED).output if len(poolings) > 1 else poolings[0].output
    maps = {map_name(position): pooling.input for position, pooling in enumerate(poolings)}
    return keras.Model(model.inputs, {PROBABILITIES: model.output, FEATURES: features, **maps})


def _keep_name(output: tf.Tensor) -> tf.Tensor:
    """Return the same values by a separate operation.

    The converter renames the operation that makes an output after the output. A backbone's last convolution must keep
    its name, by which `quantise` finds it.
    """
    return tf.minimum(output, tf.float32.max)


def export_head(model: keras.Model) -> bytes:
    """Return the contents of `head.npz`: dense layers for `inference.explanation`.

    Kernels are int8 with one scale for each output, which is exact for weights rounded by `round_weights`.
    """
    arrays: dict[str, NDArray[np.int8] | NDArray[np.float32]] = {}
    dense = [layer for layer in model.layers if isinstance(layer, keras.layers.Dense)]
    for position, layer in enumerate(dense):
        levels, scale = _int8(keras.ops.convert_to_numpy(layer.kernel))
        arrays[f"kernel_{position}"] = levels
        arrays[f"scale_{position}"] = scale
        arrays[f"bias_{position}"] = keras.ops.convert_to_numpy(layer.bias).astype(np.float32)
    return arrays_to_bytes(arrays)


def _int8(kernel: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Return a kernel (F, U) as levels from -127 to 127, and the scales (U,)."""
    largest = np.abs(kernel).max(axis=0)
    scale = np.where(largest > 0, largest / 127, 1.0).astype(np.float32)
    return np.round(kernel / scale).astype(np.int8), scale
