"""Pictures stored with an answer: lossless, and bounded in size."""

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from blastlens.imaging.overlay import encode_png

MAX_PIXELS = 12_000_000
"""Pixels of the largest picture that is stored: about what a screen shows at twice its size."""


def encode_picture(rgb: NDArray[np.uint8]) -> bytes:
    """Encode a picture as a PNG file of at most `MAX_PIXELS` pixels; a larger one is scaled down.

    Coordinates in the file of cells stay those of the uploaded image.

    Args:
        rgb: uint8 (H, W, 3).
    """
    return encode_png(fit_pixels(rgb))


def fit_pixels(rgb: NDArray[np.uint8], limit: int = MAX_PIXELS) -> NDArray[np.uint8]:
    """Scale a picture down to at most `limit` pixels, by the mean of those that share one; a small one stays as it is.

    Args:
        rgb: uint8 (H, W, 3).
        limit: number of pixels.

    Returns:
        uint8 (H', W', 3), with the same proportions to within a pixel.
    """
    height, width = rgb.shape[:2]
    if height * width <= limit:
        return rgb
    scale = math.sqrt(limit / (height * width))
    # A thin strip keeps one pixel of its short side, and its long side is limited by itself.
    rows = min(max(1, int(height * scale)), limit)
    columns = min(max(1, int(width * scale)), limit // rows)
    return np.asarray(cv2.resize(rgb, (columns, rows), interpolation=cv2.INTER_AREA), dtype=np.uint8)
