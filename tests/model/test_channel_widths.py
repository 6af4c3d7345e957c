"""Numbers of channels of a backbone in sequence."""

import keras
import pytest

from blastlens.domain.errors import InvalidData
from blastlens.training.models.channel_widths import convolutions_of, with_widths


def sequence(widths, seed=0):
    """Build layers in sequence, as in VGG16."""
    keras.utils.set_random_seed(seed)
    image = keras.Input((None, None, 3))
    map_ = image
    for position, width in enumerate(widths):
        map_ = keras.layers.Conv2D(width, 3, padding="same", activation="relu", name=f"conv_{position}")(map_)
        if position == 0:
            map_ = keras.layers.MaxPooling2D()(map_)
    return keras.Model(image, map_, name="sequence")


def test_a_copy_has_other_numbers_of_channels_and_the_same_layers():
    whole = sequence((8, 6))
    thin = with_widths(whole, (4, 6))
    assert [layer.filters for layer in convolutions_of(thin)] == [4, 6]
    assert [layer.name for layer in thin.layers[1:]] == [layer.name for layer in whole.layers[1:]]
    assert thin.output_shape == whole.output_shape


def test_widths_must_be_as_many_as_convolutions():
    with pytest.raises(InvalidData, match="2 convolutions"):
        with_widths(sequence((8, 6)), (8, 6, 4))


def test_a_backbone_that_joins_paths_is_refused():
    image = keras.Input((None, None, 3))
    first = keras.layers.Conv2D(4, 3, padding="same")(image)
    joined = keras.Model(image, keras.layers.Concatenate()([first, image]), name="joined")
    with pytest.raises(InvalidData, match="joined branches and joins"):
        with_widths(joined, (4,))
