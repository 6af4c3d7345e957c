"""Illumination correction: lamp colour, white balance and shading."""

import cv2
import numpy as np
from numpy.typing import NDArray

_GRID = 64  # illumination varies smoothly: a coarse grid is sufficient
_BACKGROUND_SHARE = 0.30  # of the grid; stain absorbs green, so the greenest cells are background
_LARGEST_SLOPE = 0.25  # in log intensity from the centre to a border; lamps are not steeper


def _make_plane() -> NDArray[np.float32]:
    axis = np.linspace(-1.0, 1.0, _GRID, dtype=np.float32)
    across, down = np.meshgrid(axis, axis)
    return np.stack([np.ones(_GRID * _GRID, np.float32), across.ravel(), down.ravel()], axis=1)


_PLANE = _make_plane()
"""Constant, place across and place down of each grid cell, (4096, 3)."""


def normalise_illumination(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Divide an image by its estimated illumination.

    The logarithm of each channel is fitted by a plane over the brightest cells of a coarse grid
    (multiplicative shading model, after Tomazevic, Likar and Pernus 2002, J Microsc 208:212).

    Args:
        image: (H, W, 3) uint8 RGB.

    Returns:
        (H, W, 3) uint8 RGB whose background is close to (255, 255, 255).
    """
    light = _estimate_illumination(image)
    height, width = image.shape[:2]
    full = cv2.resize(light, (width, height), interpolation=cv2.INTER_LINEAR)
    return cv2.divide(image, full, scale=255.0, dtype=cv2.CV_8U).astype(np.uint8, copy=False)


def _estimate_illumination(image: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the illumination at each grid cell, (64, 64, 3) float32, 1 to 255."""
    grid = cv2.resize(image, (_GRID, _GRID), interpolation=cv2.INTER_AREA).reshape(-1, 3).astype(np.float32)
    green = grid[:, 1]
    background = green >= np.quantile(green, 1.0 - _BACKGROUND_SHARE)
    logarithm = np.log(np.maximum(grid[background], 1.0))
    coefficients = np.linalg.lstsq(_PLANE[background], logarithm, rcond=None)[0]
    coefficients[1:] = np.clip(coefficients[1:], -_LARGEST_SLOPE, _LARGEST_SLOPE)
    light = np.exp(_PLANE @ coefficients).reshape(_GRID, _GRID, 3)
    return np.clip(light, 1.0, None).astype(np.float32)
