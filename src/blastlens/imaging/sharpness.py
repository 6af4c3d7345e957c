"""Sharpness of an image: focus and steadiness at the scale of its cells."""

import cv2
import numpy as np
from numpy.typing import NDArray

from blastlens.imaging.thumbnail import HOME_PIXEL_SIZE_UM

WORKING_SIDE = 224  # pixels of the longest side for measurements; the model's input is no larger
_NEARLY_HOME = (0.75, 4 / 3)
"""Widths, in training images, within which a field's sharpness is measured at WORKING_SIDE."""
_NARROWEST = 0.25
_WIDEST = 8.0
_EDGE = 4  # pixels beside a border in which a filter sees it
_TILE = 28
_MOST_TILES = 400
_TILE_QUANTILE = 0.85
_LEAST_STRENGTH = 1e-3  # of an edge; in an image of one colour rounding alone has up to 2e-7
_DIRECTIONS = np.arange(8) * np.pi / 8  # from the rows, in radians

Tile = tuple[slice, slice]


def count_home_fields(height: int, width: int, pixel_size_um: float | None) -> float:
    """Return how many training images a field of a height and width in pixels covers; 1 where its scale is unknown."""
    if pixel_size_um is None:
        return 1.0
    return height * width * (pixel_size_um / (WORKING_SIDE * HOME_PIXEL_SIZE_UM)) ** 2


def is_home_scale(rgb: NDArray[np.uint8], pixel_size_um: float) -> bool:
    """Return whether sharpness is measured at `WORKING_SIDE`, as it is of an image (H, W, 3) of unknown scale."""
    return _choose_side(rgb, pixel_size_um) == WORKING_SIDE


def measure_sharpness(
    rgb: NDArray[np.uint8], usable: NDArray[np.bool_] | None = None, pixel_size_um: float | None = None
) -> tuple[float, float]:
    """Measure focus and steadiness of an image.

    Args:
        rgb: the image, uint8 (H, W, 3).
        usable: bool of any size with the image's shape, False where the image is not read; all of it by default.
        pixel_size_um: micrometres per pixel. Where it is known, they are measured at the home scale; otherwise as if
            the image were as wide as a training image.

    Returns:
        Focus in grey levels squared, and steadiness, 0 to 1, as in `Quality`.
    """
    small = resize_longest_side(rgb, _choose_side(rgb, pixel_size_um))
    luminance = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY).astype(np.float32)
    smooth = cv2.GaussianBlur(luminance, (0, 0), 1.0).astype(np.float32, copy=False)  # otherwise noise counts as detail
    tiles = _choose_tiles(resize_usable(usable, small, _EDGE))
    return _measure_focus(smooth, tiles), _measure_steadiness(smooth, tiles)


def _measure_focus(smooth: NDArray[np.float32], tiles: list[Tile]) -> float:
    """Measure focus by the variance of the Laplacian, in grey levels squared.

    The result is a high quantile of the variances over tiles.

    Over the whole image, a sharp scale bar in one corner would hide cells out of focus; the quantile over tiles
    prevents it.
    """
    edges = cv2.Laplacian(smooth, cv2.CV_32F).astype(np.float32, copy=False)
    # All tiles of one shape at once: tile by tile, NumPy takes eight times as long.
    by_shape: dict[tuple[int, ...], list[NDArray[np.float32]]] = {}
    for tile in tiles:
        by_shape.setdefault(edges[tile].shape, []).append(edges[tile].ravel())
    variances = np.concatenate([np.stack(alike).var(axis=1) for alike in by_shape.values()])
    return float(np.quantile(variances.astype(np.float64), _TILE_QUANTILE))


def _measure_steadiness(smooth: NDArray[np.float32], tiles: list[Tile]) -> float:
    """Return the weakest over the strongest edge strength by direction, 0 to 1.

    0 means motion blur.

    Motion during the exposure keeps edges along the motion and removes those across it. Edge strength is the mean
    square of the second derivative along a direction, as a high quantile over tiles, because a scale bar, which is
    drawn later, keeps its edges.
    """
    orders = ((2, 0), (1, 1), (0, 2))
    curvatures = np.stack([cv2.Sobel(smooth, cv2.CV_32F, *order, ksize=5) for order in orders], axis=2)
    rows = [curvatures[tile].reshape(-1, 3).astype(np.float64) for tile in tiles]
    squares = np.stack([row.T @ row / len(row) for row in rows])  # (tiles, 3, 3)
    cosine, sine = np.cos(_DIRECTIONS), np.sin(_DIRECTIONS)
    along = np.stack([cosine**2, 2 * cosine * sine, sine**2], axis=1)  # (directions, 3)
    strengths = np.quantile(np.einsum("di,tij,dj->dt", along, squares, along), _TILE_QUANTILE, axis=1)
    return float(strengths.min() / strengths.max()) if strengths.max() > _LEAST_STRENGTH else 1.0


def _choose_tiles(usable: NDArray[np.bool_]) -> list[Tile]:
    """Return the tiles of an image in which every pixel of `usable` (H, W) is True, or all where there are none.

    Tiles are squares; the last of a row or column may be narrower. Of a large field, some tiles from all over it are
    measured.
    """
    height, width = usable.shape
    tiles = [
        (slice(top, top + _TILE), slice(left, left + _TILE))
        for top in range(0, max(1, height - _TILE // 2), _TILE)
        for left in range(0, max(1, width - _TILE // 2), _TILE)
    ]
    within = [tile for tile in tiles if usable[tile].all()] or tiles
    return within[:: max(1, len(within) // _MOST_TILES)]


def _choose_side(rgb: NDArray[np.uint8], pixel_size_um: float | None) -> int:
    """Return the longest side in pixels at which sharpness is measured.

    Fields about as wide as a training image are measured at its size.
    """
    if pixel_size_um is None:
        return WORKING_SIDE
    longest: int = max(rgb.shape[:2])
    share = longest * pixel_size_um / (WORKING_SIDE * HOME_PIXEL_SIZE_UM)
    if _NEARLY_HOME[0] <= share <= _NEARLY_HOME[1]:
        return WORKING_SIDE
    side = round(WORKING_SIDE * min(max(share, _NARROWEST), _WIDEST))
    return min(side, max(WORKING_SIDE, longest))


def resize_longest_side(rgb: NDArray[np.uint8], side: int = WORKING_SIDE) -> NDArray[np.uint8]:
    """Resize an image (H, W, 3) uint8 RGB until its longest side has a number of pixels."""
    height, width = rgb.shape[:2]
    scale = side / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    shrunk = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    return np.asarray(shrunk, dtype=np.uint8)


def resize_usable(usable: NDArray[np.bool_] | None, small: NDArray[np.uint8], margin: int = 0) -> NDArray[np.bool_]:
    """Return the usable pixels of a small image (h, w, 3), without a margin; all where none would be left."""
    height, width = small.shape[:2]
    if usable is None or usable.all():
        return np.ones((height, width), np.bool_)
    resized = cv2.resize(usable.view(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST)
    kept = cv2.erode(resized, np.ones((2 * margin + 1,) * 2, np.uint8), borderValue=1) > 0
    return np.asarray(kept if kept.any() else np.ones_like(kept), dtype=np.bool_)
