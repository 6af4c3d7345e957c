"""Input arrays of a Keras model, from images and their mask shares."""

from collections.abc import Sequence

import keras
import numpy as np
from numpy.typing import NDArray

from blastlens.imaging.model_input import segmented_input
from blastlens.training.data.augmentation import mirror_and_turn
from blastlens.training.recipes.recipe import Augmentation


def input_names(model: keras.Model) -> tuple[str, ...]:
    """Return the names of a model's inputs, "original" or "segmented", in its order."""
    return tuple(tensor.name for tensor in model.inputs)


def model_inputs(
    model: keras.Model, images: NDArray[np.uint8], mask_shares: NDArray[np.uint8]
) -> list[NDArray[np.float32]]:
    """Return a model's inputs, each (N, S, S, 3) float32, from images (N, S, S, 3) and mask shares (N, S, S)."""
    return [
        (segmented_input(images, mask_shares) if name == "segmented" else images).astype(np.float32)
        for name in input_names(model)
    ]


def augmented_inputs(
    model: keras.Model,
    pairs: Sequence[tuple[NDArray[np.uint8], NDArray[np.uint8]]],
    amounts: Augmentation,
    generator: np.random.Generator,
) -> list[NDArray[np.float32]]:
    """Return a model's inputs from B images (S, S, 3) and mask shares (S, S), each pair mirrored and turned alike."""
    images, shares = zip(*(mirror_and_turn(*pair, amounts, generator) for pair in pairs), strict=True)
    return model_inputs(model, np.stack(images), np.stack(shares))
