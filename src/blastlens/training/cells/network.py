"""The cell network: a branch on the crop, a branch on the segmented cell."""

from collections.abc import Sequence

import keras

from blastlens.imaging.cell_crops import CROP_SIDE
from blastlens.inference.cells import CELL_CLASSES, INPUT, OUTPUT
from blastlens.training.cells.recipe import CellRecipe

_LEAST = 1e-6
_ALONE_SIDE = 36  # px, 18 um: a large nucleus
_HALVED_CONTEXT = (0, 1, 3)
_HALVED_REGION = (0, 2, 4)
"""Positions of the convolutions that halve the image."""


def build_network(recipe: CellRecipe, seed: int) -> keras.Model:
    """Build the network from crops (B, 48, 48, 4), 0 to 255, to probabilities (B, 6).

    The colours become darkness, so that background is zero, like what is painted over. The second branch reads the
    middle of the crop inside the mask only.
    """
    keras.utils.set_random_seed(seed)
    crops = keras.Input((CROP_SIDE, CROP_SIDE, 4), name=INPUT)
    colours = keras.layers.Rescaling(-1 / 128.0, 255 / 128.0, name="darkness")(crops[..., :3])
    mask = keras.layers.Rescaling(1 / 255.0, name="mask")(crops[..., 3:])
    context = keras.layers.Concatenate(name="as_taken")([colours, mask])
    margin = (CROP_SIDE - _ALONE_SIDE) // 2
    alone = keras.layers.Cropping2D(margin, name="segmented")(keras.layers.Multiply()([colours, mask]))
    pooled = [
        *_branch(context, recipe.context_widths, _HALVED_CONTEXT, "context"),
        *_branch(alone, recipe.region_widths, _HALVED_REGION, "region"),
    ]
    features = keras.layers.Concatenate(name="features")(pooled)
    features = keras.layers.Dropout(recipe.dropout, seed=seed)(features)
    answer = keras.layers.Dense(len(CELL_CLASSES), activation="softmax", name=OUTPUT)(features)
    return keras.Model(crops, answer, name="cells")


def _branch(
    image: keras.KerasTensor, widths: Sequence[int], halved: Sequence[int], name: str
) -> tuple[keras.KerasTensor, keras.KerasTensor]:
    """Return the means and maxima of the last maps of a sequence of convolutions."""
    maps = image
    for position, width in enumerate(widths):
        strides = 2 if position in halved else 1
        maps = keras.layers.Conv2D(
            width, 3, strides, padding="same", use_bias=False, kernel_initializer="he_normal", name=f"{name}_{position}"
        )(maps)
        maps = keras.layers.BatchNormalization(momentum=0.97, name=f"{name}_{position}_norm")(maps)
        maps = keras.layers.ReLU(name=f"{name}_{position}_relu")(maps)
    mean = keras.layers.GlobalAveragePooling2D(name=f"{name}_mean")(maps)
    return mean, keras.layers.GlobalMaxPooling2D(name=f"{name}_most")(maps)


@keras.saving.register_keras_serializable("blastlens")  # type: ignore[untyped-decorator]
def any_right_answer(targets: keras.KerasTensor, probabilities: keras.KerasTensor) -> keras.KerasTensor:
    """Return the loss (B,): minus the logarithm of the probability that an answer is right.

    `targets` (B, 6) holds each class's weight as a right answer. With a single right class this is cross-entropy.
    """
    right = keras.ops.sum(targets * probabilities, axis=-1)
    return -keras.ops.log(keras.ops.maximum(right, _LEAST))
