"""Cleaning of blast masks: from stained pixels to whole cells."""

import cv2
import numpy as np
from cv2.typing import MatLike
from numpy.typing import NDArray


def choose_kernel_size(image: NDArray[np.uint8]) -> int:
    """Return the odd kernel width in pixels for an image (H, W, 3).

    It is 3 at 224 pixels and grows with the image.
    """
    shorter_side: int = min(image.shape[:2])
    return 2 * max(1, round(shorter_side / 224)) + 1


def clean_mask(stained: MatLike, size: int, debris_fraction: float) -> NDArray[np.bool_]:
    """Make a blast mask from stained pixels.

    Remove specks and thin bridges, close gaps, fill holes.

    Args:
        stained: (H, W) uint8, 255 where a pixel has the stain of blasts, 0 elsewhere.
        size: odd kernel width in pixels; smaller specks and gaps disappear.
        debris_fraction: objects below this share of the image are debris, not blasts; 0 to 1.

    Returns:
        (H, W) bool.
    """
    ellipse = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    opened = cv2.morphologyEx(stained, cv2.MORPH_OPEN, ellipse)
    closed = cv2.morphologyEx(opened, cv2.MORPH_CLOSE, ellipse)
    return _fill_large_objects(closed, debris_fraction)


def _fill_large_objects(stained: MatLike, debris_fraction: float) -> NDArray[np.bool_]:
    """Keep objects larger than debris, with their holes filled."""
    contours, _ = cv2.findContours(stained, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    smallest = debris_fraction * stained.size
    blasts = [contour for contour in contours if cv2.contourArea(contour) >= smallest]
    filled = np.zeros_like(stained)
    cv2.drawContours(filled, blasts, -1, 255, thickness=cv2.FILLED)
    return filled > 0
