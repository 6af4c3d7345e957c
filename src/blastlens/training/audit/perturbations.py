"""Perturbations of an image: colour, light, focus, scale bars, masked blasts."""

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
_MARGIN = 0.03  # of the shorter side: by which a painted blast is wider than its mask


@dataclass(frozen=True)
class Scene:
    """An image to perturb.

    Attributes:
        image: (H, W, 3) uint8 RGB.
        mask: (H, W) bool, the blasts.
        label: true class among those of the audited model: for a screening model every leukemia is malignant.
        number: position of the image, the seed of random perturbations.
    """

    image: NDArray[np.uint8]
    mask: NDArray[np.bool_]
    label: Label
    number: int


class Perturbation(Protocol):
    """Returns a changed image (H, W, 3) uint8 RGB."""

    def __call__(self, scene: Scene) -> NDArray[np.uint8]:
        """Return a new image; that of the scene is not changed."""


def keep_as_taken(scene: Scene) -> NDArray[np.uint8]:
    """Return the image itself."""
    return scene.image


def remove_colour(scene: Scene) -> NDArray[np.uint8]:
    """Convert to greyscale."""
    return np.repeat(cv2.cvtColor(scene.image, cv2.COLOR_RGB2GRAY)[..., None], 3, axis=2).astype(np.uint8)


def mask_scale_bar(scene: Scene) -> NDArray[np.uint8]:
    """Replace the scale bar by neighbouring pixels."""
    return erase_scale_bar(scene.image)


def swap_scale_bar(scene: Scene) -> NDArray[np.uint8]:
    """Replace the scale bar by one of another class.

    It is in a style that the image's class lacks, if the other class has one.
    """
    generator = np.random.default_rng(scene.number)
    others = [label for label in LABELS if label not in _labels_in(scene.label)]
    styles = BARS_OF_CLASS[others[int(generator.integers(len(others)))]]
    own = _bars_of(_labels_in(scene.label))
    foreign = [style for style in styles if style not in own] or list(styles)
    style = foreign[int(generator.integers(len(foreign)))]
    return draw_scale_bar(erase_scale_bar(scene.image), style, generator)


def has_foreign_scale_bar(label: Label) -> bool:
    """Return whether other classes have a style of scale bar that this one lacks.

    Without one, swapping the bars shows nothing.
    """
    own = _labels_in(label)
    return not _bars_of([other for other in LABELS if other not in own]) <= _bars_of(own)


def mask_surroundings(scene: Scene) -> NDArray[np.uint8]:
    """Paint everything outside the blasts in the colour of the background."""
    return np.where(scene.mask[..., None], scene.image, background_colour(scene.image)).astype(np.uint8)


def mask_blasts(scene: Scene) -> NDArray[np.uint8]:
    """Paint the blasts, with a margin around each, in the colour of the background."""
    width = 2 * max(1, round(_MARGIN * min(scene.mask.shape))) + 1
    ellipse = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (width, width))
    wide = cv2.dilate(scene.mask.astype(np.uint8), ellipse) > 0
    return np.where(wide[..., None], background_colour(scene.image), scene.image).astype(np.uint8)


def shift_hue(scene: Scene, by: int) -> NDArray[np.uint8]:
    """Shift every hue, on OpenCV's scale of 180."""
    hsv = _hsv(scene.image)
    hsv[..., 0] = (hsv[..., 0].astype(np.int16) + by) % 180
    return _rgb(hsv)


def scale_saturation(scene: Scene, factor: float) -> NDArray[np.uint8]:
    """Multiply the saturation."""
    hsv = _hsv(scene.image)
    hsv[..., 1] = np.clip(hsv[..., 1] * factor, 0, 255).astype(np.uint8)
    return _rgb(hsv)


def change_light(scene: Scene, factor: float = 1.0, added: float = 0.0) -> NDArray[np.uint8]:
    """Multiply every value by a factor, or add a share of the full range."""
    changed: NDArray[np.float64] = np.clip(scene.image * factor + 255 * added, 0, 255)
    return changed.astype(np.uint8)


def blur(scene: Scene) -> NDArray[np.uint8]:
    """Blur with a standard deviation of one pixel."""
    return cv2.GaussianBlur(scene.image, (0, 0), 1.0).astype(np.uint8, copy=False)


def blur_motion(scene: Scene, length: float) -> NDArray[np.uint8]:
    """Blur along a line of `length` pixels, for an image of 224 pixels.

    The direction is drawn by the scene's number.
    """
    return motion_blurred(scene.image, length, float(np.random.default_rng(scene.number).uniform(0, np.pi)))


def stretch(scene: Scene, across: bool) -> NDArray[np.uint8]:
    """Stretch by a third, across the image or down it; crop to the middle."""
    height, width = scene.image.shape[:2]
    left, top = (width // 8, 0) if across else (0, height // 8)
    middle = scene.image[top : height - top, left : width - left]
    return cv2.resize(middle, (width, height), interpolation=cv2.INTER_CUBIC).astype(np.uint8, copy=False)


def compress(scene: Scene) -> NDArray[np.uint8]:
    """Encode as JPEG of quality 30 and decode."""
    return decode(encode_jpeg(scene.image, 30))


def background_colour(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the colour (3,) uint8 of an image's background."""
    green = image[..., 1]
    light = image[green >= np.quantile(green, 1 - _BACKGROUND_SHARE)]
    colour: NDArray[np.float64] = np.median(light, axis=0)
    return colour.astype(np.uint8)


def _labels_in(label: Label) -> list[Label]:
    """Return the dataset's labels in a class of a model: "malignant" holds three."""
    return [each for each in LABELS if label in (each, screening_label(each))]


def _bars_of(labels: Iterable[Label]) -> set[ScaleBarStyle]:
    return {style for label in labels for style in BARS_OF_CLASS[label]}


def _hsv(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return cv2.cvtColor(image, cv2.COLOR_RGB2HSV).astype(np.uint8, copy=False)


def _rgb(hsv: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB).astype(np.uint8, copy=False)
