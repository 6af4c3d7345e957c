"""Small Keras models that are built, trained and exported in seconds."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import reduce

import keras
import pytest

from blastlens.inference.manifest import Branch
from blastlens.training.data.arrays import Pixels, concatenate_pixels
from blastlens.training.models.architectures import BACKBONES, Backbone
from blastlens.training.recipes.recipe import BranchRecipe, Recipe, Stage

BRANCHES = (Branch("one", "original"), Branch("two", "segmented"))
NAMES = ("one_original", "two_segmented")
SMALL = Recipe(
    name="small",
    branches=(BranchRecipe("one", "original"), BranchRecipe("two", "segmented")),
    stages=(),
    head_stages=(Stage(32, 4, learning_rate=1e-2, redraw_every=2),),
    batch=8,
)


def repeat(pixels: Pixels, times: int) -> Pixels:
    """Return the same images several times over: many steps in few epochs, each of which ends with a checkpoint."""
    return reduce(concatenate_pixels, [pixels] * times)


def build_small(branches: Sequence[Branch], classes: int = 4, head_widths: Sequence[int] = (7, 5)) -> keras.Model:
    """Build backbones of two convolutions, different in width and stride, and a head, named as in `architectures`."""
    keras.utils.set_random_seed(3)
    inputs = {branch.input: keras.Input((None, None, 3), name=branch.input) for branch in branches}
    pooled = []
    for position, branch in enumerate(branches):
        name = f"{branch.backbone}_{branch.input}"
        backbone = _backbone(name, width=6 + 2 * position, stride=4 + 4 * position)
        pooled.append(keras.layers.GlobalAveragePooling2D(name=f"{name}_pooling")(backbone(inputs[branch.input])))
    hidden = keras.layers.Concatenate(name="fused")(pooled) if len(pooled) > 1 else pooled[0]
    for width in head_widths:
        hidden = keras.layers.Dense(width, "relu", name=f"dense_{width}")(hidden)
        hidden = keras.layers.Dropout(0.2, name=f"dropout_{width}")(hidden)
    return keras.Model(
        list(inputs.values()), keras.layers.Dense(classes, "softmax", name="probabilities")(hidden), name="small"
    )


def _backbone(name: str, width: int, stride: int) -> keras.Model:
    image = keras.Input((None, None, 3))
    scaled = keras.layers.Rescaling(1 / 255)(image)
    coarse = keras.layers.Conv2D(8, 5, strides=stride, padding="same", activation="relu")(scaled)
    return keras.Model(image, keras.layers.Conv2D(width, 3, padding="same")(coarse), name=name)


@contextmanager
def small_backbone(name: str = "small") -> Iterator[str]:
    """Register a backbone of five of MobileNet's layers for recipes to name; yield its name."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(BACKBONES, name, Backbone(_small_application))
        yield name


def _small_application(
    include_top: bool, weights: None, input_shape: tuple[int | None, int | None, int]
) -> keras.Model:
    image = keras.Input(input_shape)
    hidden = keras.layers.Conv2D(8, 3, strides=2, padding="same", use_bias=False, name="conv1")(image)
    hidden = keras.layers.ReLU(6.0, name="conv1_relu")(keras.layers.BatchNormalization(name="conv1_bn")(hidden))
    hidden = keras.layers.DepthwiseConv2D(3, padding="same", use_bias=False, name="conv_dw_1")(hidden)
    hidden = keras.layers.ReLU(6.0, name="conv_dw_1_relu")(keras.layers.BatchNormalization(name="conv_dw_1_bn")(hidden))
    hidden = keras.layers.Conv2D(16, 1, use_bias=False, name="conv_pw_1")(hidden)
    hidden = keras.layers.ReLU(6.0, name="conv_pw_1_relu")(keras.layers.BatchNormalization(name="conv_pw_1_bn")(hidden))
    return keras.Model(image, hidden)
