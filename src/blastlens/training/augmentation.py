"""Varies images while a model learns: turned, mirrored, lit and stained a little differently."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Augmentation:
    """How far an image may be changed; every amount is the largest change, drawn uniformly.

    Attributes:
        flips: mirror left-right and up-down, each with probability one half.
        quarter_turns: turn by 0, 90, 180 or 270 degrees.
        brightness: share of the full range added or taken.
        contrast: share by which the distance from the mean grows or shrinks.
        hue: degrees on OpenCV's scale of 180.
        saturation: share by which colours grow stronger or weaker.
    """

    flips: bool = True
    quarter_turns: bool = True
    brightness: float = 0.05
    contrast: float = 0.08
    hue: float = 0.0
    saturation: float = 0.0


def augment(
    image: NDArray[np.uint8],
    mask_share: NDArray[np.uint8],
    amounts: Augmentation,
    generator: np.random.Generator,
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Change an image (S, S, 3) uint8 RGB and its mask share (S, S) uint8 alike; colours of the image alone."""
    if amounts.quarter_turns:
        turns = int(generator.integers(4))
        image, mask_share = np.rot90(image, turns), np.rot90(mask_share, turns)
    if amounts.flips:
        for axis in (0, 1):
            if generator.random() < 0.5:
                image, mask_share = np.flip(image, axis), np.flip(mask_share, axis)
    return _recolour(np.ascontiguousarray(image), amounts, generator), np.ascontiguousarray(mask_share)


def _recolour(image: NDArray[np.uint8], amounts: Augmentation, generator: np.random.Generator) -> NDArray[np.uint8]:
    if amounts.hue or amounts.saturation:
        hsv = cv2.cvtColor(image, cv2.COLOR_RGB2HSV)
        turn = round(generator.uniform(-amounts.hue, amounts.hue))
        factor = 1.0 + generator.uniform(-amounts.saturation, amounts.saturation)
        hsv[..., 0] = (hsv[..., 0].astype(np.int16) + turn) % 180
        hsv[..., 1] = np.clip(hsv[..., 1] * factor, 0, 255).astype(np.uint8)
        image = cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB).astype(np.uint8, copy=False)
    contrast = 1.0 + generator.uniform(-amounts.contrast, amounts.contrast)
    brightness = 255.0 * generator.uniform(-amounts.brightness, amounts.brightness)
    mean = float(image.mean())
    changed: NDArray[np.float32] = (image.astype(np.float32) - mean) * contrast + mean + brightness
    return np.clip(changed, 0, 255).astype(np.uint8)
