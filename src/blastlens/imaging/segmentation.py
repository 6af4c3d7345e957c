"""Blast segmentation by stain: HSV thresholds, or clusters of the a channel."""

from dataclasses import dataclass

import cv2
import numpy as np
from cv2.typing import MatLike
from numpy.typing import NDArray

from blastlens.imaging.illumination import normalise_illumination
from blastlens.imaging.kmeans_segmentation import LabSettings, segment_by_colour
from blastlens.imaging.masks import choose_kernel_size, clean_mask


@dataclass(frozen=True)
class SegmentationSettings:
    """Thresholds of the blast mask in HSV; part of the model package.

    Attributes:
        hue_low: least hue of stained chromatin, OpenCV scale 0 to 179.
        hue_high: greatest hue of stained chromatin.
        saturation_low: least saturation that counts as stain, 0 to 255; low enough for pale Pro-B cells.
        saturation_high: upper limit of the adaptive saturation threshold.
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


BlastSettings = SegmentationSettings | LabSettings
"""Settings of any segmentation method; their type selects the method."""


def segment(image: NDArray[np.uint8], settings: BlastSettings) -> NDArray[np.bool_]:
    """Return the blast mask of an image.

    Args:
        image: (H, W, 3) uint8 RGB.
        settings: from the model package.

    Returns:
        (H, W) bool, True inside stained cells; small debris removed, holes filled.
    """
    if isinstance(settings, LabSettings):
        return segment_by_colour(image, settings)
    return _segment_by_hue(image, settings)


def black_out(image: NDArray[np.uint8], mask: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Return the segmented image: black outside of the mask.

    `image` is (H, W, 3) uint8 RGB, `mask` is (H, W).
    """
    return image * mask[..., None].astype(np.uint8)


def _segment_by_hue(image: NDArray[np.uint8], settings: SegmentationSettings) -> NDArray[np.bool_]:
    size = choose_kernel_size(image)
    smooth = cv2.GaussianBlur(normalise_illumination(image), (size, size), 0)
    hsv = cv2.cvtColor(smooth, cv2.COLOR_RGB2HSV)
    saturation = _find_saturation_threshold(hsv, settings)
    stained = cv2.inRange(hsv, (settings.hue_low, saturation, 0), (settings.hue_high, 255, 255))
    return clean_mask(stained, size, settings.debris_fraction)


def _find_saturation_threshold(hsv: MatLike, settings: SegmentationSettings) -> int:
    """Return the saturation threshold for this smear's depth of stain.

    Otsu 1979 over the purple pixels.
    """
    low, high = settings.saturation_low, settings.saturation_high
    purple = cv2.inRange(hsv, (settings.hue_low, low, 0), (settings.hue_high, 255, 255)) > 0
    saturations = hsv[..., 1][purple]
    if saturations.size == 0:
        return low
    otsu = float(cv2.threshold(saturations.reshape(-1, 1), 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)[0])
    return int(min(max(settings.otsu_factor * otsu, low), high))
