"""Weights of a graph, restored into a Keras model to continue training."""

from collections.abc import Iterator
from pathlib import Path

import keras
import numpy as np
from ai_edge_quantizer.utils import tfl_flatbuffer_utils
from numpy.typing import NDArray

from blastlens.domain.errors import InvalidData
from blastlens.inference.manifest import INPUTS
from blastlens.training.data.arrays import Pixels
from blastlens.training.models.inputs import model_inputs
from blastlens.training.models.pruning import convolutions_of

Constants = dict[str, NDArray[np.float32]]


def read_constants(graph: Path) -> Constants:
    """Return every constant of a graph by its name, int8 ones dequantised."""
    model = tfl_flatbuffer_utils.read_model(str(graph))
    return {name: values for tensor in model.subgraphs[0].tensors for name, values in _constant(model, tensor)}


def _constant(model: object, tensor: object) -> Iterator[tuple[str, NDArray[np.float32]]]:
    values = tfl_flatbuffer_utils.get_tensor_data(tensor, model.buffers)  # type: ignore[attr-defined]
    if values is None or values.dtype not in (np.int8, np.float32):
        return
    scale = tensor.quantization.scale if values.dtype == np.int8 else None  # type: ignore[attr-defined]
    if scale is not None:
        values = values * np.reshape(scale, (-1, *[1] * (values.ndim - 1)))  # one for each output channel
    yield tfl_flatbuffer_utils.get_tensor_name(tensor), values.astype(np.float32)


def matching_branch(constants: Constants, branch: str) -> str:
    """Return the branch of a graph with the same name, or else with the same backbone on another input."""
    backbone = branch.rpartition("_")[0]
    names = (branch, *(f"{backbone}_{each}" for each in INPUTS))
    return next((name for name in names if any(f"/{name}_1/" in each for each in constants)), branch)


def find_constant(
    constants: Constants, branch: str, layer: str, axes: int | None, graph: Path, end: str = "/"
) -> NDArray[np.float32]:
    """Return a layer's constant with a number of axes (None for any) and an end of its name.

    Raises:
        InvalidData: there is none.
    """
    values = search_constant(constants, branch, layer, end, axes)
    if values is None:
        raise InvalidData(
            f"{graph} has no weights for the layer {layer} of {branch}: it is a package of another recipe. "
            "Name a package with this branch with --start."
        )
    return values


def search_constant(
    constants: Constants, branch: str, layer: str, end: str, axes: int | None
) -> NDArray[np.float32] | None:
    """Return the constant as `find_constant` does, or None; the converter joins names of fused layers with ";"."""
    wanted = f"/{branch}_1/{layer}_1{end}"
    found = (values for name, values in constants.items() if wanted in name and axes in (None, values.ndim))
    return next(found, None)


def restore_branch(model: keras.Model, branch: str, graph: Path) -> None:
    """Set a branch's weights, in place, to those of a package's graph; it then computes the same as the graph.

    Kernels are restored exactly, because they were on the int8 grid. Of a batch norm the graph holds only a factor and
    an offset, and the factor can be folded into the kernel before it; `restore_statistics` separates statistics and
    factors again.

    Args:
        model: with the layer names of `architectures.build_model`.
        branch: name of the backbone in the model, such as "vgg16_original"; in a graph without it, the same backbone
            on another input.
        graph: LiteRT flatbuffer from `export.export_graph` and `quantise.quantise`.

    Raises:
        InvalidData: the graph has no such branch, or one of another shape.
    """
    constants = read_constants(graph)
    source = matching_branch(constants, branch)
    backbone = model.get_layer(branch)
    for layer in backbone._flatten_layers():
        if isinstance(layer, keras.layers.Conv2D):
            kernel = find_constant(constants, source, layer.name, 4, graph)  # (output channels, h, w, input channels)
            if layer.input is backbone.input:  # the converter folds the scaling before it into the kernel
                kernel = kernel / np.float32(model.get_layer(f"{branch}_scaling").scale)
            _assign(layer.kernel, kernel.transpose(1, 2, 3, 0), graph)
            if layer.use_bias:
                _assign(layer.bias, find_constant(constants, source, layer.name, 1, graph), graph)
        elif isinstance(layer, keras.layers.DepthwiseConv2D):
            kernel = find_constant(
                constants, source, layer.name, 4, graph
            )  # (1, h, w, channels), with the batch norm's factor folded in
            _assign(layer.kernel, kernel.transpose(1, 2, 3, 0), graph)
        elif isinstance(layer, keras.layers.BatchNormalization):
            added = find_constant(constants, source, layer.name, None, graph, "/batchnorm/sub")
            factor = _factor(constants, source, layer.name, added)
            _assign(layer.gamma, factor.ravel(), graph)
            _assign(layer.beta, added.ravel(), graph)
            layer.moving_mean.assign(np.zeros(layer.gamma.shape))
            layer.moving_variance.assign(np.full(layer.gamma.shape, 1.0 - layer.epsilon))


