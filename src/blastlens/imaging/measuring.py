"""What is measured of an image before it is read: light, colour and focus, whoever judges them."""

import cv2
import numpy as np
from numpy.typing import NDArray

from blastlens.domain.prediction import Quality

WORKING_SIDE = 224  # pixels of the longest side when measuring; the model reads less, so finer focus cannot help it
_TILE = 28
_TILE_QUANTILE = 0.85
_DIRECTIONS = np.arange(8) * np.pi / 8  # from the rows, in radians
_LIGHT = 0.6
_COLOURED = 0.25
_DARK = 0.43
_GREY = 0.157  # chroma below which a dark pixel has no colour
_FOREIGN_HUES = (20, 85)  # OpenCV hues, yellow to green-blue: no Romanowsky stain takes them
_WHITE_QUANTILE = 0.95
_GREATEST_GAIN = 2.0
_WHITE = 254  # of 255: JPEG moves what the camera clipped by one


def measure(rgb: NDArray[np.uint8], mask: NDArray[np.bool_]) -> Quality:
    """Measure an image; nothing is judged.

    Args:
        rgb: the image, uint8 (H, W, 3).
        mask: its blast mask, bool (H, W).
    """
    small = _at_working_size(rgb)
    luminance = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY).astype(np.float32)
    smooth = cv2.GaussianBlur(luminance, (0, 0), 1.0).astype(np.float32, copy=False)  # or noise would pass as detail
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


def white_share(rgb: NDArray[np.uint8]) -> float:
    """Return the share of an image (H, W, 3) uint8 RGB that is white in every channel: what lay there is lost."""
    return float((_at_working_size(rgb).min(axis=2) >= _WHITE).mean())


def _at_working_size(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    height, width = rgb.shape[:2]
    scale = WORKING_SIDE / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    shrunk = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    return np.asarray(shrunk, dtype=np.uint8)


def _measure_focus(smooth: NDArray[np.float32]) -> float:
    """Return a high quantile over tiles of the variance of the smoothed Laplacian, in grey levels squared.

    A quantile over tiles, where the whole image's variance would be natural, keeps a scale bar burnt into one corner
    from standing in for cells in focus.
    """
    edges = cv2.Laplacian(smooth, cv2.CV_32F).astype(np.float32, copy=False)
    return float(np.quantile([float(tile.var()) for tile in _tiles(edges)], _TILE_QUANTILE))


def _measure_steadiness(smooth: NDArray[np.float32]) -> float:
    """Return the least over the greatest, by direction, of a high quantile over tiles of the edges along it, 0 to 1.

    What moves while it is taken keeps its edges along the way and loses those across it. A scale bar is drawn later and
    keeps them all: hence the tiles, as for focus. Edges are the mean square of the second derivative.
    """
    orders = ((2, 0), (1, 1), (0, 2))
    curvatures = np.stack([cv2.Sobel(smooth, cv2.CV_32F, *order, ksize=5) for order in orders], axis=2)
    rows = [tile.reshape(-1, 3).astype(np.float64) for tile in _tiles(curvatures.astype(np.float32, copy=False))]
    squares = np.stack([row.T @ row / len(row) for row in rows])  # (tiles, 3, 3)
    cosine, sine = np.cos(_DIRECTIONS), np.sin(_DIRECTIONS)
    along = np.stack([cosine**2, 2 * cosine * sine, sine**2], axis=1)  # (directions, 3)
    strengths = np.quantile(np.einsum("di,tij,dj->dt", along, squares, along), _TILE_QUANTILE, axis=1)
    return float(strengths.min() / strengths.max()) if strengths.max() > 0 else 1.0


def _tiles(measured: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    """Return what was measured at every pixel (H, W, ...), in squares; the last of a row or column may be narrower."""
    height, width = measured.shape[:2]
    return [
        measured[top : top + _TILE, left : left + _TILE]
        for top in range(0, max(1, height - _TILE // 2), _TILE)
        for left in range(0, max(1, width - _TILE // 2), _TILE)
    ]


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
