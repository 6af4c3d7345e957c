"""Brings batch-norm statistics up to date with the weights: on a set this small they lag far behind."""

from collections.abc import Callable, Iterable, Sequence

import keras
import numpy as np

from blastlens.training.fit import model_inputs
from blastlens.training.pixels import Pixels


def recalibrate(
    model: keras.Model,
    pixels: Pixels,
    seed: int,
    batch: int = 32,
    track: Callable[[Sequence[int]], Iterable[int]] = lambda items: items,
) -> None:
    """Replace every moving mean and variance by the true average over the training examples.

    With momentum k / (k + 1) at the k-th batch, the moving average becomes the plain average of all
    batches (precise batch normalisation, Wu and Johnson 2021, arXiv 2105.07576).

    Args:
        model: changed in place; layers that are frozen keep their statistics.
        pixels: training examples at the size the model serves at.
        seed: which examples are taken, and in which order.
        batch: examples a forward pass.
        track: wraps the batches to show progress.
    """
    layers = [
        layer
        for layer in model._flatten_layers()
        if isinstance(layer, keras.layers.BatchNormalization) and layer.trainable
    ]
    if not layers:
        return
    usual = [layer.momentum for layer in layers]
    order = np.random.default_rng([seed, 1]).permutation(len(pixels))
    starts = range(0, max(1, len(order) - batch + 1), batch)
    for position, start in enumerate(track(starts)):
        for layer in layers:
            layer.momentum = position / (position + 1)
        chosen = order[start : start + batch]
        model(model_inputs(model, pixels.images[chosen], pixels.mask_shares[chosen]), training=True)
    for layer, momentum in zip(layers, usual, strict=True):
        layer.momentum = momentum
