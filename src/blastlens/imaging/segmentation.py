"""Finds the blasts by their stain: two thresholds on the purple hue, in HSV."""

from dataclasses import dataclass

import cv2
import numpy as np
from cv2.typing import MatLike
from numpy.typing import NDArray

from blastlens.imaging.illumination import normalise_illumination


@dataclass(frozen=True)
class SegmentationSettings:
    """Thresholds of the blast mask. They live in the model package.

    Attributes:
        hue_low: least hue of stained chromatin, OpenCV scale 0 to 179.
        hue_high: greatest hue of stained chromatin.
        saturation_low: least saturation ever taken as stain, 0 to 255; lets pale Pro-B cells in.
        saturation_high: what the adaptive saturation threshold never exceeds.
        otsu_factor: the adaptive threshold is this factor times Otsu's of the purple pixels.
        debris_fraction: objects below this share of the image are debris, not blasts.
    """

    hue_low: int = 119
    hue_high: int = 152
    saturation_low: int = 45
    saturation_high: int = 90
    otsu_factor: float = 0.8
    debris_fraction: float = 0.001

    def __post_init__(self) -> None:
        in_range = 0 <= self.hue_low < self.hue_high <= 179 and 0 < self.saturation_low <= self.saturation_high <= 255
        if not in_range or self.otsu_factor <= 0 or not 0 <= self.debris_fraction < 1:
            raise ValueError(f"segmentation settings out of range: {self}")


def segment(image: NDArray[np.uint8], settings: SegmentationSettings) -> NDArray[np.bool_]:
    """Return the blast mask of an image.

    Args:
        image: (H, W, 3) uint8 RGB.
        settings: thresholds, from the model package.

    Returns:
        (H, W) bool, True inside stained cells; small debris removed, holes filled.
    """
    size = _kernel_size(image)
    smooth = cv2.GaussianBlur(normalise_illumination(image), (size, size), 0)
    hsv = cv2.cvtColor(smooth, cv2.COLOR_RGB2HSV)
    saturation = _saturation_threshold(hsv, settings)
    stained = cv2.inRange(hsv, (settings.hue_low, saturation, 0), (settings.hue_high, 255, 255))
    ellipse = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    opened = cv2.morphologyEx(stained, cv2.MORPH_OPEN, ellipse)
    closed = cv2.morphologyEx(opened, cv2.MORPH_CLOSE, ellipse)
    return _fill_large_objects(closed, settings.debris_fraction)


def black_out(image: NDArray[np.uint8], mask: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Return the segmented image: `image` (H, W, 3) uint8 RGB with everything outside `mask` (H, W) black."""
    return image * mask[..., None].astype(np.uint8)


def _kernel_size(image: NDArray[np.uint8]) -> int:
    """Return the odd width in pixels that smooths alike at every magnification: 3 at 224 pixels."""
    shorter_side: int = min(image.shape[:2])
    return 2 * max(1, round(shorter_side / 224)) + 1


def _saturation_threshold(hsv: MatLike, settings: SegmentationSettings) -> int:
    """Adapt to how deeply this smear took the stain: Otsu 1979 over the purple pixels alone."""
    low, high = settings.saturation_low, settings.saturation_high
    purple = cv2.inRange(hsv, (settings.hue_low, low, 0), (settings.hue_high, 255, 255)) > 0
    saturations = hsv[..., 1][purple]
    if saturations.size == 0:
        return low
    otsu = float(cv2.threshold(saturations.reshape(-1, 1), 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)[0])
    return int(min(max(settings.otsu_factor * otsu, low), high))


def _fill_large_objects(stained: MatLike, debris_fraction: float) -> NDArray[np.bool_]:
    """Keep objects that are no debris, with the holes inside them filled."""
    contours, _ = cv2.findContours(stained, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    smallest = debris_fraction * stained.size
    blasts = [contour for contour in contours if cv2.contourArea(contour) >= smallest]
    filled = np.zeros_like(stained)
    cv2.drawContours(filled, blasts, -1, 255, thickness=cv2.FILLED)
    return filled > 0
