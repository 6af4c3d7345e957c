"""Image operations that make fields: mosaics, borders, crops, vignettes."""

from collections.abc import Sequence
from itertools import cycle, islice
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
Border = Literal["white", "black", "grey", "mirrored"]

_LEVELS: dict[str, int] = {"white": 255, "black": 0, "grey": 128}
_EDGE = 0.02  # of a vignette's diameter: half the width of its soft edge


def mosaic(tiles: Sequence[Image], rows: int, columns: int) -> Image:
    """Return the tiles side by side.

    Args:
        tiles: at least one (H, W, 3) uint8 RGB; they are repeated where fewer than rows x columns are given, and those
            of another size are resized to the first's.
        rows: number of tiles down.
        columns: number of tiles across.

    Returns:
        (rows * H, columns * W, 3) uint8 RGB.
    """
    height, width = tiles[0].shape[:2]
    fitted = [
        tile if tile.shape[:2] == (height, width) else resize(tile, height, width)
        for tile in islice(cycle(tiles), rows * columns)
    ]
    return np.vstack([np.hstack(fitted[row * columns : (row + 1) * columns]) for row in range(rows)])


def pad(image: Image, factor: float, border: Border, place: tuple[float, float] = (0.5, 0.5)) -> Image:
    """Return the image on a canvas that is `factor` times as wide and as high.

    Args:
        image: (H, W, 3) uint8 RGB.
        factor: at least 1.
        border: what fills the canvas; "mirrored" repeats the image as in a mirror.
        place: where the image lies, down and across: 0 at the first edge, 1 at the last.
    """
    height, width = image.shape[:2]
    down, across = round((factor - 1) * height), round((factor - 1) * width)
    top, left = round(place[0] * down), round(place[1] * across)
    margins = ((top, down - top), (left, across - left), (0, 0))
    if border == "mirrored":
        return np.pad(image, margins, mode="symmetric")
    return np.pad(image, margins, mode="constant", constant_values=_LEVELS[border])


def crop(image: Image, height: int, width: int, place: tuple[float, float] = (0.5, 0.5)) -> Image:
    """Return a part of the image, `height` x `width` pixels; `place` is as in `pad`."""
    top, left = (
        round(share * (whole - part))
        for share, whole, part in zip(place, image.shape[:2], (height, width), strict=True)
    )
    return image[top : top + height, left : left + width].copy()


def zoom(image: Image, factor: float) -> Image:
    """Return the image resampled to `factor` times as many pixels a micrometre."""
    height, width = image.shape[:2]
    return resize(image, max(1, round(factor * height)), max(1, round(factor * width)))


def resize(image: Image, height: int, width: int) -> Image:
    """Resample: averaged where it shrinks, bicubic where it grows."""
    shrinks = height * width < image.shape[0] * image.shape[1]
    method = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
    return cv2.resize(image, (width, height), interpolation=method).astype(np.uint8, copy=False)


def vignette(image: Image, diameter: float, centre: tuple[float, float] = (0.5, 0.5), level: int = 0) -> Image:
    """Return the image as seen through an eyepiece: a round field with a soft edge.

    Args:
        image: (H, W, 3) uint8 RGB.
        diameter: of the field, as a share of the shorter side.
        centre: of the field, down and across, as shares of the sides.
        level: grey level outside of the field, 0 to 255.
    """
    height, width = image.shape[:2]
    across = diameter * min(height, width)
    rows, columns = np.ogrid[:height, :width]
    distance = np.hypot(rows + 0.5 - centre[0] * height, columns + 0.5 - centre[1] * width)
    edge = max(1.0, _EDGE * across)
    light = np.clip((across / 2 + edge - distance) / (2 * edge), 0.0, 1.0)[..., None]
    mixed: NDArray[np.float64] = image * light + level * (1 - light)
    return mixed.round().astype(np.uint8)
