"""Image quality: measurements, and the limits of a readable image."""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from blastlens.domain.errors import Reason, UploadRefused
from blastlens.domain.prediction import Quality

WORKING_SIDE = 224  # pixels of the longest side for measurements; the model's input is no larger
_TILE = 28
_TILE_QUANTILE = 0.85
_DIRECTIONS = np.arange(8) * np.pi / 8  # from the rows, in radians
_LIGHT = 0.6
_COLOURED = 0.25
_DARK = 0.43
_GREY = 0.157  # chroma below which a dark pixel has no colour
_FOREIGN_HUES = (20, 85)  # OpenCV hues, yellow to green-blue: no Romanowsky stain has them
_WHITE_QUANTILE = 0.95
_GREATEST_GAIN = 2.0
_WHITE = 254  # of 255: JPEG compression changes clipped values by one


@dataclass(frozen=True)
class QualityLimits:
    """Limits of the measurements of a readable image.

    Chosen on 3,022 real smears of three laboratories, which keep a distance from every limit, and on the same smears
    blurred, darkened or brightened, which do not. tests/unit/imaging/test_quality.py repeats the measurement.

    Attributes:
        least_brightness: of the whole image; the darkest real smear has 0.64.
        greatest_brightness: with 15 % of the range added, pale smears reach 0.996, and the model
            classified 22 of 24 of them; with all values multiplied by 1.7 they have 0.999, and no detail is left.
        brightest_field: the emptiest real field has 0.96. A brighter image with too little detail is overexposed.
        least_contrast: below it the image is one even colour; real smears have at least 0.055. With 15 % of the range
            added, the palest have 0.018, and their cells are still found.
        least_focus: real smears have at least 3.5; blurred by 6 pixels of 224 and noisy, at most 1.3.
        least_stained: share of the image; two real smears have none, the next 0.006.
        least_background: of plasma, glass and pale red cells; the most crowded real field has 0.43.
        greatest_foreign: of colours that no stain has; real smears have at most 0.0002.
        greatest_grey: of dark pixels without colour; real smears have at most 0.003, all of it in their scale bar.
        least_steadiness: the worst of the real smears with motion blur has 0.133. Blurred along
            a line of 24 pixels of 224, 90 % have less than the limit, of 16 pixels 45 %, of 8 pixels 2 %.
    """

    least_brightness: float = 0.35
    greatest_brightness: float = 0.997
    brightest_field: float = 0.97
    least_contrast: float = 0.015
    least_focus: float = 2.0
    least_stained: float = 0.004
    least_background: float = 0.15
    greatest_foreign: float = 0.02
    greatest_grey: float = 0.02
    least_steadiness: float = 0.1


LIMITS = QualityLimits()


def measure_quality(rgb: NDArray[np.uint8], mask: NDArray[np.bool_]) -> Quality:
    """Measure the quality of an image.

    Args:
        rgb: the image, uint8 (H, W, 3).
        mask: its blast mask, bool (H, W).

    Returns:
        The measurements; `check_quality` compares them with the limits.
    """
    small = _resize_to_working_size(rgb)
    luminance = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY).astype(np.float32)
    smooth = cv2.GaussianBlur(luminance, (0, 0), 1.0).astype(np.float32, copy=False)  # otherwise noise counts as detail
    background, foreign, grey = _measure_colours(small)
    return Quality(
        focus=_measure_focus(smooth),
        brightness=float(luminance.mean()) / 255,
        contrast=float(luminance.std()) / 255,
        stained_fraction=float(mask.mean()),
        background_fraction=background,
        foreign_fraction=foreign,
        grey_fraction=grey,
        steadiness=_measure_steadiness(smooth),
    )


def measure_white_share(rgb: NDArray[np.uint8]) -> float:
    """Return the share of pixels of an image that are clipped to white, 0 to 1.

    The image is (H, W, 3) uint8 RGB; a pixel counts if every channel is white.
    """
    return float((_resize_to_working_size(rgb).min(axis=2) >= _WHITE).mean())


def check_quality(quality: Quality, limits: QualityLimits = LIMITS) -> None:
    """Check that an image is readable.

    Raises:
        UploadRefused: TOO_DARK, TOO_BRIGHT, NOT_A_SMEAR, BLURRED or NO_STAINED_CELLS, whichever test fails first.
    """
    for failed, reason, message in _run_tests(quality, limits):
        if failed:
            raise UploadRefused(reason, message)


