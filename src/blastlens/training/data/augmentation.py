"""Varies images while a model learns, before blasts are found in them: both branches see one picture."""

import cv2
import numpy as np
from numpy.typing import NDArray

from blastlens.imaging.scale_bars import CORNERS, SCALE_BARS, draw_scale_bar, erase_scale_bar, fill_corner
from blastlens.imaging.stain import turn_hue
from blastlens.training.data.transforms import blur, compress, motion_blur, move_and_zoom, shade, vary_stain
from blastlens.training.recipes.recipe import Augmentation

_USUAL_CORNER = 0.7  # share of drawn bars that lie where the training data has them


def augment(image: NDArray[np.uint8], amounts: Augmentation, generator: np.random.Generator) -> NDArray[np.uint8]:
    """Change an image (H, W, 3) uint8 RGB as another microscope, stain or camera would; the rest is for each step."""
    image = _relabel(image, amounts, generator)
    if amounts.rotation or amounts.zoom:
        image = move_and_zoom(image, amounts.rotation, amounts.zoom, generator)
    if amounts.stain:
        image = vary_stain(image, amounts.stain, generator)
    if amounts.hue or amounts.saturation:
        image = _recolour(image, amounts, generator)
    if amounts.shading:
        image = shade(image, amounts.shading, generator)
    image = _expose(image, amounts, generator)
    if amounts.blur:
        image = blur(image, amounts.blur, generator)
    if amounts.motion:
        image = motion_blur(image, amounts.motion, generator)
    return compress(image, amounts.jpeg, generator) if amounts.jpeg else image


def _relabel(image: NDArray[np.uint8], amounts: Augmentation, generator: np.random.Generator) -> NDArray[np.uint8]:
    """Take the scale bar away, or give another: its style follows the class in the training data."""
    if generator.random() < amounts.no_bar:
        image = erase_scale_bar(image)
    if generator.random() < amounts.bar:
        style = SCALE_BARS[int(generator.integers(len(SCALE_BARS)))]
        anywhere = CORNERS[int(generator.integers(len(CORNERS)))]
        corner = "bottom_right" if generator.random() < _USUAL_CORNER else anywhere
        image = draw_scale_bar(image, style, generator, corner)
    return fill_corner(image, generator) if generator.random() < amounts.corner else image


def _recolour(image: NDArray[np.uint8], amounts: Augmentation, generator: np.random.Generator) -> NDArray[np.uint8]:
    turned = turn_hue(image, generator.uniform(-amounts.hue, amounts.hue))
    factor = 1.0 + generator.uniform(-amounts.saturation, amounts.saturation)
    grey = cv2.cvtColor(turned, cv2.COLOR_RGB2GRAY)[..., None].astype(np.float32)
    return np.clip(grey + (turned - grey) * factor, 0, 255).astype(np.uint8)


def _expose(image: NDArray[np.uint8], amounts: Augmentation, generator: np.random.Generator) -> NDArray[np.uint8]:
    contrast = 1.0 + generator.uniform(-amounts.contrast, amounts.contrast)
    factor = 1.0 + generator.uniform(-amounts.exposure, amounts.exposure)
    added = 255.0 * generator.uniform(-amounts.brightness, amounts.brightness)
    mean = float(image.mean())
    table = ((np.arange(256) - mean) * contrast + mean) * factor + added
    return cv2.LUT(image, np.clip(table, 0, 255).astype(np.uint8)).astype(np.uint8, copy=False)


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
