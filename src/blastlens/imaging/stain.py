"""Brings every smear to one white and one purple, so that lamp, exposure and stain lot change little."""

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from blastlens.imaging.illumination import normalise_illumination

STANDARD_HUE = 127.0
"""Where the stained chromatin of every normalised image lies, on OpenCV's scale of 180. Measured on four laboratories
after their light was divided out, chromatin lies between 122 and 140."""

STANDARD_LEVEL = 169.0
"""How light that chromatin is, as the mean of its three channels, 0 to 255: the mean of the Early and Pre classes."""

_CONTRASTS = (0.6, 3.0)
"""How far contrast is changed at most. Pale Pro-B smears need 1.6, and 2.9 where they are overexposed by 15 %."""

_WORKING_SIDE = 112
_STAINED_SHARE = 0.02  # of the image: its most colourful part is chromatin, where a larger one takes in red cells
_STAIN_HUES = (95, 168)  # blue to magenta as taken; what is redder or greener is a red cell, a label, no chromatin
_LEAST_AGREEMENT = 0.5  # of the hues, 0 to 1; below it the image has no one stain to go by
_TURNS = (-30.0, 20.5)
"""How far hues are turned at most. Real smears need -17 to 10, with hues 10 off -26 to 19.5; red cells without any
blast lie at 22 and more, and must not be turned into chromatin."""


_FULL = 256 / 180  # OpenCV's fine hue scale over its usual one


class _Chromatin(NamedTuple):
    """The most colourful part of an image among blue to magenta.

    Attributes:
        small: the image at working size (S, S, 3) uint8 RGB.
        hues: its hues (S, S) uint8 on OpenCV's scale of 256.
        weights: how much each pixel (S, S) float32 counts as chromatin, the square of its colourfulness, with a sum
            above 0.
    """

    small: NDArray[np.uint8]
    hues: NDArray[np.uint8]
    weights: NDArray[np.float32]


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
    return _normalise(image)[0]


def standardise_colour(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Normalise the colour of an image, and bring its chromatin to one depth too.

    Contrast, saturation and light that was added or taken away then change little as well, but for what the camera
    clipped. Images without one dominant stain keep their contrast.

    Args:
        image: (H, W, 3) uint8 RGB.

    Returns:
        (H, W, 3) uint8 RGB.
    """
    normalised, stained = _normalise(image)
    return _at_standard_level(normalised) if stained else normalised


def as_read(image: NDArray[np.uint8], colour: str) -> NDArray[np.uint8]:
    """Return an image (H, W, 3) uint8 RGB as a model reads it: "as_taken", "normalised" or "standardised"."""
    if colour == "as_taken":
        return image
    return standardise_colour(image) if colour == "standardised" else normalise_colour(image)


def stain_hue(image: NDArray[np.uint8]) -> tuple[float, float]:
    """Measure the hue of what is stained in an image (H, W, 3) uint8 RGB.

    Returns:
        The mean hue, 0 to 180 (OpenCV's scale), weighted by colour strength; and how far the hues
        agree, from 0 (all directions alike) to 1 (one hue).
    """
    _, hues, weights = _chromatin(image)
    directions = np.exp(hues.astype(np.float32) * (2j * np.pi / 256))
    total = complex((weights * directions).sum())
    agreement = abs(total) / max(float(weights.sum()), 1.0)
    return float(np.degrees(np.angle(total)) / 2 % 180), agreement


def turn_hue(image: NDArray[np.uint8], degrees: float) -> NDArray[np.uint8]:
    """Return an image (H, W, 3) uint8 RGB with every hue turned by `degrees` on OpenCV's scale of 180."""
    hsv = cv2.cvtColor(image, cv2.COLOR_RGB2HSV_FULL)
    table = ((np.arange(256) + round(degrees * _FULL)) % 256).astype(np.uint8)
    hsv[..., 0] = cv2.LUT(hsv[..., 0], table)
    return cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB_FULL).astype(np.uint8, copy=False)


def _normalise(image: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], bool]:
    """Return the image under an even light, its hues turned where it has a stain to go by, and whether it has one."""
    turned = _at_standard_hue(image)
    if turned is None:
        return normalise_illumination(image), False
    lit = normalise_illumination(turned)
    again = _at_standard_hue(lit)
    return (lit if again is None else again), True


def _at_standard_hue(image: NDArray[np.uint8]) -> NDArray[np.uint8] | None:
    """Return the image turned, or None where it has no stain to go by or one that no smear has."""
    hue, agreement = stain_hue(image)
    turn = (STANDARD_HUE - hue + 90.0) % 180.0 - 90.0
    if agreement < _LEAST_AGREEMENT or not _TURNS[0] <= turn <= _TURNS[1]:
        return None
    return turn_hue(image, turn)


def _at_standard_level(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return a white-balanced image with the darkness of every pixel multiplied until chromatin is as light as usual.

    White stays white and hues stay: all three channels are stretched alike, away from white.
    """
    small, _, weights = _chromatin(image)
    darkness = float(np.average(255.0 - small.mean(axis=2), weights=weights))
    contrast = float(np.clip((255.0 - STANDARD_LEVEL) / max(darkness, 1.0), *_CONTRASTS))
    table = np.clip(255.0 - (255.0 - np.arange(256)) * contrast, 0, 255).astype(np.uint8)
    return cv2.LUT(image, table).astype(np.uint8, copy=False)


def _chromatin(image: NDArray[np.uint8]) -> _Chromatin:
    """Find the chromatin of an image (H, W, 3) uint8 RGB."""
    small = cv2.resize(image, (_WORKING_SIDE, _WORKING_SIDE), interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
    hues = cv2.cvtColor(small, cv2.COLOR_RGB2HSV_FULL)[..., 0].astype(np.uint8, copy=False)
    low, high = (round(hue * _FULL) for hue in _STAIN_HUES)
    chroma = small.max(axis=2).astype(np.float32) - small.min(axis=2)
    chroma[(hues < low) | (hues > high)] = 0.0
    weights = np.where(chroma >= np.quantile(chroma, 1.0 - _STAINED_SHARE), chroma**2, np.float32(0.0))
    return _Chromatin(small, hues, weights + np.float32(1e-6))
