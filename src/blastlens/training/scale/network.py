"""The scale network: seven convolutions on a crop, and three numbers."""

import keras

from blastlens.inference.scale import CROP_SIDE, INPUT, OUTPUT
from blastlens.training.scale.recipe import ScaleRecipe

_HALVED = (0, 1, 3, 5)
"""Positions of the convolutions that halve the crop."""

_LEAST_SPREAD = 8.0  # grey levels: an even crop stays even
_LOG_ERRORS = (-4.0, 1.5)  # octaves, natural logarithm


def build_network(recipe: ScaleRecipe, seed: int) -> keras.Model:
    """Build the network from crops (B, S, S, 3), 0 to 255, to (B, 3).

    The three are the binary logarithm of the width of a red cell over `MIDDLE_WIDTH`, the natural logarithm of the
    expected error of that, and the logit of the probability that the crop shows readable red cells.
    """
    keras.utils.set_random_seed(seed)
    crops = keras.Input((CROP_SIDE, CROP_SIDE, 3), name=INPUT)
    maps = _standardise(crops)
    for position, width in enumerate(recipe.widths):
        strides = 2 if position in _HALVED else 1
        maps = keras.layers.Conv2D(
            width, 3, strides, padding="same", use_bias=False, kernel_initializer="he_normal", name=f"conv_{position}"
        )(maps)
        maps = keras.layers.BatchNormalization(momentum=0.98, name=f"norm_{position}")(maps)
        maps = keras.layers.ReLU(name=f"relu_{position}")(maps)
    means = keras.layers.GlobalAveragePooling2D(name="mean_map")(maps)
    greatest = keras.layers.GlobalMaxPooling2D(name="greatest_map")(maps)
    features = keras.layers.Concatenate(name="features")([means, greatest])
    hidden = keras.layers.Dense(48, activation="relu", name="hidden")(features)
    return keras.Model(crops, keras.layers.Dense(3, name=OUTPUT)(hidden), name="scale")


def _standardise(crops: keras.KerasTensor) -> keras.KerasTensor:
    """Subtract the mean of each crop and divide by its spread, so that light and depth of stain matter little."""
    mean = keras.ops.mean(crops, axis=(1, 2, 3), keepdims=True)
    centred = crops - mean
    spread = keras.ops.sqrt(keras.ops.mean(centred * centred, axis=(1, 2, 3), keepdims=True))
    return centred / (spread + _LEAST_SPREAD)


@keras.saving.register_keras_serializable("blastlens")  # type: ignore[untyped-decorator]
def scale_loss(targets: keras.KerasTensor, outputs: keras.KerasTensor) -> keras.KerasTensor:
    """Return the loss (B,): Laplace likelihood of the width, and cross-entropy of whether it can be read.

    Args:
        targets: (B, 3), see `crops.Target`.
        outputs: (B, 3) of the network.
    """
    octaves, has_width, readable = (targets[:, position] for position in range(3))
    log_error = keras.ops.clip(outputs[:, 1], *_LOG_ERRORS)
    likelihood = keras.ops.abs(outputs[:, 0] - octaves) * keras.ops.exp(-log_error) + log_error
    entropy = keras.ops.softplus(outputs[:, 2]) - keras.ops.maximum(readable, 0.0) * outputs[:, 2]
    return has_width * likelihood + keras.ops.where(readable >= 0.0, entropy, 0.0)
