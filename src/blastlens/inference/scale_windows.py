"""Windows of a field that the scale model reads: placed by contrast and distance."""

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

_SAMPLES = 160  # rows and columns, at most, by which contrast is judged
_MOST_PLACES = 9  # candidate rows and columns of windows
_SPREAD = 0.5  # of the longer side: nearer windows may miss a part at another scale
_LEAST_USABLE = 0.7  # share of a window


class Window(NamedTuple):
    """A square part of an image: its left and top edge, and its side, in px."""

    left: int
    top: int
    side: int


def choose_windows(
    image: NDArray[np.uint8], usable: NDArray[np.bool_] | None, side: int, count: int
) -> tuple[Window, ...]:
    """Choose square windows of a side where an image has most contrast, and far from each other.

    Args:
        image: (H, W, 3) uint8 RGB.
        usable: (h, w) of any size, True in the usable area; None for all of it.
        side: of the windows in px, at most the shorter side of the image.
        count: largest number of windows; fewer where more would be nearly the same.
    """
    places = [_places(size, side) for size in image.shape[:2]]
    candidates = [Window(left, top, side) for top in places[0] for left in places[1]]
    if len(candidates) == 1:
        return tuple(candidates)
    scores = _score(image, usable, candidates)
    chosen: list[int] = []
    nearness = np.zeros(len(candidates))
    corners = np.array([(window.left, window.top) for window in candidates], float)
    while len(chosen) < min(count, len(candidates)):
        best = int(np.argmax(scores - nearness))
        if chosen and scores[best] <= 0:
            break
        chosen.append(best)
        scores[best] = -np.inf
        distances = np.abs(corners - corners[best]).max(axis=1)
        nearness += np.maximum(0.0, 1.0 - distances / side)  # overlapping windows say the same
        nearness += np.maximum(0.0, _SPREAD - distances / max(image.shape[:2]))
    return tuple(candidates[index] for index in chosen)


def _places(size: int, side: int) -> list[int]:
    """Return the first pixels of windows along an axis: half a window apart, at most nine."""
    steps = min(_MOST_PLACES - 1, max(0, round(2 * (size - side) / side)))
    if size - side < side // 10:
        return [(size - side) // 2]
    return [round(step * (size - side) / max(steps, 1)) for step in range(steps + 1)] if steps else [(size - side) // 2]


def _score(image: NDArray[np.uint8], usable: NDArray[np.bool_] | None, windows: list[Window]) -> NDArray[np.float64]:
    """Return the contrast of each window over the highest, 0 to 1; 0 outside of the usable area.

    Contrast is measured on every n-th pixel.
    """
    height, width = image.shape[:2]
    step = max(1, max(height, width) // _SAMPLES)
    green = image[::step, ::step, 1].astype(np.float64)
    inside = np.ones(green.shape)
    if usable is not None:
        inside = cv2.resize(usable.astype(np.uint8), green.shape[::-1], interpolation=cv2.INTER_NEAREST).astype(float)
    sums = [cv2.integral(values) for values in (inside, green * inside, green * green * inside)]
    contrasts = np.zeros(len(windows))
    for index, window in enumerate(windows):
        top, left = window.top // step, window.left // step
        bottom, right = (
            min(-(-(window.top + window.side) // step), green.shape[0]),
            min(-(-(window.left + window.side) // step), green.shape[1]),
        )
        count, total, squares = (
            float(table[bottom, right] - table[top, right] - table[bottom, left] + table[top, left]) for table in sums
        )
        if count >= _LEAST_USABLE * max(1, (bottom - top) * (right - left)):
            contrasts[index] = max(squares / count - (total / count) ** 2, 0.0) ** 0.5
    return contrasts / max(float(contrasts.max()), 1e-9)
