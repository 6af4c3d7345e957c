"""Overlays of camera programs: scale bars, text, rulers and crosshairs."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np
from cv2.typing import MatLike
from numpy.typing import NDArray

from blastlens.imaging.scale_bars import REFERENCE_SIDE

Gray = MatLike  # (h, w) uint8

_DARK_CONTRAST = 0.22  # of the brightness of glass: how much darker a thin stroke is than what is around it
_DARKEST_STROKE = 0.62
_DARKEST_CORE = 0.4
_GREATEST_CHROMA = 45
_COLOUR_CONTRAST = 45
_WHITE = 244
_WHITE_CONTRAST = 30
_MOST_INK = 0.03  # of the image; what has more of a colour shows it itself
_LEAST_UNIT = 0.7  # in a smaller image a text cannot be read, and the parts of one cell are as large as one
_LEAST_INK = 6  # pixels
_LEAST_CORE = 3
_LEAST_STROKES = 3
_FEW_STROKES = 2
_LEAST_BAR = 9.0
_MARGIN = 2.0
_GAP = (3.0, 9.0)  # height and width of the gaps within a text, in pixels of an image of 224, as all lengths here
_LARGEST = (40.0, 110.0)
_LEAST_WIDTH = 7.0
_LEAST_DENSITY = 0.06  # of ink in its box
_RIM = 0.12  # of the shorter side: overlays lie near a border
_LINE = 0.3  # of a side: a straight line this long is a ruler or a crosshair


class _Ink(NamedTuple):
    """Strokes of one colour.

    Attributes:
        strokes: (h, w) uint8, 255 where there is a thin stroke.
        core: likewise, where the colour has its full strength.
        least_strokes: of a group, where it has no bar.
    """

    strokes: Gray
    core: Gray
    least_strokes: int


@dataclass(frozen=True)
class Overlay:
    """Something drawn over a field.

    Attributes:
        rows: of the thumbnail that it covers.
        columns: likewise.
        kind: `scale_bar`, `text` or `lines`.
    """

    rows: slice
    columns: slice
    kind: str


def find_overlays(thumbnail: NDArray[np.uint8]) -> list[Overlay]:
    """Find what camera programs drew into a thumbnail (h, w, 3) uint8 RGB.

    Strokes are thin, and black, white, or of a colour that no stain has. A group of them is a scale bar or text where
    it lies near a border, and a line where it is straight and long. Thick arrows and ink of pens are not found.
    """
    unit = max(thumbnail.shape[:2]) / REFERENCE_SIDE
    found: list[Overlay] = []
    if unit < _LEAST_UNIT:
        return found
    for ink in _find_inks(thumbnail, unit):
        found += _find_lines(ink.strokes, unit)
        found += _find_groups(ink, unit)
    return found


def _find_inks(thumbnail: NDArray[np.uint8], unit: float) -> Iterator[_Ink]:
    """Yield the ink of each colour that has any."""
    red, green, blue = cv2.split(thumbnail)
    greatest, least = cv2.max(cv2.max(red, green), blue), cv2.min(cv2.min(red, green), blue)
    kernel = np.ones((2 * max(2, round(2.5 * unit)) + 1,) * 2, np.uint8)
    bright = int(np.sort(greatest[::8, ::8], axis=None)[int(-0.1 * (greatest[::8, ::8].size - 1)) - 1])
    grey = cv2.inRange(cv2.subtract(greatest, least), 0, _GREATEST_CHROMA)
    dark = cv2.bitwise_and(grey, cv2.inRange(greatest, 0, int(_DARKEST_STROKE * bright)))
    core = cv2.bitwise_and(grey, cv2.inRange(greatest, 0, int(_DARKEST_CORE * bright)))
    if _is_ink(core):
        deeper = _transform(greatest, cv2.MORPH_BLACKHAT, kernel)
        yield from _accept(
            cv2.bitwise_and(dark, cv2.inRange(deeper, int(_DARK_CONTRAST * bright), 255)), core, _LEAST_STROKES
        )
    for colour, strength, least_strokes in _separate_colours(red, green, blue):
        core = cv2.inRange(colour, strength, 255)
        if _is_ink(core):
            strokes = cv2.inRange(_transform(colour, cv2.MORPH_TOPHAT, kernel), _COLOUR_CONTRAST, 255)
            yield from _accept(strokes, core, least_strokes)
    white = cv2.inRange(least, _WHITE, 255)
    if _is_ink(white) and cv2.countNonZero(white) < _MOST_INK * white.size:
        strokes = cv2.inRange(_transform(least, cv2.MORPH_TOPHAT, kernel), _WHITE_CONTRAST, 255)
        yield from _accept(cv2.bitwise_and(white, strokes), white, _LEAST_STROKES)


def _separate_colours(red: Gray, green: Gray, blue: Gray) -> Iterator[tuple[Gray, int, int]]:
    """Yield how red, green, yellow and blue each pixel is, (h, w) uint8.

    With each, from where on hardly any stain is as strong, and how many strokes a group must have: no cell has thin
    strokes of pure red or green.
    """
    yield cv2.subtract(red, cv2.max(green, blue)), 60, _FEW_STROKES
    yield cv2.subtract(green, cv2.max(red, blue)), 60, _FEW_STROKES
    yield cv2.subtract(cv2.min(red, green), blue), 80, _LEAST_STROKES
    greener = cv2.subtract(green, red)  # blue ink is at least as green as red; stained nuclei are less green
    yield (
        cv2.min(cv2.subtract(blue, red), cv2.convertScaleAbs(greener, alpha=2, beta=40)),
        100,
        _LEAST_STROKES,
    )


def _is_ink(ink: Gray) -> bool:
    return cv2.countNonZero(ink) >= _LEAST_CORE


def _accept(strokes: Gray, core: Gray, least_strokes: int) -> Iterator[_Ink]:
    if _LEAST_INK <= cv2.countNonZero(strokes) <= _MOST_INK * strokes.size:
        yield _Ink(strokes, core, least_strokes)


def _find_lines(strokes: Gray, unit: float) -> Iterator[Overlay]:
    """Yield long straight lines along the rows and columns."""
    margin = round(_MARGIN * unit)
    for axis, side in enumerate(strokes.shape[::-1]):
        length = max(3, round(_LINE * side))
        if int(cv2.reduce(strokes, 1 - axis, cv2.REDUCE_SUM, dtype=cv2.CV_32S).max()) < 255 * length:
            continue
        kernel = np.ones((1, length) if axis == 0 else (length, 1), np.uint8)
        for left, top, wide, high in _measure_parts(_transform(strokes, cv2.MORPH_OPEN, kernel)):
            yield Overlay(_widen(top, high, margin), _widen(left, wide, margin), "lines")


def _find_groups(ink: _Ink, unit: float) -> Iterator[Overlay]:
    """Yield scale bars and texts: groups of several strokes, or a bar."""
    strokes, (height, width) = ink.strokes, ink.strokes.shape
    gap = np.ones([max(1, round(length * unit)) for length in _GAP], np.uint8)
    parts = _measure_parts(_transform(strokes, cv2.MORPH_CLOSE, gap))
    left, top, wide, high = parts.T
    distances = np.min([left, top, width - left - wide, height - top - high], axis=0)
    is_small = (high <= _LARGEST[0] * unit) & (wide >= np.maximum(_LEAST_WIDTH * unit, high))
    is_small &= (wide <= _LARGEST[1] * unit) & (distances <= _RIM * min(height, width))
    for left, top, wide, high in parts[is_small].tolist():
        inside = strokes[top : top + high, left : left + wide]
        count, longest = cv2.countNonZero(inside), int((inside > 0).sum(axis=1).max())
        is_bar = longest >= max(0.5 * wide, _LEAST_BAR * unit)
        has_core = _is_ink(ink.core[top : top + high, left : left + wide])
        if not has_core or count < max(_LEAST_INK, _LEAST_DENSITY * wide * high):
            continue
        if is_bar or cv2.connectedComponents(inside)[0] > ink.least_strokes:
            is_bar |= top > height / 2 and (left < 0.3 * width or left + wide > 0.7 * width)
            rows, columns = _widen(top, high, round(_MARGIN * unit)), _widen(left, wide, round(_MARGIN * unit))
            yield Overlay(rows, columns, "scale_bar" if is_bar else "text")


def _measure_parts(ink: Gray) -> NDArray[np.int32]:
    """Return left, top, width and height of each connected part, (N, 4)."""
    contours, _ = cv2.findContours(ink, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    return np.array([cv2.boundingRect(contour) for contour in contours], np.int32).reshape(-1, 4)


def _transform(gray: Gray, operation: int, kernel: Gray) -> Gray:
    return cv2.morphologyEx(gray, operation, kernel)


def _widen(start: int, length: int, margin: int) -> slice:
    return slice(max(0, int(start) - margin), int(start) + int(length) + margin)
