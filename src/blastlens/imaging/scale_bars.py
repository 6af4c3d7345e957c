"""Scale bars: drawing and removal, so that a model cannot use them as a shortcut."""

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from blastlens.domain.labels import Label

Corner = Literal["top_left", "top_right", "bottom_left", "bottom_right"]
Area = tuple[slice, slice]
Colour = tuple[int, int, int]

CORNERS: tuple[Corner, ...] = ("top_left", "top_right", "bottom_left", "bottom_right")
REFERENCE_SIDE = 224  # styles give lengths in pixels of an image whose shorter side is this long
_AREA = (38, 46)  # height and width of the corner that contains every bar of the training data, in those pixels
_FINER = 4  # factor of drawing: strokes thinner than a pixel are drawn larger and averaged
_FONT = cv2.FONT_HERSHEY_SIMPLEX


@dataclass(frozen=True)
class ScaleBarStyle:
    """Style of a camera program's scale bar.

    Lengths in pixels of an image of 224; colours RGB, 0 to 255.

    Attributes:
        ink: colour of bar, ticks and text.
        box: colour of the plate behind them; None for a transparent plate.
        plate: height and width of the plate.
        edge: distance of the plate's lower and outer edge from the image border; below zero the plate is cut off.
        bar: distance of the bar from the plate's upper edge, and its thickness; 0 draws only the ticks.
        length: least and greatest distance of the two ticks.
        tick: height of a tick; 0 draws none.
        texts: possible texts.
        text: upper edge, left edge, height and width of the text on the plate.
    """

    ink: Colour
    box: Colour | None
    plate: tuple[float, float]
    edge: tuple[float, float]
    bar: tuple[float, float]
    length: tuple[float, float]
    tick: float
    texts: tuple[str, ...]
    text: tuple[float, float, float, float]


_PIXELS = ("50 pixels", "100 pixels", "200 pixels", "500 pixels")
_MICRONS = ("5 um", "10 um", "20 um", "50 um", "100 um")

WIDE = ScaleBarStyle((0, 0, 0), (254, 254, 254), (28, 45), (2, -14), (20, 2), (34, 42), 10, _PIXELS[2:], (9, 9, 11, 36))
BOXED = ScaleBarStyle((20, 20, 20), (253, 253, 253), (9, 24), (9, 6), (6.5, 0), (20, 22), 4, _PIXELS, (2, 5, 4, 13))
RED = ScaleBarStyle((200, 40, 50), None, (9, 24), (9, 6), (6.5, 0), (20, 22), 4, _PIXELS, (2, 5, 4, 13))
PLAIN = ScaleBarStyle((15, 15, 15), None, (16, 40), (4, 4), (14, 1.5), (18, 38), 3, _MICRONS, (2, 8, 9, 24))
WHITE = ScaleBarStyle((250, 250, 250), None, (16, 40), (4, 4), (14, 2), (18, 38), 0, _MICRONS, (2, 8, 9, 24))
DARK = ScaleBarStyle((245, 245, 245), (10, 10, 10), (18, 44), (0, 0), (14, 2), (22, 38), 5, _MICRONS, (2, 8, 9, 26))
BLUE = ScaleBarStyle((30, 60, 200), None, (14, 34), (6, 5), (11, 1), (16, 32), 4, _MICRONS, (1, 6, 8, 22))

SCALE_BARS: tuple[ScaleBarStyle, ...] = (WIDE, BOXED, RED, PLAIN, WHITE, DARK, BLUE)
"""Every style: the three of the training data first, then those of other cameras."""

BARS_OF_CLASS: dict[Label, tuple[ScaleBarStyle, ...]] = {
    Label.BENIGN: (WIDE, BOXED, RED),
    Label.EARLY_PRE_B: (WIDE, RED),
    Label.PRE_B: (BOXED, RED),
    Label.PRO_B: (BOXED,),
}
"""Styles by class in the training data: the shortcut that a model could use."""


def draw_scale_bar(
    image: NDArray[np.uint8], style: ScaleBarStyle, generator: np.random.Generator, corner: Corner = "bottom_right"
) -> NDArray[np.uint8]:
    """Draw a scale bar of random length, text and place.

    Returns a copy of the image, (H, W, 3) uint8 RGB.
    """
    scale = min(image.shape[:2]) / REFERENCE_SIDE
    height, width = (max(2, round(length * scale)) for length in style.plate)
    ink = _draw_ink(style, (height, width), scale, generator)
    inside = [round((edge + generator.uniform(-1.5, 1.5)) * scale) for edge in style.edge]
    top = inside[0] if corner.startswith("top") else image.shape[0] - inside[0] - height
    left = inside[1] if corner.endswith("left") else image.shape[1] - inside[1] - width
    rows, columns = (
        slice(max(0, start), max(0, min(side, start + length)))
        for start, length, side in zip((top, left), (height, width), image.shape[:2], strict=True)
    )
    share = ink[rows.start - top : rows.stop - top, columns.start - left : columns.stop - left, None]
    drawn = image.copy()
    under = drawn[rows, columns] if style.box is None else np.array(style.box)
    drawn[rows, columns] = (under * (1 - share) + np.array(style.ink) * share).astype(np.uint8)
    return drawn


