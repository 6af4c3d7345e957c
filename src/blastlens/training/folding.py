"""Batch norms for a backbone that has none: they help it learn from scratch, and leave no trace in what ships."""

import keras
import numpy as np

_END = "_norm"


def with_norms(backbone: keras.Model) -> keras.Model:
    """Return a chain of layers anew, with a batch norm between every convolution and its activation (VGG16-BN).

    Args:
        backbone: layers in a row, such as VGG16; its weights are carried over.
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


def fold_norms(learned: keras.Model, plain: keras.Model) -> None:
    """Give a plain backbone weights with which it computes what one `with_norms` has learned."""
    for layer in plain.layers:
        if isinstance(layer, keras.layers.Conv2D):
            norm = learned.get_layer(f"{layer.name}{_END}")
            kernel, bias = (np.asarray(weights, np.float64) for weights in learned.get_layer(layer.name).get_weights())
            gamma, beta, mean, variance = (np.asarray(weights, np.float64) for weights in norm.get_weights())
            factor = gamma / np.sqrt(variance + norm.epsilon)  # (output channels,)
            layer.set_weights([kernel * factor, (bias - mean) * factor + beta])
