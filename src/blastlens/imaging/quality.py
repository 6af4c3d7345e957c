"""Is there a smear worth reading? What is measured of an image, and where the limits lie."""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from blastlens.domain.errors import Reason, UploadRefused
from blastlens.domain.prediction import Quality

WORKING_SIDE = 224  # pixels of the longest side when measuring; the model reads less, so finer focus cannot help it
_TILE = 28
_TILE_QUANTILE = 0.85
_LIGHT = 0.6
_COLOURED = 0.25
_DARK = 0.43
_GREY = 0.157  # chroma below which a dark pixel has no colour
_FOREIGN_HUES = (20, 85)  # OpenCV hues, yellow to green-blue: no Romanowsky stain takes them
_WHITE_QUANTILE = 0.95
_GREATEST_GAIN = 2.0
_WHITE = 254  # of 255: JPEG moves what the camera clipped by one


@dataclass(frozen=True)
class QualityLimits:
    """Where a measured quality stops being readable.

    Found by measuring 3,022 real smears of three laboratories, which keep a distance from every limit, and the same
    smears blurred, darkened or brightened, which do not. tests/unit/imaging/test_quality.py measures again.

    Attributes:
        least_brightness: of the whole image; the darkest real smear has 0.64.
        greatest_brightness: the emptiest real field has 0.96. With 15 % of the range added, pale smears reach 0.996,
            and the model read 22 of 24 of them; with all values multiplied by 1.7 they have 0.999, and nothing is left.
        least_contrast: below it the image is one even colour; real smears have at least 0.055. With 15 % of the range
            added, the palest have 0.018, and their cells are still found.
        least_focus: real smears have at least 3.5; blurred by 6 pixels of 224 and noisy, at most 1.3.
        least_stained: share of the image; two real smears have none, the next 0.006.
        least_background: of plasma, glass and pale red cells; the most crowded real field has 0.43.
        greatest_foreign: of colours that no stain takes; real smears have at most 0.0002.
        greatest_grey: of dark pixels without colour; real smears have at most 0.003, all of it their scale bar's.
    """

    least_brightness: float = 0.35
    greatest_brightness: float = 0.997
    least_contrast: float = 0.015
    least_focus: float = 2.0
    least_stained: float = 0.004
    least_background: float = 0.15
    greatest_foreign: float = 0.02
    greatest_grey: float = 0.02


LIMITS = QualityLimits()


def measure(rgb: NDArray[np.uint8], mask: NDArray[np.bool_]) -> Quality:
    """Measure an image; nothing is judged.

    Args:
        rgb: the image, uint8 (H, W, 3).
        mask: its blast mask, bool (H, W).
    """
    small = _at_working_size(rgb)
    luminance = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY).astype(np.float32)
    background, foreign, grey = _measure_colours(small)
    return Quality(
        focus=_measure_focus(luminance),
        brightness=float(luminance.mean()) / 255,
        contrast=float(luminance.std()) / 255,
        stained_fraction=float(mask.mean()),
        background_fraction=background,
        foreign_fraction=foreign,
        grey_fraction=grey,
    )


def judge(quality: Quality, limits: QualityLimits = LIMITS) -> None:
    """Let a readable image pass.

    Raises:
        UploadRefused: TOO_DARK, TOO_BRIGHT, NOT_A_SMEAR, BLURRED or NO_STAINED_CELLS, whichever comes first.
    """
    for fails, reason, message in _findings(quality, limits):
        if fails:
            raise UploadRefused(reason, message)


def white_share(rgb: NDArray[np.uint8]) -> float:
    """Return the share of an image (H, W, 3) uint8 RGB that is white in every channel: what lay there is lost."""
    return float((_at_working_size(rgb).min(axis=2) >= _WHITE).mean())


def _findings(quality: Quality, limits: QualityLimits) -> Iterator[tuple[bool, Reason, str]]:
    """Yield every test in the order in which a technician would mend the image."""
    yield (
        quality.brightness < limits.least_brightness,
        Reason.TOO_DARK,
        "The image is too dark: raise the lamp or the exposure time and take it again.",
    )
    yield (
        quality.brightness > limits.greatest_brightness,
        Reason.TOO_BRIGHT,
        "The image is too bright: lower the lamp or the exposure time and take it again.",
    )
    yield (
        quality.contrast < limits.least_contrast and quality.foreign_fraction <= limits.greatest_foreign,
        Reason.NO_STAINED_CELLS,
        "The image is one even colour: move to a field with cells, bring it into focus and take the image again.",
    )
    yield (
        quality.foreign_fraction > limits.greatest_foreign
        or quality.grey_fraction > limits.greatest_grey
        or quality.background_fraction < limits.least_background,
        Reason.NOT_A_SMEAR,
        "The image does not look like a stained blood smear in bright field: check that the right file was uploaded.",
    )
    yield (
        quality.focus < limits.least_focus,
        Reason.BLURRED,
        "The image is out of focus: focus on the cells and take it again.",
    )
    yield (
        quality.stained_fraction < limits.least_stained,
        Reason.NO_STAINED_CELLS,
        "No stained white cells are in the image: move to a field that holds some and take it again.",
    )


def _at_working_size(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    height, width = rgb.shape[:2]
    scale = WORKING_SIDE / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    shrunk = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    return np.asarray(shrunk, dtype=np.uint8)


def _measure_focus(luminance: NDArray[np.float32]) -> float:
    """Return a high quantile over tiles of the variance of the smoothed Laplacian, in grey levels squared.

    Smoothing first keeps the camera's noise from passing as detail. A quantile over tiles, where the whole image's
    variance would be natural, keeps a scale bar burnt into one corner from standing in for cells in focus.
    """
    edges = cv2.Laplacian(cv2.GaussianBlur(luminance, (0, 0), 1.0), cv2.CV_32F)
    height, width = edges.shape
    tiles = [
        float(edges[top : top + _TILE, left : left + _TILE].var())
        for top in range(0, max(1, height - _TILE // 2), _TILE)
        for left in range(0, max(1, width - _TILE // 2), _TILE)
    ]
    return float(np.quantile(tiles, _TILE_QUANTILE))


def _measure_colours(small: NDArray[np.uint8]) -> tuple[float, float, float]:
    """Return the shares of light, hardly coloured pixels, of strong colours that no stain makes, and of dark grey."""
    balanced = _white_balanced(small)
    chroma = (balanced.max(axis=2).astype(np.float32) - balanced.min(axis=2)) / 255
    hue = cv2.cvtColor(balanced, cv2.COLOR_RGB2HSV)[..., 0]
    light = balanced.max(axis=2) > _LIGHT * 255
    foreign = (hue > _FOREIGN_HUES[0]) & (hue < _FOREIGN_HUES[1]) & (chroma > _COLOURED)
    grey = (balanced.max(axis=2) < _DARK * 255) & (chroma < _GREY)
    return float((light & (chroma < _COLOURED)).mean()), float(foreign.mean()), float(grey.mean())


def _white_balanced(small: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Make the brightest field white, within reason, so that a yellow lamp is not taken for a yellow object."""
    white = np.quantile(small.reshape(-1, 3), _WHITE_QUANTILE, axis=0)
    gain = np.clip(255 / np.maximum(white, 1), 1, _GREATEST_GAIN)
    return np.clip(small * gain, 0, 255).astype(np.uint8)