def find_scale_bar_area(height: int, width: int, corner: Corner = "bottom_right") -> Area:
    """Return rows and columns of the corner that contains a scale bar.

    `height` and `width` are those of the image in pixels.
    """
    scale = min(height, width) / REFERENCE_SIDE
    rows, columns = (max(1, round(length * scale)) for length in _AREA)
    return (
        slice(0, rows) if corner.startswith("top") else slice(height - rows, height),
        slice(0, columns) if corner.endswith("left") else slice(width - columns, width),
    )


def erase_scale_bar(image: NDArray[np.uint8], corner: Corner = "bottom_right") -> NDArray[np.uint8]:
    """Replace a corner by its mirrored neighbouring pixels.

    Returns a copy of the image, (H, W, 3) uint8 RGB.
    """
    rows, columns = find_scale_bar_area(image.shape[0], image.shape[1], corner)
    count = rows.stop - rows.start
    start = rows.stop if corner.startswith("top") else rows.start - count
    erased = image.copy()
    erased[rows, columns] = image[start : start + count, columns][::-1]
    return erased


def fill_corner(
    image: NDArray[np.uint8], generator: np.random.Generator, corner: Corner | None = None
) -> NDArray[np.uint8]:
    """Fill a corner of random size with a random colour.

    Returns a copy of the image, (H, W, 3) uint8 RGB.

    Half of the colours are taken from the image itself, so that not every patch has a foreign colour.
    Without `corner`, the corner is random.
    """
    where = corner or CORNERS[int(generator.integers(len(CORNERS)))]
    shrink = generator.uniform(0.3, 1.0)
    rows, columns = find_scale_bar_area(round(image.shape[0] * shrink), round(image.shape[1] * shrink), where)
    # The area refers to a smaller image: move its lower or right end to the real border.
    down = 0 if where.startswith("top") else image.shape[0] - rows.stop
    right = 0 if where.endswith("left") else image.shape[1] - columns.stop
    own = image[int(generator.integers(image.shape[0])), int(generator.integers(image.shape[1]))]
    colour = own if generator.random() < 0.5 else generator.integers(0, 256, 3)
    filled = image.copy()
    filled[rows.start + down : rows.stop + down, columns.start + right : columns.stop + right] = colour
    return filled


def _draw_ink(
    style: ScaleBarStyle, shape: tuple[int, int], scale: float, generator: np.random.Generator
) -> NDArray[np.float32]:
    """Return each plate pixel's share of ink, (h, w) float32, 0 to 1."""
    finer = max(1.0, _FINER / max(1.0, scale)) * scale
    canvas = np.zeros([max(4, round(length * finer)) for length in style.plate], np.uint8)
    left = style.plate[1] * 0.05
    right = left + generator.uniform(*style.length)
    middle, thickness = style.bar
    if thickness:
        _draw_block(canvas, middle - thickness / 2, left, thickness, right - left, finer)
    for end in (left, right) if style.tick else ():
        _draw_block(canvas, middle - style.tick / 2, end, style.tick, 1.0, finer)
    _draw_text(canvas, style, style.texts[int(generator.integers(len(style.texts)))], finer)
    # Cameras draw at full size. The training data was resized without averaging, other data with averaging.
    how = cv2.INTER_NEAREST if generator.random() < 0.5 else cv2.INTER_AREA
    return cv2.resize(canvas, shape[::-1], interpolation=how).astype(np.float32) / 255.0


def _draw_block(canvas: NDArray[np.uint8], top: float, left: float, height: float, width: float, scale: float) -> None:
    rows = slice(round(top * scale), max(round(top * scale) + 1, round((top + height) * scale)))
    columns = slice(round(left * scale), max(round(left * scale) + 1, round((left + width) * scale)))
    canvas[rows, columns] = 255


def _draw_text(canvas: NDArray[np.uint8], style: ScaleBarStyle, text: str, scale: float) -> None:
    """Draw the text, stretched to its place on the plate."""
    (width, height), below = cv2.getTextSize(text, _FONT, 1.0, 2)
    written = np.zeros((height + below, width), np.uint8)
    cv2.putText(written, text, (0, height), _FONT, 1.0, 255, 3)
    top, left, high, wide = (round(length * scale) for length in style.text)
    fitted = cv2.resize(written, (max(1, wide), max(1, high)), interpolation=cv2.INTER_AREA)
    place = canvas[top : top + high, left : left + wide]
    np.maximum(place, fitted[: place.shape[0], : place.shape[1]], out=place)
