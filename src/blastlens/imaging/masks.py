"""What every way of finding the blasts shares: from stained pixels to whole cells."""

import cv2
import numpy as np
from cv2.typing import MatLike
from numpy.typing import NDArray


def kernel_size(image: NDArray[np.uint8]) -> int:
    """Return the odd width in pixels that smooths an image (H, W, 3) alike at every magnification: 3 at 224 pixels."""
    shorter_side: int = min(image.shape[:2])
    return 2 * max(1, round(shorter_side / 224)) + 1


def whole_cells(stained: MatLike, size: int, debris_fraction: float) -> NDArray[np.bool_]:
    """Make a blast mask of stained pixels: specks and thin bridges go, gaps close, holes are filled.

    Args:
        stained: (H, W) uint8, 255 where a pixel has the blasts' stain, 0 elsewhere.
        size: odd width in pixels of what counts as a speck or a gap.
        debris_fraction: objects below this share of the image are debris, not blasts; 0 to 1.

    Returns:
        (H, W) bool.
    """
    ellipse = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    opened = cv2.morphologyEx(stained, cv2.MORPH_OPEN, ellipse)
    closed = cv2.morphologyEx(opened, cv2.MORPH_CLOSE, ellipse)
    return _fill_large_objects(closed, debris_fraction)


def _fill_large_objects(stained: MatLike, debris_fraction: float) -> NDArray[np.bool_]:
    """Keep objects that are no debris, with the holes inside them filled."""
    contours, _ = cv2.findContours(stained, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    smallest = debris_fraction * stained.size
    blasts = [contour for contour in contours if cv2.contourArea(contour) >= smallest]
    filled = np.zeros_like(stained)
    cv2.drawContours(filled, blasts, -1, 255, thickness=cv2.FILLED)
    return filled > 0
