"""Backbones whose layers stand in a row, such as VGG16, with other numbers of channels."""

from collections.abc import Sequence

import keras

from blastlens.domain.errors import InvalidData


def narrowed(backbone: keras.Model, widths: Sequence[int]) -> keras.Model:
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
