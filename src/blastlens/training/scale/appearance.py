"""Random colour, light, focus, noise and compression of crops."""

import cv2
import numpy as np
from numpy.typing import NDArray

from blastlens.imaging.decode import decode
from blastlens.imaging.overlay import encode_jpeg
from blastlens.training.scale.recipe import ScaleRecipe

_COMPRESSED = 0.3  # probability
_TURNED = 0.35
_FRAMED = 0.06


def vary_appearance(
    crop: NDArray[np.uint8], recipe: ScaleRecipe, width: float, generator: np.random.Generator
) -> NDArray[np.uint8]:
    """Change how a crop (S, S, 3) uint8 RGB was stained, lit and taken.

    Args:
        crop: the crop.
        recipe: how far.
        width: of a red cell in px, for the focus.
        generator: draws all amounts.
    """
    changed = np.ascontiguousarray(crop)
    if generator.random() < 0.4:
        blur = width * float(generator.uniform(0, recipe.blur))
        changed = _as_uint8(cv2.GaussianBlur(changed, (0, 0), max(blur, 0.1)))
    changed = _change_colour(changed, recipe, generator)
    changed = _change_light(changed, generator)
    if generator.random() < _FRAMED:
        changed = _draw_frame(changed, generator)
    if generator.random() < _COMPRESSED:
        changed = decode(encode_jpeg(changed, int(generator.integers(40, 96))))
    return changed


def _change_colour(crop: NDArray[np.uint8], recipe: ScaleRecipe, generator: np.random.Generator) -> NDArray[np.uint8]:
    """Turn hues, scale saturation, or remove colour."""
    if generator.random() < recipe.grey:
        channel = int(generator.integers(4))
        grey = crop[..., channel] if channel < 3 else cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY)
        return np.repeat(grey[..., None], 3, axis=2).astype(np.uint8, copy=False)
    hsv = cv2.cvtColor(crop, cv2.COLOR_RGB2HSV)
    spread = 90 if generator.random() < _TURNED else 10
    hues = ((np.arange(256) + generator.integers(-spread, spread + 1)) % 180).astype(np.uint8)
    saturations = np.clip(np.arange(256) * generator.uniform(0.3, 1.6), 0, 255).astype(np.uint8)
    same = np.arange(256, dtype=np.uint8)
    return _as_uint8(cv2.cvtColor(cv2.LUT(hsv, np.stack([hues, saturations, same], axis=1)[None]), cv2.COLOR_HSV2RGB))


def _change_light(crop: NDArray[np.uint8], generator: np.random.Generator) -> NDArray[np.uint8]:
    """Change the gain of each channel, gamma, black level, shading and noise."""
    levels = np.linspace(0, 1, 256)[:, None] ** generator.uniform(0.7, 1.5)
    black = generator.uniform(0, 0.2)
    levels = (black + (1 - black) * levels) * generator.uniform(0.72, 1.1, 3)
    lit = cv2.LUT(crop, np.clip(levels * 255, 0, 255).astype(np.uint8)[None]).astype(np.float32)
    if generator.random() < 0.3:
        slopes = generator.uniform(-0.25, 0.25, 2)
        axis = np.linspace(-1, 1, crop.shape[0], dtype=np.float32)
        lit *= np.float32(1.0) + (axis[:, None] * slopes[0] + axis[None] * slopes[1])[..., None].astype(np.float32)
    if generator.random() < 0.5:
        lit += generator.standard_normal(lit.shape, np.float32) * np.float32(generator.uniform(0, 5))
    return _as_uint8(np.clip(lit, 0, 255))


def _draw_frame(crop: NDArray[np.uint8], generator: np.random.Generator) -> NDArray[np.uint8]:
    """Fill one side of a crop, as the border of a vignette or a scale bar does."""
    framed = crop.copy()
    part = int(generator.integers(4, crop.shape[0] // 3))
    value = int(generator.choice([0, 255]))
    turned = np.rot90(framed, int(generator.integers(4)))  # a view
    turned[:part] = value
    return framed


def _as_uint8(image: cv2.typing.MatLike) -> NDArray[np.uint8]:
    return np.asarray(image).astype(np.uint8, copy=False)
