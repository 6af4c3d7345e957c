"""Takes channels out of a backbone whose layers stand in a row (VGG16), so that what is left computes nearly the same.

Layer by layer some channels are kept, and the next kernel is fitted anew to what the whole network computes there (He,
Zhang and Sun 2017, "Channel Pruning for Accelerating Very Deep Neural Networks", arXiv 1707.06168). Kept are those of
which the others are most nearly linear combinations (Chee et al. 2022, "Model Preserving Compression for Neural
Networks", NeurIPS 35).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import keras
import numpy as np
from numpy.typing import NDArray

from blastlens.domain.errors import InvalidData

Maps = NDArray[np.float32]
Places = NDArray[np.int64]

_PLACES = 30_000  # of the maps that a kernel is fitted on: it has 4,609 unknowns for each output at most
_RIDGE = 1e-3  # of the mean square of what comes in: where the maps do not tell, a weight stays as it was
_BATCH = 32


@dataclass(frozen=True)
class _Stand:
    """How far both networks have come: maps (N, h, w, C) of each, and which (K,) of the whole's channels are kept."""

    whole: Maps
    narrow: Maps
    channels: Places


def prune(whole: keras.Model, narrow: keras.Model, images: Maps, seed: int) -> None:
    """Give a narrow backbone, in place, the weights with which it comes nearest to the whole one.

    Args:
        whole: layers in a row: 3 x 3 convolutions with ReLU, padded to the same size, and layers without weights.
        narrow: the same row, its convolutions with as many channels as should stay.
        images: (N, S, S, 3) float32 as the backbones take them, varied as in training; a few hundred.
        seed: of the places that kernels are fitted on.
    """
    generator = np.random.default_rng(seed)
    stand = _Stand(images, images, np.arange(images.shape[-1]))
    following = {before.name: after for before, after in pairwise(convolutions_of(whole))}
    for layer, thin in zip(whole.layers[1:], narrow.layers[1:], strict=True):
        seen = _run(layer, stand.whole)
        channels = stand.channels
        if isinstance(layer, keras.layers.Conv2D):
            channels = keep(_gram(seen), _strength(following.get(layer.name), seen.shape[-1]), thin.filters)
            thin.set_weights(_fitted(layer, stand, channels, generator))
        stand = _Stand(seen, _run(thin, stand.narrow), channels)


def keep(gram: NDArray[np.float64], strength: NDArray[np.float64], count: int) -> Places:
    """Choose the channels that explain the others best: pivoted Cholesky of how they occur together.

    Args:
        gram: (C, C), sums of products of channels.
        strength: (C,), how much what follows makes of each.
        count: how many to choose, at most C.

    Returns:
        Their numbers (count,), ascending.
    """
    left = gram * np.outer(strength, strength)
    chosen: list[int] = []
    for _ in range(count):
        unexplained = left.diagonal().copy()
        unexplained[chosen] = -np.inf
        best = int(unexplained.argmax())
        chosen.append(best)
        if left[best, best] > 0:
            left = left - np.outer(left[:, best], left[best]) / left[best, best]
    return np.sort(np.array(chosen, np.int64))


def _fitted(layer: keras.layers.Conv2D, stand: _Stand, channels: Places, generator: np.random.Generator) -> list[Maps]:
    """Return kernel and bias with which the narrow map gives what the whole map gives in some of the channels."""
    kernel, bias = layer.get_weights()
    places = _places(stand.whole.shape[:3], generator)
    wanted = _patches(stand.whole, places) @ kernel.reshape(-1, kernel.shape[-1])[:, channels]
    before = kernel[:, :, stand.channels][..., channels]  # (3, 3, K, F)
    flat = before.reshape(-1, len(channels))
    seen = _patches(stand.narrow, places)
    missing = wanted - seen @ flat
    centre, missing_centre = seen.mean(axis=0), missing.mean(axis=0)
    seen, missing = seen - centre, missing - missing_centre
    square = (seen.T @ seen).astype(np.float64)
    square += np.eye(len(square)) * (_RIDGE * square.trace() / len(square))
    change = np.linalg.solve(square, (seen.T @ missing).astype(np.float64))  # (9 K, F)
    moved = bias[channels] + missing_centre - centre @ change
    return [(flat + change).reshape(before.shape).astype(np.float32), moved.astype(np.float32)]


def _places(shape: Sequence[int], generator: np.random.Generator) -> Places:
    """Return places (P, 3) in maps of N images: image, row, column."""
    every = int(np.prod(shape))
    chosen = generator.choice(every, min(_PLACES, every), replace=False)
    return np.stack(np.unravel_index(np.sort(chosen), shape), axis=1)


def _patches(maps: Maps, places: Places) -> Maps:
    """Return what a 3 x 3 kernel sees at each place, (P, 9 C)."""
    padded = np.pad(maps, ((0, 0), (1, 1), (1, 1), (0, 0)))
    image, row, column = places.T
    seen = [padded[image, row + down, column + right] for down in range(3) for right in range(3)]
    return np.concatenate(seen, axis=1)


def _gram(maps: Maps) -> NDArray[np.float64]:
    """Return the sums of products of every two channels over all places, (C, C)."""
    sums = np.zeros((maps.shape[-1], maps.shape[-1]))
    for each in _batches(maps):
        flat = each.reshape(-1, maps.shape[-1])
        sums += flat.T @ flat
    return sums


def _strength(following: keras.layers.Conv2D | None, count: int) -> NDArray[np.float64]:
    """Return how large the weights are by which the next convolution, if any, takes each channel, (C,)."""
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
    """Return a backbone's row of layers anew, untrained, with other numbers of channels.

    Args:
        backbone: layers in a row.
        widths: channels of each of its convolutions, in order.

    Raises:
        InvalidData: the layers do not stand in a row, or there is not a width for each convolution.
    """
    convolutions = convolutions_of(backbone)
    inputs = [layer.input for layer in backbone.layers[1:]]
    if any(isinstance(each, list) for each in inputs) or len({each.name for each in inputs}) < len(inputs):
        raise InvalidData(f"{backbone.name} branches and joins, so that channels cannot be taken out by widths.")
    if len(widths) != len(convolutions):
        raise InvalidData(f"{backbone.name} has {len(convolutions)} convolutions; its recipe has {len(widths)} widths.")
    filters = {layer.name: width for layer, width in zip(convolutions, widths, strict=True)}
    image = keras.Input(backbone.input.shape[1:])
    map_ = image
    for layer in backbone.layers[1:]:
        changed = {"filters": filters[layer.name]} if layer.name in filters else {}
        map_ = type(layer).from_config({**layer.get_config(), **changed})(map_)
    return keras.Model(image, map_, name=backbone.name)


def convolutions_of(backbone: keras.Model) -> list[keras.layers.Conv2D]:
    """Return a backbone's convolutions, in order, depthwise ones left out."""
    return [layer for layer in backbone.layers if isinstance(layer, keras.layers.Conv2D)]
