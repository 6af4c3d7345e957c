"""What is drawn anew for every step, after blasts were found: finding them is slow, and blind to all of it."""

import numpy as np
from numpy.typing import NDArray

from blastlens.training.augmentation import Augmentation

_DULL_GLASS = 200
_TINT = 16
"""Levels of 255 that empty glass has at least, and that its channels lie below each other at most."""


def mirror_and_turn(
    image: NDArray[np.uint8], mask_share: NDArray[np.uint8], amounts: Augmentation, generator: np.random.Generator
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Mirror and turn a square image (S, S, 3) uint8 RGB and its mask share (S, S) uint8 alike."""
    if amounts.quarter_turns:
        turns = int(generator.integers(4))
        image, mask_share = np.rot90(image, turns), np.rot90(mask_share, turns)
    if amounts.flips:
        for axis in (0, 1):
            if generator.random() < 0.5:
                image, mask_share = np.flip(image, axis), np.flip(mask_share, axis)
    return image, mask_share


def cut_out(
    image: NDArray[np.uint8], mask_share: NDArray[np.uint8], side: int, generator: np.random.Generator
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Cut a square out of an image (S, S, 3) uint8 RGB and its mask share (S, S) uint8, around a blast if any.

    Returns:
        (side, side, 3) and (side, side).
    """
    weights = mask_share.ravel().astype(np.float64)
    if not weights.any():
        weights += 1.0
    centre = np.unravel_index(generator.choice(weights.size, p=weights / weights.sum()), mask_share.shape)
    top, left = (int(np.clip(at - side // 2, 0, len(image) - side)) for at in centre)
    within = slice(top, top + side), slice(left, left + side)
    return image[within], mask_share[within]


def hide_surroundings(
    image: NDArray[np.uint8], mask_share: NDArray[np.uint8], probability: float, generator: np.random.Generator
) -> NDArray[np.uint8]:
    """Leave of an image (S, S, 3) uint8 RGB the blasts on empty glass alone, now and then, if there is a blast.

    Red cells, plasma and dirt follow the class in the training data as a scale bar does; blasts must do without them.
    """
    if not probability or generator.random() >= probability or not mask_share.any():
        return image
    glass = generator.integers(_DULL_GLASS, 256) - generator.integers(_TINT, size=3)
    share = mask_share[..., None].astype(np.uint16)
    return ((image * share + glass.astype(np.uint16) * (255 - share)) // 255).astype(np.uint8)
