"""Augmentation of images before segmentation, and of model inputs at each step."""

import cv2
import numpy as np
from numpy.typing import NDArray

from blastlens.imaging.scale_bars import CORNERS, SCALE_BARS, draw_scale_bar, erase_scale_bar, fill_corner
from blastlens.imaging.stain import rotate_hue
from blastlens.training.data.transforms import blur, compress, motion_blur, move_and_zoom, shade, vary_stain
from blastlens.training.recipes.recipe import Augmentation

_USUAL_CORNER = 0.7  # share of drawn scale bars that lie in the corner where the training data has them
_DARKEST_BACKGROUND = 200  # level of 255
_LARGEST_TINT = 16  # difference between the channels of an empty background, in levels of 255


def augment(image: NDArray[np.uint8], amounts: Augmentation, generator: np.random.Generator) -> NDArray[np.uint8]:
    """Change an image (H, W, 3) uint8 RGB like another microscope, stain or camera.

    Both branches get the same result. Flips, quarter turns and hidden surroundings follow at each step.
    """
    image = _vary_scale_bar(image, amounts, generator)
    if amounts.rotation or amounts.zoom:
        image = move_and_zoom(image, amounts.rotation, amounts.zoom, generator)
    if amounts.stain:
        image = vary_stain(image, amounts.stain, generator)
    if amounts.hue or amounts.saturation:
        image = _vary_colour(image, amounts, generator)
    if amounts.shading:
        image = shade(image, amounts.shading, generator)
    image = _vary_exposure(image, amounts, generator)
    if amounts.blur:
        image = blur(image, amounts.blur, generator)
    if amounts.motion:
        image = motion_blur(image, amounts.motion, generator)
    return compress(image, amounts.jpeg, generator) if amounts.jpeg else image


def _vary_scale_bar(
    image: NDArray[np.uint8], amounts: Augmentation, generator: np.random.Generator
) -> NDArray[np.uint8]:
    """Erase the scale bar or draw another: its style follows the class in the data."""
    if generator.random() < amounts.no_bar:
        image = erase_scale_bar(image)
    if generator.random() < amounts.bar:
        style = SCALE_BARS[int(generator.integers(len(SCALE_BARS)))]
        anywhere = CORNERS[int(generator.integers(len(CORNERS)))]
        corner = "bottom_right" if generator.random() < _USUAL_CORNER else anywhere
        image = draw_scale_bar(image, style, generator, corner)
    return fill_corner(image, generator) if generator.random() < amounts.corner else image


def _vary_colour(image: NDArray[np.uint8], amounts: Augmentation, generator: np.random.Generator) -> NDArray[np.uint8]:
    turned = rotate_hue(image, generator.uniform(-amounts.hue, amounts.hue))
    factor = 1.0 + generator.uniform(-amounts.saturation, amounts.saturation)
    grey = cv2.cvtColor(turned, cv2.COLOR_RGB2GRAY)[..., None].astype(np.float32)
    return np.clip(grey + (turned - grey) * factor, 0, 255).astype(np.uint8)


def _vary_exposure(
    image: NDArray[np.uint8], amounts: Augmentation, generator: np.random.Generator
) -> NDArray[np.uint8]:
    contrast = 1.0 + generator.uniform(-amounts.contrast, amounts.contrast)
    factor = 1.0 + generator.uniform(-amounts.exposure, amounts.exposure)
    added = 255.0 * generator.uniform(-amounts.brightness, amounts.brightness)
    mean = float(image.mean())
    table = ((np.arange(256) - mean) * contrast + mean) * factor + added
    return cv2.LUT(image, np.clip(table, 0, 255).astype(np.uint8)).astype(np.uint8, copy=False)


def mirror_and_turn(
    image: NDArray[np.uint8], mask_share: NDArray[np.uint8], amounts: Augmentation, generator: np.random.Generator
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Mirror and turn an image (S, S, 3) and its mask share (S, S), both uint8."""
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
    """Crop an image and its mask share to a square, around a blast if there is one.

    Args:
        image: (S, S, 3) uint8 RGB.
        mask_share: (S, S) uint8; blasts are drawn by it.
        side: of the square, in pixels.
        generator: draws the centre.

    Returns:
        (side, side, 3) and (side, side), both uint8.
    """
    weights = mask_share.ravel().astype(np.float64)
    if not weights.any():
        weights += 1.0
    centre = np.unravel_index(generator.choice(weights.size, p=weights / weights.sum()), mask_share.shape)
    top, left = (int(np.clip(at - side // 2, 0, len(image) - side)) for at in centre)
    within = slice(top, top + side), slice(left, left + side)
    return image[within], mask_share[within]