def read_widths(graph: Path, model: keras.Model, branch: str) -> tuple[int, ...]:
    """Return the number of channels of each convolution of a branch in a package's graph.

    Args:
        graph: as for `restore_branch`.
        model: has the branch, with convolutions of any width.
        branch: name of the backbone.

    Raises:
        InvalidData: the graph has no such branch.
    """
    constants = read_constants(graph)
    source = matching_branch(constants, branch)
    layers = convolutions_of(model.get_layer(branch))
    return tuple(find_constant(constants, source, layer.name, 4, graph).shape[0] for layer in layers)


def restore_statistics(model: keras.Model, branch: str, pixels: Pixels, batch: int = 32) -> None:
    """Set the statistics of a restored branch's batch norms to those of their inputs; their outputs do not change.

    Args:
        model: holds the branch; changed in place.
        branch: name of the backbone.
        pixels: training examples; a few hundred are enough.
        batch: examples a forward pass.
    """
    backbone = model.get_layer(branch)
    layers = [layer for layer in backbone.layers if isinstance(layer, keras.layers.BatchNormalization)]
    if not layers:
        return
    scaling = model.get_layer(f"{branch}_scaling")
    whole = keras.Model(backbone.input, [layer.input for layer in layers])
    own_input = [tensor.name for tensor in model.inputs].index(scaling.input.name)
    sums = [np.zeros((2, layer.gamma.shape[0])) for layer in layers]
    counts = np.zeros(len(layers))
    for start in range(0, len(pixels), batch):
        within = slice(start, start + batch)
        images = model_inputs(model, pixels.images[within], pixels.mask_shares[within])[own_input]
        for position, output in enumerate(whole(scaling(images), training=False)):
            values = np.asarray(output, np.float64).reshape(-1, output.shape[-1])
            sums[position] += values.sum(axis=0), (values**2).sum(axis=0)
            counts[position] += len(values)
    for layer, (first, second), count in zip(layers, sums, counts, strict=True):
        _set_statistics(layer, first / count, second / count - (first / count) ** 2)


def _set_statistics(layer: keras.layers.Layer, mean: NDArray[np.float64], variance: NDArray[np.float64]) -> None:
    factor, added = (keras.ops.convert_to_numpy(each).astype(np.float64) for each in (layer.gamma, layer.beta))
    variance = np.maximum(variance, 0.0)
    layer.gamma.assign(factor * np.sqrt(variance + layer.epsilon))
    layer.beta.assign(added + factor * mean)
    layer.moving_mean.assign(mean)
    layer.moving_variance.assign(variance)


def _factor(constants: Constants, branch: str, layer: str, added: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return a batch norm's factor: ones where it is folded into the kernel of the convolution before it.

    Such a kernel and its offset can have the batch norm's name too. Where gamma is 1, the converter leaves out its
    product with the inverse root.
    """
    for end in ("/batchnorm/mul", "/batchnorm/Rsqrt"):
        found = search_constant(constants, branch, layer, end, None)
        if found is not None and found is not added and found.size == added.size:
            return found
    return np.ones(added.size, np.float32)


def _assign(variable: keras.Variable, values: NDArray[np.float32], graph: Path) -> None:
    if tuple(variable.shape) != values.shape:
        raise InvalidData(
            f"{graph} has the shape {values.shape} where {variable.path} has {tuple(variable.shape)}: it is a "
            "package of another recipe. Name one with the same widths with --start."
        )
    variable.assign(values)
