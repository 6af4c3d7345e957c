"""Numbers of channels of a backbone whose layers are in sequence (VGG16)."""

from collections.abc import Sequence

import keras

from blastlens.domain.errors import InvalidData


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
        raise InvalidData(f"{backbone.name} branches and joins, so its widths cannot be chosen: leave them out.")
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