def _run_tests(quality: Quality, limits: QualityLimits) -> Iterator[tuple[bool, Reason, str]]:
    """Yield every test, in the order in which a technician can correct the image."""
    too_bright = Reason.TOO_BRIGHT, "The image is too bright: lower the lamp or the exposure time and take it again."
    washed_out = quality.brightness > limits.brightest_field
    yield (
        quality.brightness < limits.least_brightness,
        Reason.TOO_DARK,
        "The image is too dark: raise the lamp or the exposure time and take it again.",
    )
    yield quality.brightness > limits.greatest_brightness, *too_bright
    faint = quality.contrast < limits.least_contrast and quality.foreign_fraction <= limits.greatest_foreign
    yield faint and washed_out, *too_bright
    yield (
        faint,
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
    blurred = quality.focus < limits.least_focus
    unstained = quality.stained_fraction < limits.least_stained
    yield washed_out and (blurred or unstained), *too_bright
    yield blurred, Reason.BLURRED, "The image is out of focus: focus on the cells and take it again."
    yield (
        quality.steadiness < limits.least_steadiness,
        Reason.BLURRED,
        "The image is smeared along a line: let the stage come to rest and take it again.",
    )
    yield unstained, Reason.NO_STAINED_CELLS, _describe_lack_of_stain(quality.stained_fraction, limits.least_stained)


def _describe_lack_of_stain(stained: float, least: float) -> str:
    if stained == 0:
        return "No stained white cells are in the image: move to a field that holds some and take it again."
    return (
        f"Only {stained:.2%} of the image is stained like white cells, and {least:.1%} is needed: move to a field with "
        "more white cells, or use an objective that shows them larger, and take the image again."
    )


def _resize_to_working_size(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    height, width = rgb.shape[:2]
    scale = WORKING_SIDE / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    shrunk = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    return np.asarray(shrunk, dtype=np.uint8)


def _measure_focus(smooth: NDArray[np.float32]) -> float:
    """Measure focus by the variance of the Laplacian, in grey levels squared.

    The result is a high quantile of the variances over tiles.

    Over the whole image, a sharp scale bar in one corner would hide cells out of focus; the quantile over tiles
    prevents it.
    """
    edges = cv2.Laplacian(smooth, cv2.CV_32F).astype(np.float32, copy=False)
    return float(np.quantile([float(tile.var()) for tile in _split_tiles(edges)], _TILE_QUANTILE))


def _measure_steadiness(smooth: NDArray[np.float32]) -> float:
    """Return the weakest over the strongest edge strength by direction, 0 to 1.

    0 means motion blur.

    Motion during the exposure keeps edges along the motion and removes those across it. Edge strength is the mean
    square of the second derivative along a direction, as a high quantile over tiles, because a scale bar, which is
    drawn later, keeps its edges.
    """
    orders = ((2, 0), (1, 1), (0, 2))
    curvatures = np.stack([cv2.Sobel(smooth, cv2.CV_32F, *order, ksize=5) for order in orders], axis=2)
    rows = [tile.reshape(-1, 3).astype(np.float64) for tile in _split_tiles(curvatures.astype(np.float32, copy=False))]
    squares = np.stack([row.T @ row / len(row) for row in rows])  # (tiles, 3, 3)
    cosine, sine = np.cos(_DIRECTIONS), np.sin(_DIRECTIONS)
    along = np.stack([cosine**2, 2 * cosine * sine, sine**2], axis=1)  # (directions, 3)
    strengths = np.quantile(np.einsum("di,tij,dj->dt", along, squares, along), _TILE_QUANTILE, axis=1)
    return float(strengths.min() / strengths.max()) if strengths.max() > 0 else 1.0


def _split_tiles(measured: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    """Split measurements per pixel (H, W, ...) into squares.

    The last of a row or column may be narrower.
    """
    height, width = measured.shape[:2]
    return [
        measured[top : top + _TILE, left : left + _TILE]
        for top in range(0, max(1, height - _TILE // 2), _TILE)
        for left in range(0, max(1, width - _TILE // 2), _TILE)
    ]


def _measure_colours(small: NDArray[np.uint8]) -> tuple[float, float, float]:
    """Return the shares of background, foreign and dark grey pixels.

    Background is light and hardly coloured; foreign are strong colours that no stain has.
    """
    balanced = _balance_white(small)
    chroma = (balanced.max(axis=2).astype(np.float32) - balanced.min(axis=2)) / 255
    hue = cv2.cvtColor(balanced, cv2.COLOR_RGB2HSV)[..., 0]
    light = balanced.max(axis=2) > _LIGHT * 255
    foreign = (hue > _FOREIGN_HUES[0]) & (hue < _FOREIGN_HUES[1]) & (chroma > _COLOURED)
    grey = (balanced.max(axis=2) < _DARK * 255) & (chroma < _GREY)
    return float((light & (chroma < _COLOURED)).mean()), float(foreign.mean()), float(grey.mean())


def _balance_white(small: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Make the brightest field white, with a limited gain.

    Otherwise a yellow lamp would count as a foreign colour.
    """
    white = np.quantile(small.reshape(-1, 3), _WHITE_QUANTILE, axis=0)
    gain = np.clip(255 / np.maximum(white, 1), 1, _GREATEST_GAIN)
    return np.clip(small * gain, 0, 255).astype(np.uint8)
