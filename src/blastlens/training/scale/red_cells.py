"""Widths of red cells from boxes, from marked middles, or stated by laboratory."""

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

HOME_WIDTH = 15.0
"""Width of a red cell in px of the home images, 224 px wide: 7.5 um at 0.5 um a pixel."""

STATED_WIDTHS = {"snam": 15.5, "lmu": 106.0}
"""Widths in px of laboratories whose images all have one scale and no boxes.

`snam`: measured by hand on six images of 240 px. `lmu`: 14.14 px a um (Matek et al. 2019, Nat Mach Intell 1:538), for
its images of 400 px.
"""

_RED_CELL = 1
_EDGE = 2.0  # px: a box nearer to the border is of a cell that is cut
_LEAST_CELLS = 3


def width_from_boxes(file: Path, height: int, width: int) -> float | None:
    """Return the median diameter in px of the red cells in a box file, or None with fewer than three whole ones.

    A diameter is the mean of a box's width and height. Boxes at the border of the image are left out.

    Args:
        file: lines of class, centre x, centre y, width, height as shares of the image; class 1 is a red cell.
        height: of the image in px.
        width: likewise.
    """
    rows = np.array([line.split() for line in file.read_text().splitlines() if line.strip()], float).reshape(-1, 5)
    rows = rows[rows[:, 0] == _RED_CELL, 1:] * (width, height, width, height)
    low, high = rows[:, :2] - rows[:, 2:] / 2, rows[:, :2] + rows[:, 2:] / 2
    whole = (low > _EDGE).all(axis=1) & (high < np.array((width, height)) - _EDGE).all(axis=1)
    return float(np.median(rows[whole, 2:].mean(axis=1))) if whole.sum() >= _LEAST_CELLS else None


def width_from_middles(file: Path, image: NDArray[np.uint8]) -> float | None:
    """Return the median diameter in px of red cells whose middles are marked, or None with fewer than three.

    Cells are separated from the background by Otsu's threshold; those that touch another marked cell or the border are
    left out.

    Args:
        file: lines that begin with x and y of a red cell in px.
        image: (H, W, 3) uint8 RGB.
    """
    middles = np.array([line.split()[:2] for line in file.read_text().splitlines() if line.strip()], float)
    _, numbers, boxes, _ = cv2.connectedComponentsWithStats(_find_cells(image))
    height, width = image.shape[:2]
    columns, rows = middles.reshape(-1, 2).astype(int).T.clip(0, [[width - 1], [height - 1]])
    found, marks = np.unique(numbers[rows, columns], return_counts=True)
    alone = [boxes[number] for number, count in zip(found, marks, strict=True) if number and count == 1]
    diameters = [
        (across + down) / 2
        for left, top, across, down, area in alone
        if min(left, top) > _EDGE
        and left + across < width - _EDGE
        and top + down < height - _EDGE
        and area > 0.6 * across * down
    ]
    return float(np.median(diameters)) if len(diameters) >= _LEAST_CELLS else None


def _find_cells(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return cells (H, W) uint8 with their holes filled, 255 inside."""
    height, width = image.shape[:2]
    green = cv2.GaussianBlur(image[..., 1], (0, 0), 1.5)
    small = cv2.resize(green, (160, 120), interpolation=cv2.INTER_AREA)
    light = cv2.GaussianBlur(cv2.morphologyEx(small, cv2.MORPH_CLOSE, np.ones((31, 31), np.uint8)), (0, 0), 10)
    darkness = cv2.subtract(cv2.resize(light, (width, height)), green)
    _, dark = cv2.threshold(darkness, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    outlines, _ = cv2.findContours(dark, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    filled = np.zeros((height, width), np.uint8)
    cv2.drawContours(filled, outlines, -1, 255, cv2.FILLED)
    return filled
