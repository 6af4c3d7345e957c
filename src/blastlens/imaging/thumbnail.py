"""Small copies of fields: thumbnails, and images at the home scale."""

import cv2
import numpy as np
from numpy.typing import NDArray

from blastlens.imaging.containers.container import MAX_PIXELS
from blastlens.imaging.usable_area import UsableArea

THUMBNAIL_SIDE = 448
"""Pixels of a thumbnail's longest side: a burnt-in scale bar of a large field is still visible in it."""


_ROWS_AVERAGED = 3  # at least, for each row of a thumbnail: all rows of 50 megapixels take half a second

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
    return cv2.resize(image[step // 2 :: step], size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)


def make_working_image(image: NDArray[np.uint8], pixel_size_um: float, area: UsableArea) -> NDArray[np.uint8]:
    """Resample the usable area of a field to the home scale, so that nothing later reads the full size.

    Args:
        image: the field, (H, W, 3) uint8 RGB.
        pixel_size_um: micrometres per pixel of the field.
        area: the field's usable area; what lies outside is cut off or painted with its background.

    Returns:
        (h, w, 3) uint8 RGB of HOME_PIXEL_SIZE_UM. It may share memory with the image.

    Raises:
        ValueError: the working image would have more than MAX_PIXELS, or the pixel size is not above 0.
    """
    cut = area.crop(image)
    height, width = find_working_size(cut.shape[0], cut.shape[1], pixel_size_um)
    if height * width > MAX_PIXELS:
        raise ValueError(f"a working image of {height} x {width} pixels is too large")
    if (height, width) == cut.shape[:2]:
        return area.cut(image)
    how = cv2.INTER_AREA if height < cut.shape[0] else cv2.INTER_LINEAR
    return area.inner().fill(cv2.resize(cut, (width, height), interpolation=how).astype(np.uint8, copy=False))


def find_working_size(height: int, width: int, pixel_size_um: float) -> tuple[int, int]:
    """Return height and width in pixels of the home scale, at least 1, of a field in pixels of a size."""
    if not pixel_size_um > 0:
        raise ValueError(f"a pixel size of {pixel_size_um} um is not above 0")
    factor = pixel_size_um / HOME_PIXEL_SIZE_UM
    return max(1, round(height * factor)), max(1, round(width * factor))
