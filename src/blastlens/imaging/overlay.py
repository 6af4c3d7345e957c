"""Overlays of outlines and heat maps, and encoding of images as files."""

from collections.abc import Iterable, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from blastlens.domain.field import Cell

_LINE = (255, 225, 0)  # yellow contrasts with purple cells, blue-grey red cells and a white field
_EDGE = (25, 25, 25)
_MOST_HEAT = 0.65  # opacity of the greatest heat: the cell below stays visible
_BAND_ROWS = 256  # blended at a time: 50 megapixels in float32 would not fit into memory with the model
_REFERENCE_SIDE = 448  # pixels of the shorter side for each pixel of line width


def draw_outlines(rgb: NDArray[np.uint8], mask: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Draw the outline of every masked object.

    The outline is a yellow line with a dark edge, thicker on larger images.

    Args:
        rgb: the image, uint8 (H, W, 3); not changed.
        mask: bool (H, W), True inside objects.

    Returns:
        A new image, uint8 (H, W, 3).
    """
    contours, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
    return _draw_contours(rgb, contours)


def draw_cells(rgb: NDArray[np.uint8], cells: Iterable[Cell]) -> NDArray[np.uint8]:
    """Draw the outline of every cell as `draw_outlines` does; of a cell without an outline its box.

    Args:
        rgb: the field as uploaded, uint8 (H, W, 3); not changed.
        cells: its cells, in its pixels.

    Returns:
        A new image, uint8 (H, W, 3).
    """
    return _draw_contours(rgb, [np.asarray(_corners(cell), np.int32).reshape(-1, 1, 2) for cell in cells])


def _corners(cell: Cell) -> Sequence[tuple[int, int]]:
    left, top, width, height = cell.box
    right, bottom = left + width - 1, top + height - 1
    return cell.outline or ((left, top), (right, top), (right, bottom), (left, bottom))


def _draw_contours(rgb: NDArray[np.uint8], contours: Sequence[cv2.typing.MatLike]) -> NDArray[np.uint8]:
    drawn = rgb.copy()
    thickness = max(1, round(min(rgb.shape[:2]) / _REFERENCE_SIDE))
    cv2.drawContours(drawn, contours, -1, _EDGE, 3 * thickness, cv2.LINE_AA)
    # Half transparent, so that it hides no part of a small cell.
    drawn = cv2.addWeighted(drawn, 0.5, rgb, 0.5, 0).astype(np.uint8, copy=False)
    cv2.drawContours(drawn, contours, -1, _LINE, thickness, cv2.LINE_AA)
    return drawn


def draw_heat(rgb: NDArray[np.uint8], heat: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Blend a heat map over an image.

    It is transparent at 0, then from blue-green to yellow.

    The colours are viridis, whose brightness rises evenly and which is readable with any colour vision
    (van der Walt and Smith 2015).

    Args:
        rgb: the image, uint8 (H, W, 3); not changed.
        heat: float32 (H, W), 0 to 1.

    Returns:
        A new image, uint8 (H, W, 3).
    """
    drawn = np.empty_like(rgb)
    for top in range(0, rgb.shape[0], _BAND_ROWS):
        rows = slice(top, top + _BAND_ROWS)
        drawn[rows] = _blend_heat(rgb[rows], heat[rows])
    return drawn


def _blend_heat(rgb: NDArray[np.uint8], heat: NDArray[np.float32]) -> NDArray[np.uint8]:
    levels = np.rint(np.clip(heat, 0, 1) * 255).astype(np.uint8)
    colours = cv2.cvtColor(cv2.applyColorMap(levels, cv2.COLORMAP_VIRIDIS), cv2.COLOR_BGR2RGB)
    share = (levels.astype(np.float32) * (_MOST_HEAT / 255))[..., None]
    return np.asarray(np.rint(rgb * (1 - share) + colours * share), dtype=np.uint8)


def encode_png(rgb: NDArray[np.uint8]) -> bytes:
    """Encode an image as a PNG file, without loss.

    Args:
        rgb: uint8 (H, W, 3), or (H, W) for a grey image or a mask of 0 and 255.
    """
    return _encode(".png", rgb, [])


def encode_jpeg(rgb: NDArray[np.uint8], quality: int = 90) -> bytes:
    """Encode an image, uint8 (H, W, 3) or (H, W), as a JPEG file.

    `quality` is 1 to 100.
    """
    return _encode(".jpg", rgb, [cv2.IMWRITE_JPEG_QUALITY, quality])


def _encode(suffix: str, rgb: NDArray[np.uint8], options: list[int]) -> bytes:
    pixels = cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR) if rgb.ndim == 3 else rgb
    encoded, data = cv2.imencode(suffix, pixels, options)
    if not encoded:
        raise ValueError(f"an image of shape {rgb.shape} and type {rgb.dtype} cannot be written as {suffix}")
    return data.tobytes()
