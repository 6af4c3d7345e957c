"""Channel pruning of a backbone whose layers are in sequence (VGG16).

Layer by layer some channels are kept, and the next kernel is fitted to the output of the original network (He, Zhang
and Sun 2017, "Channel Pruning for Accelerating Very Deep Neural Networks", arXiv 1707.06168). The kept channels are
those of which the others are most nearly linear combinations (Chee et al. 2022, "Model Preserving Compression for
Neural Networks", NeurIPS 35).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import keras
import numpy as np
from numpy.typing import NDArray

from blastlens.domain.errors import InvalidData

Maps = NDArray[np.float32]
Indices = NDArray[np.int64]

_POSITIONS = 30_000  # in the maps that a kernel is fitted on; it has at most 4,609 unknowns for each output
_RIDGE = 1e-3  # relative to the mean square of the inputs; keeps weights that the maps do not determine
_BATCH = 32


@dataclass(frozen=True)
class _LayerOutputs:
    """Maps (N, h, w, C) of both networks after the same layer, and the indices (K,) of the kept channels."""

    whole: Maps
    narrow: Maps
    channels: Indices


def prune(whole: keras.Model, narrow: keras.Model, images: Maps, seed: int) -> None:
    """Set the weights of a narrow backbone, in place, so that its output is near that of the whole one.

    Args:
        whole: layers in sequence: 3 x 3 convolutions with ReLU, padded to the same size, and layers without weights.
        narrow: the same layers, its convolutions with the number of channels to keep.
        images: (N, S, S, 3) float32 inputs of the backbones, augmented as in training; a few hundred.
        seed: of the positions that kernels are fitted on.
    """
    generator = np.random.default_rng(seed)
    outputs = _LayerOutputs(images, images, np.arange(images.shape[-1]))
    following = {before.name: after for before, after in pairwise(convolutions_of(whole))}
    for layer, thin in zip(whole.layers[1:], narrow.layers[1:], strict=True):
        whole_map = _run(layer, outputs.whole)
        channels = outputs.channels
        if isinstance(layer, keras.layers.Conv2D):
            channels = choose_channels(
                _gram(whole_map), _strength(following.get(layer.name), whole_map.shape[-1]), thin.filters
            )
            thin.set_weights(_fit_kernel(layer, outputs, channels, generator))
        outputs = _LayerOutputs(whole_map, _run(thin, outputs.narrow), channels)


def choose_channels(gram: NDArray[np.float64], strength: NDArray[np.float64], count: int) -> Indices:
    """Choose the channels that explain the others best, by pivoted Cholesky decomposition of their Gram matrix.

    Args:
        gram: (C, C), sums of products of channels.
        strength: (C,), weight of each channel in the next layer.
        count: number of channels to choose, at most C.

    Returns:
        Their indices (count,), ascending.
    """
    residual = gram * np.outer(strength, strength)
    chosen: list[int] = []
    for _ in range(count):
        unexplained = residual.diagonal().copy()
        unexplained[chosen] = -np.inf
        best = int(unexplained.argmax())
        chosen.append(best)
        if residual[best, best] > 0:
            residual = residual - np.outer(residual[:, best], residual[best]) / residual[best, best]
    return np.sort(np.array(chosen, np.int64))


def _fit_kernel(
    layer: keras.layers.Conv2D, outputs: _LayerOutputs, channels: Indices, generator: np.random.Generator
) -> list[Maps]:
    """Return kernel and bias that map the narrow inputs to the whole layer's outputs in the kept channels."""
    kernel, bias = layer.get_weights()
    positions = _draw_positions(outputs.whole.shape[:3], generator)
    wanted = _patches(outputs.whole, positions) @ kernel.reshape(-1, kernel.shape[-1])[:, channels]
    before = kernel[:, :, outputs.channels][..., channels]  # (3, 3, K, F)
    flat = before.reshape(-1, len(channels))
    inputs = _patches(outputs.narrow, positions)
    missing = wanted - inputs @ flat
    centre, missing_centre = inputs.mean(axis=0), missing.mean(axis=0)
    inputs, missing = inputs - centre, missing - missing_centre
    square = (inputs.T @ inputs).astype(np.float64)
    square += np.eye(len(square)) * (_RIDGE * square.trace() / len(square))
    change = np.linalg.solve(square, (inputs.T @ missing).astype(np.float64))  # (9 K, F)
    new_bias = bias[channels] + missing_centre - centre @ change
    return [(flat + change).reshape(before.shape).astype(np.float32), new_bias.astype(np.float32)]


