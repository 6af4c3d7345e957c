"""Width of stained cells as a share of the field, from the blast mask."""

import cv2
import numpy as np
from numpy.typing import NDArray

_WORKING_SIDE = 448  # pixels of the side of a square as large as the working mask
_QUANTILE = 0.85  # of the stained pixels: the middle of the larger cells; thin rims and specks lie below


def measure_cell_width(mask: NDArray[np.bool_]) -> float:
    """Return the width of the larger stained cells as a share of the field's side.

    Twice a high quantile of the distances of stained pixels to the edge of their cell, over the side of a square of
    the field's area. It does not depend on the resolution of the file. 0 without stained pixels.

    Args:
        mask: (H, W) bool, True inside stained cells.
    """
    height, width = mask.shape
    scale = _WORKING_SIDE / (height * width) ** 0.5
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    resized = cv2.resize(
        mask.astype(np.uint8) * 255, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    )
    framed = cv2.copyMakeBorder((resized > 127).astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    depths = cv2.distanceTransform(framed, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    inside = depths[depths > 0]
    return 2.0 * float(np.quantile(inside, _QUANTILE)) / _WORKING_SIDE if inside.size else 0.0
