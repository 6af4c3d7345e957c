"""The ways an image is changed to see whether a model minds."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from blastlens.domain.labels import LABELS, Label, screening_label
from blastlens.imaging.decode import decode
from blastlens.imaging.overlay import encode_jpeg
from blastlens.imaging.scale_bars import BARS_OF_CLASS, ScaleBarStyle, draw_scale_bar, erase_scale_bar
from blastlens.training.data.transforms import motion_blurred

_BACKGROUND_SHARE = 0.3  # of an image: stain absorbs green, so its greenest pixels are background
_SEAM = 0.03  # of the shorter side: how much wider than its mask a blast is painted over


@dataclass(frozen=True)
class Scene:
    """An image with what is known of it: (H, W, 3) uint8 RGB, its blast mask (H, W) bool, its class, its number.

    The class is the one that the audited model is asked for: to a screening model every leukemia is malignant.
    """

    image: NDArray[np.uint8]
    mask: NDArray[np.bool_]
    label: Label
    number: int


class Change(Protocol):
    """Makes another image of a scene, (H, W, 3) uint8 RGB."""

    def __call__(self, scene: Scene) -> NDArray[np.uint8]:
        """Return a new image; the scene's own stays as it is."""


def as_taken(scene: Scene) -> NDArray[np.uint8]:
    """Change nothing."""
    return scene.image


def grey(scene: Scene) -> NDArray[np.uint8]:
    """Take all colour away."""
    return np.repeat(cv2.cvtColor(scene.image, cv2.COLOR_RGB2GRAY)[..., None], 3, axis=2).astype(np.uint8)


def without_bar(scene: Scene) -> NDArray[np.uint8]:
    """Put neighbouring pixels where the scale bar is."""
    return erase_scale_bar(scene.image)


def with_other_bar(scene: Scene) -> NDArray[np.uint8]:
    """Put the scale bar of another class where the own one is, in a style the own class lacks where there is one."""
    generator = np.random.default_rng(scene.number)
    others = [label for label in LABELS if label not in _labels_in(scene.label)]
    styles = BARS_OF_CLASS[others[int(generator.integers(len(others)))]]
    own = _bars_of(_labels_in(scene.label))
    foreign = [style for style in styles if style not in own] or list(styles)
    style = foreign[int(generator.integers(len(foreign)))]
    return draw_scale_bar(erase_scale_bar(scene.image), style, generator)


def knows_foreign_bar(label: Label) -> bool:
    """Tell whether other classes show a scale bar in a style that this one lacks: without one a swap says nothing."""
    own = _labels_in(label)
    return not _bars_of([other for other in LABELS if other not in own]) <= _bars_of(own)


def blasts_alone(scene: Scene) -> NDArray[np.uint8]:
    """Paint everything outside the blasts in the colour of the background."""
    return np.where(scene.mask[..., None], scene.image, background(scene.image)).astype(np.uint8)


def without_blasts(scene: Scene) -> NDArray[np.uint8]:
    """Paint the blasts, with a seam around each, in the colour of the background."""
    width = 2 * max(1, round(_SEAM * min(scene.mask.shape))) + 1
    ellipse = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (width, width))
    wide = cv2.dilate(scene.mask.astype(np.uint8), ellipse) > 0
    return np.where(wide[..., None], background(scene.image), scene.image).astype(np.uint8)


def turned_hue(scene: Scene, by: int) -> NDArray[np.uint8]:
    """Turn every hue, on OpenCV's scale of 180."""
    hsv = _hsv(scene.image)
    hsv[..., 0] = (hsv[..., 0].astype(np.int16) + by) % 180
    return _rgb(hsv)


def saturated(scene: Scene, factor: float) -> NDArray[np.uint8]:
    """Multiply the saturation."""
    hsv = _hsv(scene.image)
    hsv[..., 1] = np.clip(hsv[..., 1] * factor, 0, 255).astype(np.uint8)
    return _rgb(hsv)


def lit(scene: Scene, factor: float = 1.0, added: float = 0.0) -> NDArray[np.uint8]:
    """Multiply every value by a factor, or add a share of the full range."""
    changed: NDArray[np.float64] = np.clip(scene.image * factor + 255 * added, 0, 255)
    return changed.astype(np.uint8)


def blurred(scene: Scene) -> NDArray[np.uint8]:
    """Blur with a standard deviation of one pixel."""
    return cv2.GaussianBlur(scene.image, (0, 0), 1.0).astype(np.uint8, copy=False)


def moved(scene: Scene, length: float) -> NDArray[np.uint8]:
    """Smear along a line of `length` pixels, for an image of 224 pixels; every scene has its own direction."""
    return motion_blurred(scene.image, length, float(np.random.default_rng(scene.number).uniform(0, np.pi)))


def stretched(scene: Scene, across: bool) -> NDArray[np.uint8]:
    """Stretch by a third, across the image or down it, about the middle; what no longer fits is cut off."""
    height, width = scene.image.shape[:2]
    left, top = (width // 8, 0) if across else (0, height // 8)
    middle = scene.image[top : height - top, left : width - left]
    return cv2.resize(middle, (width, height), interpolation=cv2.INTER_CUBIC).astype(np.uint8, copy=False)


def compressed(scene: Scene) -> NDArray[np.uint8]:
    """Save as JPEG of quality 30 and read again."""
    return decode(encode_jpeg(scene.image, 30))


def background(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the colour (3,) uint8 of an image's background."""
    green = image[..., 1]
    light = image[green >= np.quantile(green, 1 - _BACKGROUND_SHARE)]
    colour: NDArray[np.float64] = np.median(light, axis=0)
    return colour.astype(np.uint8)


def _labels_in(label: Label) -> list[Label]:
    """Return the labels of the data that a class of a model stands for: "malignant" is three of them."""
    return [each for each in LABELS if label in (each, screening_label(each))]


def _bars_of(labels: Iterable[Label]) -> set[ScaleBarStyle]:
    return {style for label in labels for style in BARS_OF_CLASS[label]}


def _hsv(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return cv2.cvtColor(image, cv2.COLOR_RGB2HSV).astype(np.uint8, copy=False)


def _rgb(hsv: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB).astype(np.uint8, copy=False)