def _draw_positions(shape: Sequence[int], generator: np.random.Generator) -> Indices:
    """Return positions (P, 3) in maps of N images: image, row, column."""
    count = int(np.prod(shape))
    chosen = generator.choice(count, min(_POSITIONS, count), replace=False)
    return np.stack(np.unravel_index(np.sort(chosen), shape), axis=1)


def _patches(maps: Maps, positions: Indices) -> Maps:
    """Return the inputs of a 3 x 3 kernel at each position, (P, 9 C)."""
    padded = np.pad(maps, ((0, 0), (1, 1), (1, 1), (0, 0)))
    image, row, column = positions.T
    shifted = [padded[image, row + down, column + right] for down in range(3) for right in range(3)]
    return np.concatenate(shifted, axis=1)


def _gram(maps: Maps) -> NDArray[np.float64]:
    """Return the sums of products of every two channels over all positions, (C, C)."""
    sums = np.zeros((maps.shape[-1], maps.shape[-1]))
    for each in _batches(maps):
        flat = each.reshape(-1, maps.shape[-1])
        sums += flat.T @ flat
    return sums


def _strength(following: keras.layers.Conv2D | None, count: int) -> NDArray[np.float64]:
    """Return the norm of each channel's weights in the next convolution, (C,), or ones where there is none."""
    if following is None:
        return np.ones(count)
    kernel = np.asarray(following.get_weights()[0], np.float64)
    squares: NDArray[np.float64] = (kernel**2).sum(axis=(0, 1, 3))
    return np.sqrt(squares)


def _run(layer: keras.layers.Layer, maps: Maps) -> Maps:
    return np.concatenate([np.asarray(layer(each), np.float32) for each in _batches(maps)])


def _batches(maps: Maps) -> list[Maps]:
    return [maps[start : start + _BATCH] for start in range(0, len(maps), _BATCH)]


def with_widths(backbone: keras.Model, widths: Sequence[int]) -> keras.Model:
    """Return an untrained copy of a backbone with other numbers of channels.

    Args:
        backbone: layers in sequence.
        widths: channels of each of its convolutions, in order.

    Raises:
        InvalidData: the layers are not in sequence, or the number of widths is not that of the convolutions.
    """
    convolutions = convolutions_of(backbone)
    inputs = [layer.input for layer in backbone.layers[1:]]
    if any(isinstance(each, list) for each in inputs) or len({each.name for each in inputs}) < len(inputs):
        raise InvalidData(f"{backbone.name} branches and joins, so its channels cannot be pruned: leave out widths.")
    if len(widths) != len(convolutions):
        raise InvalidData(f"{backbone.name} has {len(convolutions)} convolutions, but its recipe {len(widths)} widths.")
    filters = {layer.name: width for layer, width in zip(convolutions, widths, strict=True)}
    image = keras.Input(backbone.input.shape[1:])
    map_ = image
    for layer in backbone.layers[1:]:
        changed = {"filters": filters[layer.name]} if layer.name in filters else {}
        map_ = type(layer).from_config({**layer.get_config(), **changed})(map_)
    return keras.Model(image, map_, name=backbone.name)


def convolutions_of(backbone: keras.Model) -> list[keras.layers.Conv2D]:
    """Return a backbone's convolutions, in order, without depthwise ones."""
    return [layer for layer in backbone.layers if isinstance(layer, keras.layers.Conv2D)]
