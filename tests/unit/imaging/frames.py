"""Fields with something around them, as cameras and phones save them."""

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
Mask = NDArray[np.bool_]


def pad(image: Image, factor: float, colour: int | tuple[int, int, int], place: float = 0.5) -> tuple[Image, Mask]:
    """Lay an image on a canvas `factor` times as large; return it with the mask of the image."""
    height, width = image.shape[:2]
    canvas = np.full((round(height * factor), round(width * factor), 3), colour, np.uint8)
    top, left = (round(place * (side - own)) for side, own in zip(canvas.shape, (height, width), strict=False))
    inside = np.zeros(canvas.shape[:2], np.bool_)
    canvas[top : top + height, left : left + width] = image
    inside[top : top + height, left : left + width] = True
    return canvas, inside


def letterbox(image: Image, share: float, colour: int = 0) -> tuple[Image, Mask]:
    """Add bars of a share of the height above and below."""
    bar = round(share * image.shape[0])
    canvas = np.full((image.shape[0] + 2 * bar, *image.shape[1:]), colour, np.uint8)
    canvas[bar:-bar] = image
    inside = np.zeros(canvas.shape[:2], np.bool_)
    inside[bar:-bar] = True
    return canvas, inside


def vignette(
    image: Image,
    radius: float = 0.48,
    soft: float = 0.03,
    centre: tuple[float, float] = (0.5, 0.5),
    colour: tuple[float, float, float] = (0, 0, 0),
    noise: float = 0.0,
) -> tuple[Image, Mask]:
    """Darken all but a circle; `radius` and `soft` are shares of the shorter side, `centre` of both sides (y, x)."""
    height, width = image.shape[:2]
    rows, columns = np.mgrid[:height, :width]
    side = min(height, width)
    distance = np.hypot(rows - centre[0] * height, columns - centre[1] * width)
    light = np.clip((radius * side - distance) / max(soft * side, 0.5) + 0.5, 0, 1)[..., None]
    grain = np.random.default_rng(0).normal(0, noise, image.shape) if noise else 0.0
    darkened = image * light + np.asarray(colour) * (1 - light) + grain
    return np.clip(darkened, 0, 255).astype(np.uint8), distance <= radius * side
