"""Brings every smear to one white and one purple, so that lamp, white balance and stain lot change nothing."""

import cv2
import numpy as np
from numpy.typing import NDArray

from blastlens.imaging.illumination import normalise_illumination

STANDARD_HUE = 127.0
"""Where the stained chromatin of every normalised image lies, on OpenCV's scale of 180. Measured on four laboratories
after their light was divided out, chromatin lies between 122 and 140."""

_WORKING_SIDE = 112
_STAINED_SHARE = 0.02  # of the image: its most colourful part is chromatin, where a larger one takes in red cells
_STAIN_HUES = (95, 168)  # blue to magenta as taken; what is redder or greener is a red cell, a label, no chromatin
_LEAST_AGREEMENT = 0.5  # of the hues, 0 to 1; below it the image has no one stain to go by
_TURNS = (-30.0, 20.5)
"""How far hues are turned at most. Real smears need -17 to 10, with hues 10 off -26 to 19.5; red cells without any
blast lie at 22 and more, and must not be turned into chromatin."""


_FULL = 256 / 180  # OpenCV's fine hue scale over its usual one


def normalise_colour(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Make the background white and turn all hues together until the stained cells have the standard purple.

    What is left after it cannot depend on the hue of the image as it was taken: turning that hue first is undone to
    within rounding. The turn is made twice, before the light is divided out and after it, because a coloured light
    moves hues too. Images without one dominant stain keep their hues.

    Args:
        image: (H, W, 3) uint8 RGB.

    Returns:
        (H, W, 3) uint8 RGB.
    """
    turned = _at_standard_hue(image)
    if turned is None:
        return normalise_illumination(image)
    lit = normalise_illumination(turned)
    again = _at_standard_hue(lit)
    return lit if again is None else again


def as_read(image: NDArray[np.uint8], colour: str) -> NDArray[np.uint8]:
    """Return an image (H, W, 3) uint8 RGB as a model reads it: "normalised", or "as_taken"."""
    return normalise_colour(image) if colour == "normalised" else image


def stain_hue(image: NDArray[np.uint8]) -> tuple[float, float]:
    """Measure the hue of what is stained in an image (H, W, 3) uint8 RGB.

    Returns:
        The mean hue, 0 to 180 (OpenCV's scale), weighted by colour strength; and how far the hues
        agree, from 0 (all directions alike) to 1 (one hue).
    """
    small = cv2.resize(image, (_WORKING_SIDE, _WORKING_SIDE), interpolation=cv2.INTER_AREA)
    hsv = cv2.cvtColor(small, cv2.COLOR_RGB2HSV_FULL)
    low, high = (round(hue * _FULL) for hue in _STAIN_HUES)
    possible = (hsv[..., 0] >= low) & (hsv[..., 0] <= high)
    chroma = np.where(possible, small.max(axis=2).astype(np.float32) - small.min(axis=2), 0.0)
    stained = chroma >= np.quantile(chroma, 1.0 - _STAINED_SHARE)
    weights = np.where(stained, chroma**2, 0.0)
    directions = np.exp(hsv[..., 0].astype(np.float32) * (2j * np.pi / 256))
    total = complex((weights * directions).sum())
    agreement = abs(total) / max(float(weights.sum()), 1.0)
    return float(np.degrees(np.angle(total)) / 2 % 180), agreement


def turn_hue(image: NDArray[np.uint8], degrees: float) -> NDArray[np.uint8]:
    """Return an image (H, W, 3) uint8 RGB with every hue turned by `degrees` on OpenCV's scale of 180."""
    hsv = cv2.cvtColor(image, cv2.COLOR_RGB2HSV_FULL)
    table = ((np.arange(256) + round(degrees * _FULL)) % 256).astype(np.uint8)
    hsv[..., 0] = cv2.LUT(hsv[..., 0], table)
    return cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB_FULL).astype(np.uint8, copy=False)


def _at_standard_hue(image: NDArray[np.uint8]) -> NDArray[np.uint8] | None:
    """Return the image turned, or None where it has no stain to go by or one that no smear has."""
    hue, agreement = stain_hue(image)
    turn = (STANDARD_HUE - hue + 90.0) % 180.0 - 90.0
    if agreement < _LEAST_AGREEMENT or not _TURNS[0] <= turn <= _TURNS[1]:
        return None
    return turn_hue(image, turn)
