"""Thumbnails: small copies of fields, for cheap checks."""

import cv2
import numpy as np
from numpy.typing import NDArray

THUMBNAIL_SIDE = 448
"""Pixels of a thumbnail's longest side: a burnt-in scale bar of a large field is still visible in it."""


def make_thumbnail(image: NDArray[np.uint8], side: int = THUMBNAIL_SIDE) -> NDArray[np.uint8]:
    """Shrink an image (H, W, 3) uint8 RGB until its longest side has `side` pixels; a smaller one is returned as it is.

    Each pixel of the thumbnail is the mean of those that it stands for.
    """
    height, width = image.shape[:2]
    scale = side / max(height, width)
    if scale >= 1:
        return image
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
