"""Batch norms: added for training, folded into convolutions, recalibrated."""

import keras
import numpy as np

from blastlens.training.data.arrays import Pixels
from blastlens.training.models.inputs import model_inputs
from blastlens.training.progress import Track

_END = "_norm"


def with_batch_norm(backbone: keras.Model) -> keras.Model:
    """Return a copy of a backbone with a batch norm between every convolution and its activation (VGG16-BN).

    Batch norms help a backbone without any, such as VGG16, to train from random weights.

    Args:
        backbone: layers in sequence; the copy has its weights.
    """
    image = keras.Input(backbone.input.shape[1:])
    map_ = image
    for layer in backbone.layers[1:]:
        if not isinstance(layer, keras.layers.Conv2D):
            map_ = type(layer).from_config(layer.get_config())(map_)
            continue
        linear = keras.layers.Conv2D.from_config({**layer.get_config(), "activation": "linear"})
        map_ = keras.layers.BatchNormalization(name=f"{layer.name}{_END}")(linear(map_))
        linear.set_weights(layer.get_weights())
        map_ = keras.layers.Activation(layer.activation, name=f"{layer.name}_activation")(map_)
    return keras.Model(image, map_, name=backbone.name)


def fold_batch_norm(trained: keras.Model, plain: keras.Model) -> None:
    """Set the weights of a plain backbone, in place, so that it computes the same as one from `with_batch_norm`."""
    for layer in plain.layers:
        if isinstance(layer, keras.layers.Conv2D):
            norm = trained.get_layer(f"{layer.name}{_END}")
            kernel, bias = (np.asarray(weights, np.float64) for weights in trained.get_layer(layer.name).get_weights())
            gamma, beta, mean, variance = (np.asarray(weights, np.float64) for weights in norm.get_weights())
            factor = gamma / np.sqrt(variance + norm.epsilon)  # (output channels,)
            layer.set_weights([kernel * factor, (bias - mean) * factor + beta])


def recalibrate(
    model: keras.Model,
    pixels: Pixels,
    seed: int,
    batch: int = 32,
    track: Track = lambda items: items,
) -> None:
    """Replace every moving mean and variance by the average over the training examples, in place.

    With momentum k / (k + 1) at the k-th batch, the moving average becomes the plain average of all
    batches (precise batch normalisation, Wu and Johnson 2021, arXiv 2105.07576).

    Args:
        model: frozen layers keep their statistics.
        pixels: training examples at the size of the finished model.
        seed: of the order of the examples; those of a last incomplete batch are left out.
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
    before = [layer.momentum for layer in layers]
    order = np.random.default_rng([seed, 1]).permutation(len(pixels))
    starts = range(0, max(1, len(order) - batch + 1), batch)
    for position, start in enumerate(track(starts)):
        for layer in layers:
            layer.momentum = position / (position + 1)
        chosen = order[start : start + batch]
        model(model_inputs(model, pixels.images[chosen], pixels.mask_shares[chosen]), training=True)
    for layer, momentum in zip(layers, before, strict=True):
        layer.momentum = momentum
