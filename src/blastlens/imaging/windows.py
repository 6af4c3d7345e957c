"""Windows of a field: pieces of the size that the model was trained at."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

WINDOW_UM = 112.0
"""Side of a window in micrometres: the training images are 224 pixels of 0.5 micrometres wide."""

LEAST_SHARE = 0.75
LARGEST_SHARE = 1.15
"""Limits of a window's side as a share of `WINDOW_UM`. The model was trained with zoom from 0.75 to 1.33, and the pixel
size may be wrong by 15 %: of leukemic mosaics read in windows 1.5 times as wide, five of 15 came back as benign."""

LARGEST_SINGLE_SHARE = 4 / 3
"""Limit of the sides of a field that is read as one window, as a share of `WINDOW_UM`."""

MOST_WINDOWS = 64
"""Windows of a field that are read at most."""

_WIDEST = 16 / 9  # greatest ratio of the sides of a field that is read as one window (docs/adr/0031)
_ROUNDING = 1e-6
_Pixel = TypeVar("_Pixel", bound=np.generic)


@dataclass(frozen=True)
class Window:
    """A piece of a field, in its pixels."""

    top: int
    left: int
    height: int
    width: int

    def cut(self, field: NDArray[_Pixel]) -> NDArray[_Pixel]:
        """Return a view of this piece of a field (H, W, ...)."""
        return field[self.top : self.top + self.height, self.left : self.left + self.width]

    @property
    def centre(self) -> tuple[float, float]:
        """The middle, x then y in pixels."""
        return self.left + self.width / 2, self.top + self.height / 2

    def scale(self, factor: float) -> "Window":
        """Return the same piece of the field at another size, at least one pixel wide and high."""
        top, left = round(self.top * factor), round(self.left * factor)
        bottom, right = round((self.top + self.height) * factor), round((self.left + self.width) * factor)
        return Window(top, left, max(1, bottom - top), max(1, right - left))


def plan_windows(height: int, width: int, pixel_size_um: float) -> tuple[Window, ...]:
    """Return the windows that cover a field evenly, row by row.

    A field that is about as large as one window is one window, whatever its aspect ratio up to 16:9: the training
    images, too, are resized to squares (docs/adr/0031). A larger field gets the least number of square windows with
    sides from 0.75 to 1.15 of `WINDOW_UM`; of equal numbers the sides nearest to `WINDOW_UM`. Neighbours overlap where
    the field is not a multiple of the side. In a field narrower than such a square, windows are as narrow as the field.

    Args:
        height: of the field in pixels, at least 1.
        width: of the field in pixels, at least 1.
        pixel_size_um: micrometres in a pixel, positive.
    """
    longer, shorter = max(height, width), min(height, width)
    side = WINDOW_UM / pixel_size_um
    if longer <= LARGEST_SINGLE_SHARE * side and longer <= _WIDEST * shorter * (1 + _ROUNDING):
        return (Window(0, 0, height, width),)
    largest = max(1.0, min(LARGEST_SHARE * side, _WIDEST * shorter))
    chosen = min(_list_sides(height, width, side, largest), key=lambda each: _cost(height, width, each, side))
    rows, columns = _split(height, chosen), _split(width, chosen)
    return tuple(Window(top, left, tall, wide) for (top, tall), (left, wide) in product(rows, columns))


def choose_windows(
    windows: Sequence[Window], centres: NDArray[np.float64], most: int = MOST_WINDOWS
) -> tuple[Window, ...]:
    """Return the windows to read, in their order: those that hold white cells, at most `most`.

    Of more windows those with the most white cells are read; of equal numbers the earlier ones. A cell in the overlap
    of windows counts for the one whose middle is nearest.

    Args:
        windows: of the field.
        centres: (N, 2) of the white cells, each x then y in pixels of the field.
        most: windows to read at most.
    """
    counts = _count_cells(windows, centres)
    filled = [index for index, count in enumerate(counts) if count]
    most_cells = sorted(filled, key=lambda index: (-counts[index], index))[:most]
    return tuple(windows[index] for index in sorted(most_cells))


def count_filled(windows: Sequence[Window], centres: NDArray[np.float64]) -> int:
    """Return the number of windows that hold white cells, as `choose_windows` counts them."""
    return sum(count > 0 for count in _count_cells(windows, centres))


def _count_cells(windows: Sequence[Window], centres: NDArray[np.float64]) -> list[int]:
    """Return the number of cells that count for each window."""
    middles = np.array([window.centre for window in windows])  # (W, 2)
    distances = [((middles - centre) ** 2).sum(axis=1) for centre in centres]
    nearest = np.array([distance.argmin() for distance in distances], np.int64)
    return [int(count) for count in np.bincount(nearest, minlength=len(windows))]


def _list_sides(height: int, width: int, side: float, largest: float) -> list[float]:
    """Return the sides of windows to choose from: those that divide the field into whole numbers, and the wanted one.

    Args:
        height: of the field in pixels.
        width: of the field in pixels.
        side: the wanted one in pixels.
        largest: that is possible; the others are at least `LEAST_SHARE` of the wanted one.
    """
    sides = {min(side, largest)}
    for length in (height, width):
        fewest = max(1, math.ceil(length / largest - _ROUNDING))
        sides |= {length / number for number in (fewest, fewest + 1)}
    return sorted(each for each in sides if LEAST_SHARE * side <= each <= largest * (1 + _ROUNDING)) or [largest]


def _cost(height: int, width: int, chosen: float, side: float) -> tuple[int, float]:
    """Return the number of windows of a side, and how far it is from the wanted side."""
    return _count(height, chosen) * _count(width, chosen), abs(math.log(chosen / side))


def _count(length: int, side: float) -> int:
    return max(1, math.ceil(length / side - _ROUNDING))


def _split(length: int, side: float) -> list[tuple[int, int]]:
    """Return start and length of each window along one axis; they begin and end with the field."""
    number = _count(length, side)
    extent = min(length, math.ceil(side - _ROUNDING))
    return [(round(index * (length - extent) / max(number - 1, 1)), extent) for index in range(number)]
