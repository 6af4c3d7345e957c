"""Varies images while a model learns, before blasts are found in them: both branches see one picture."""

from dataclasses import asdict, dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from blastlens.imaging.scale_bars import CORNERS, SCALE_BARS, draw_scale_bar, erase_scale_bar, fill_corner
from blastlens.imaging.stain import turn_hue
from blastlens.training.optics import blur, compress, light, move, transform, vary_stain

_USUAL_CORNER = 0.7  # share of drawn bars that lie where the training data has them


@dataclass(frozen=True)
class Augmentation:
    """How far an image may be changed; every amount is the largest change, drawn uniformly; 0 leaves it.

    Attributes:
        flips: mirror left-right and up-down, each with probability one half.
        quarter_turns: turn by 0, 90, 180 or 270 degrees.
        rotation: degrees either way; corners are filled by reflection.
        zoom: share by which the image grows or shrinks, and is moved.
        brightness: share of the full range added or taken.
        exposure: share by which all values are multiplied or divided.
        contrast: share by which the distance from the mean grows or shrinks.
        hue: degrees on OpenCV's scale of 180.
        saturation: share by which colours grow stronger or weaker.
        stain: strength of the change in haematoxylin-eosin-DAB space (Tellez et al. 2018, arXiv 1808.05896).
        shading: share by which the light falls off across the image.
        blur: greatest standard deviation in pixels of 224.
        motion: greatest length in pixels of 224 of the line that a moving slide smears a point along.
        jpeg: lowest quality the image is compressed to, 1 to 100; 0 for never.
        no_bar: probability that the scale bar is painted over.
        bar: probability that a bar of any style is then drawn, in its corner or any other.
        corner: probability that one corner of any size is filled with one colour.
        surroundings: probability that the original shows blasts on empty glass alone, drawn anew for every step.
    """

    flips: bool = True
    quarter_turns: bool = False
    rotation: float = 0.0
    zoom: float = 0.0
    brightness: float = 0.0
    exposure: float = 0.0
    contrast: float = 0.0
    hue: float = 0.0
    saturation: float = 0.0
    stain: float = 0.0
    shading: float = 0.0
    blur: float = 0.0
    motion: float = 0.0
    jpeg: int = 0
    no_bar: float = 0.0
    bar: float = 0.0
    corner: float = 0.0
    surroundings: float = 0.0

    def at(self, strength: float) -> "Augmentation":
        """Return the same changes, weaker or stronger; how often bars and surroundings change stays.

        A corner is filled more or less often, at most always; JPEG compression grows to the worst quality there is.
        """
        kept = {"flips", "quarter_turns", "jpeg", "no_bar", "bar", "surroundings"}
        scaled = {name: value * strength for name, value in asdict(self).items() if name not in kept}
        scaled["corner"] = min(1.0, scaled["corner"])
        return replace(self, **scaled, jpeg=_worse(self.jpeg, strength))

    def of_place(self) -> "Augmentation":
        """Return the changes of place and labels alone: drawn from one seed, the same ones as with all the others."""
        place = {"flips", "quarter_turns", "rotation", "zoom", "no_bar", "bar", "corner"}
        return Augmentation(**{name: value for name, value in asdict(self).items() if name in place})


def _worse(quality: int, strength: float) -> int:
    """Return a lowest JPEG quality at a strength; where there was one it is never 0, which would be none at all."""
    return max(1, round(100 - (100 - quality) * strength)) if quality else 0


def vary(image: NDArray[np.uint8], amounts: Augmentation, generator: np.random.Generator) -> NDArray[np.uint8]:
    """Change an image (H, W, 3) uint8 RGB as another microscope, stain or camera would; the rest is for each step."""
    image = _relabel(image, amounts, generator)
    if amounts.rotation or amounts.zoom:
        image = transform(image, amounts.rotation, amounts.zoom, generator)
    if amounts.stain:
        image = vary_stain(image, amounts.stain, generator)
    if amounts.hue or amounts.saturation:
        image = _recolour(image, amounts, generator)
    if amounts.shading:
        image = light(image, amounts.shading, generator)
    image = _expose(image, amounts, generator)
    if amounts.blur:
        image = blur(image, amounts.blur, generator)
    if amounts.motion:
        image = move(image, amounts.motion, generator)
    return compress(image, amounts.jpeg, generator) if amounts.jpeg else image


def _relabel(image: NDArray[np.uint8], amounts: Augmentation, generator: np.random.Generator) -> NDArray[np.uint8]:
    """Take the scale bar away, or give another: its style follows the class in the training data."""
    if generator.random() < amounts.no_bar:
        image = erase_scale_bar(image)
    if generator.random() < amounts.bar:
        style = SCALE_BARS[int(generator.integers(len(SCALE_BARS)))]
        anywhere = CORNERS[int(generator.integers(len(CORNERS)))]
        corner = "bottom_right" if generator.random() < _USUAL_CORNER else anywhere
        image = draw_scale_bar(image, style, generator, corner)
    return fill_corner(image, generator) if generator.random() < amounts.corner else image


def _recolour(image: NDArray[np.uint8], amounts: Augmentation, generator: np.random.Generator) -> NDArray[np.uint8]:
    turned = turn_hue(image, generator.uniform(-amounts.hue, amounts.hue))
    factor = 1.0 + generator.uniform(-amounts.saturation, amounts.saturation)
    grey = cv2.cvtColor(turned, cv2.COLOR_RGB2GRAY)[..., None].astype(np.float32)
    return np.clip(grey + (turned - grey) * factor, 0, 255).astype(np.uint8)


def _expose(image: NDArray[np.uint8], amounts: Augmentation, generator: np.random.Generator) -> NDArray[np.uint8]:
    contrast = 1.0 + generator.uniform(-amounts.contrast, amounts.contrast)
    factor = 1.0 + generator.uniform(-amounts.exposure, amounts.exposure)
    added = 255.0 * generator.uniform(-amounts.brightness, amounts.brightness)
    mean = float(image.mean())
    table = ((np.arange(256) - mean) * contrast + mean) * factor + added
    return cv2.LUT(image, np.clip(table, 0, 255).astype(np.uint8)).astype(np.uint8, copy=False)
