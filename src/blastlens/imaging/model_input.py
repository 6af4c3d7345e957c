"""Model input: images and masks at the model's size, for training and serving."""

import cv2
import numpy as np
from numpy.typing import NDArray


def shrink(image: NDArray[np.uint8], mask: NDArray[np.bool_], size: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Resize an image and its mask to a square, without cropping.

    The training images appear to be resized from 4:3 in the same manner; a crop would change the shape of every cell
    (docs/adr/0031).

    Args:
        image: (H, W, 3) uint8 RGB.
        mask: (H, W) bool.
        size: side of the square in pixels.

    Returns:
        (size, size, 3) uint8 RGB, and (size, size) uint8 with the mask's share of each pixel, 0 to 255.
    """
    small = cv2.resize(image, (size, size), interpolation=cv2.INTER_AREA)
    share = cv2.resize(mask.astype(np.uint8) * 255, (size, size), interpolation=cv2.INTER_AREA)
    return small.astype(np.uint8, copy=False), share.astype(np.uint8, copy=False)


def segmented_input(image: NDArray[np.uint8], mask_share: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Multiply images (..., H, W, 3) uint8 by mask shares (..., H, W), 0 to 255."""
    product = image.astype(np.uint16) * mask_share[..., None]
    return (product // 255).astype(np.uint8)
