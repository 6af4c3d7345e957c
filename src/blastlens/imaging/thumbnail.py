"""Thumbnails: small copies of fields, for cheap checks."""

import cv2
import numpy as np
from numpy.typing import NDArray

THUMBNAIL_SIDE = 448
"""Pixels of a thumbnail's longest side: a burnt-in scale bar of a large field is still visible in it."""

_ROWS_AVERAGED = 2  # at least, for each row of a thumbnail: all rows of 50 megapixels take half a second

HOME_PIXEL_SIZE_UM = 0.5
"""Micrometres per pixel at which cells are found and windows are read: that of the training images."""


def make_thumbnail(image: NDArray[np.uint8], side: int = THUMBNAIL_SIDE) -> NDArray[np.uint8]:
    """Shrink an image (H, W, 3) uint8 RGB until its longest side has `side` pixels; a smaller one is returned as it is.

    A pixel of the thumbnail is a mean of those that it stands for, of every n-th row where they are many.
    """
    height, width = image.shape[:2]
    scale = side / max(height, width)
    if scale >= 1:
        return image
    size = max(1, round(width * scale)), max(1, round(height * scale))
    step = max(1, int(1 / scale) // _ROWS_AVERAGED)
    rows = image[min(step // 2, height - 1) :: step]
    return cv2.resize(rows, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
