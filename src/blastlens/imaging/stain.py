"""Stain normalisation: one white and one purple for every smear."""

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from blastlens.imaging.channels import greatest_channel, least_channel
from blastlens.imaging.illumination import normalise_illumination

STANDARD_HUE = 127.0
"""Hue of stained chromatin in every normalised image, on OpenCV's scale of 180. In images of four laboratories, after
illumination correction, chromatin has hues between 122 and 140."""

STANDARD_LEVEL = 169.0
"""Lightness of that chromatin, as the mean of its three channels, 0 to 255: the mean of the Early and Pre classes."""

_CONTRASTS = (0.6, 3.0)
"""Limits of the change of contrast. Pale Pro-B smears need 1.6, and 2.9 where they are overexposed by 15 %."""

_DIRECTIONS = np.exp(np.arange(256, dtype=np.float32) * (2j * np.pi / 256))
"""Every hue on OpenCV's scale of 256 as a point of the unit circle, (256,) complex64."""

_WORKING_SIDE = 112
_STAINED_SHARE = 0.02  # of the image: its most colourful part is chromatin; a larger share includes red cells
_STAIN_HUES = (95, 168)  # blue to magenta as taken; redder or greener pixels are red cells or labels, not chromatin
_LEAST_AGREEMENT = 0.5  # of the hues, 0 to 1; below it the image has no dominant stain
_ROTATIONS = (-30.0, 20.5)
"""Limits of the rotation of hues. Real smears need -17 to 10, with hues shifted by 10 -26 to 19.5; red cells without
any blast need 22 and more, and must not be turned into chromatin."""


_FULL = 256 / 180  # OpenCV's fine hue scale over its usual one


class _Chromatin(NamedTuple):
    """The most colourful part of an image among blue to magenta.

    Attributes:
        small: the image at working size (S, S, 3) uint8 RGB.
        hues: its hues (S, S) uint8 on OpenCV's scale of 256.
        weights: weight of each pixel (S, S) float32 as chromatin: the square of its colourfulness; sum above 0.
    """

    small: NDArray[np.uint8]
    hues: NDArray[np.uint8]
    weights: NDArray[np.float32]


def normalise_colour(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Make the background white, and rotate all hues to the standard purple.

    The result does not depend on the hue of the image as taken: an earlier rotation of its hues is undone to within
    rounding. The hues are rotated twice, before and after illumination correction, because a coloured light shifts hues
    too. Images without a dominant stain keep their hues.

    Args:
        image: (H, W, 3) uint8 RGB.

    Returns:
        (H, W, 3) uint8 RGB.
    """
    return _normalise(image)[0]


def standardise_colour(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Normalise the colour, and scale the contrast to the standard lightness.

    The result then hardly depends on contrast, saturation and exposure either, except where the camera clipped values.
    Images without a dominant stain keep their contrast.

    Args:
        image: (H, W, 3) uint8 RGB.

    Returns:
        (H, W, 3) uint8 RGB.
    """
    normalised, stained = _normalise(image)
    return _scale_to_standard_level(normalised) if stained else normalised


def prepare_colour(image: NDArray[np.uint8], colour: str) -> NDArray[np.uint8]:
    """Return an image (H, W, 3) uint8 RGB in a model's colour.

    "as_taken", "normalised" or "standardised".
    """
    if colour == "as_taken":
        return image
    return standardise_colour(image) if colour == "standardised" else normalise_colour(image)


def measure_stain_hue(image: NDArray[np.uint8]) -> tuple[float, float]:
    """Measure the hue of the stain in an image (H, W, 3) uint8 RGB.

    Returns:
        The mean hue, 0 to 180 (OpenCV's scale), weighted by colour strength; and the agreement of the hues,
        from 0 (uniform) to 1 (one hue).
    """
    _, hues, weights = _find_chromatin(image)
    total = complex((weights * _DIRECTIONS[hues]).sum())
    agreement = abs(total) / max(float(weights.sum()), 1.0)
    return float(np.degrees(np.angle(total)) / 2 % 180), agreement


def rotate_hue(image: NDArray[np.uint8], degrees: float) -> NDArray[np.uint8]:
    """Rotate every hue of an image (H, W, 3) uint8 RGB.

    `degrees` are on OpenCV's scale of 180.
    """
    hsv = cv2.cvtColor(image, cv2.COLOR_RGB2HSV_FULL)
    table = ((np.arange(256) + round(degrees * _FULL)) % 256).astype(np.uint8)
    hsv[..., 0] = cv2.LUT(hsv[..., 0], table)
    return cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB_FULL).astype(np.uint8, copy=False)


def _normalise(image: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], bool]:
    """Normalise the colour, and return whether there is a dominant stain."""
    rotated = _rotate_to_standard_hue(image)
    if rotated is None:
        return normalise_illumination(image), False
    corrected = normalise_illumination(rotated)
    again = _rotate_to_standard_hue(corrected)
    return (corrected if again is None else again), True


def _rotate_to_standard_hue(image: NDArray[np.uint8]) -> NDArray[np.uint8] | None:
    """Return the image with rotated hues.

    None without a dominant stain, or with one that no smear has.
    """
    hue, agreement = measure_stain_hue(image)
    rotation = (STANDARD_HUE - hue + 90.0) % 180.0 - 90.0
    if agreement < _LEAST_AGREEMENT or not _ROTATIONS[0] <= rotation <= _ROTATIONS[1]:
        return None
    return rotate_hue(image, rotation)


def _scale_to_standard_level(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Scale the darkness until chromatin has the standard lightness.

    White and hues do not change: all three channels are scaled equally, away from white.
    """
    small, _, weights = _find_chromatin(image)
    darkness = float(np.average(255.0 - small.mean(axis=2), weights=weights))
    contrast = float(np.clip((255.0 - STANDARD_LEVEL) / max(darkness, 1.0), *_CONTRASTS))
    table = np.clip(255.0 - (255.0 - np.arange(256)) * contrast, 0, 255).astype(np.uint8)
    return cv2.LUT(image, table).astype(np.uint8, copy=False)


def _find_chromatin(image: NDArray[np.uint8]) -> _Chromatin:
    """Find the chromatin of an image (H, W, 3) uint8 RGB."""
    small = cv2.resize(image, (_WORKING_SIDE, _WORKING_SIDE), interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
    hues = cv2.cvtColor(small, cv2.COLOR_RGB2HSV_FULL)[..., 0].astype(np.uint8, copy=False)
    low, high = (round(hue * _FULL) for hue in _STAIN_HUES)
    chroma = greatest_channel(small).astype(np.float32) - least_channel(small)
    chroma[(hues < low) | (hues > high)] = 0.0
    weights = np.where(chroma >= np.quantile(chroma, 1.0 - _STAINED_SHARE), chroma**2, np.float32(0.0))
    return _Chromatin(small, hues, weights + np.float32(1e-6))
