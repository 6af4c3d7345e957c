"""Crops at random zoom and in random colours, for the scale network."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from blastlens.inference.scale import CROP_SIDE, MIDDLE_WIDTH
from blastlens.training.scale.appearance import vary_appearance
from blastlens.training.scale.recipe import ScaleRecipe
from blastlens.training.scale.sources import HOME, SizedImage

_SHARES = {HOME: 0.35}
"""Share of the crops by laboratory; the rest is spread evenly."""

GREATEST_ZOOM = 4.5
"""Of an image in a crop: one that grows more is a blur."""
_DOUBTFUL = 1.2  # factor beside the range of widths within which a crop counts neither as readable nor as not
_ANOTHER_IMAGE = 0.5  # probability that an image too small for a crop continues with others, not with its mirror image

IGNORED = -1.0

Item = TypeVar("Item")


class Target(NamedTuple):
    """Target of a crop.

    Attributes:
        octaves: binary logarithm of the width of a red cell over `MIDDLE_WIDTH`.
        has_width: 1 where `octaves` is known, else 0.
        readable: 1 where the crop shows red cells of a readable size, 0 where not, `IGNORED` in doubt.
    """

    octaves: float
    has_width: float
    readable: float


@dataclass(frozen=True)
class CropSources:
    """What crops are cut from.

    Attributes:
        sized: images by laboratory.
        photographs: images (H, W, 3) uint8 RGB that are not smears.
        painted: images (H, W, 3) uint8 RGB of stained cells on plain background.
    """

    sized: Mapping[str, Sequence[SizedImage]]
    photographs: Sequence[NDArray[np.uint8]]
    painted: Sequence[NDArray[np.uint8]]


def draw_batch(
    sources: CropSources, recipe: ScaleRecipe, generator: np.random.Generator
) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Draw crops (B, S, S, 3) uint8 RGB and their targets (B, 3) float32, in the order of `Target`."""
    crops = np.empty((recipe.batch, CROP_SIDE, CROP_SIDE, 3), np.uint8)
    targets = np.empty((recipe.batch, 3), np.float32)
    for position in range(recipe.batch):
        is_negative = generator.random() < recipe.negatives
        crops[position], targets[position] = (draw_negative if is_negative else draw_sized)(sources, recipe, generator)
    return crops, targets


def draw_sized(
    sources: CropSources, recipe: ScaleRecipe, generator: np.random.Generator
) -> tuple[NDArray[np.uint8], Target]:
    """Draw a crop of red cells of a known width."""
    laboratory = _draw_laboratory(list(sources.sized), generator)
    images = sources.sized[laboratory]
    source = _choose(images, generator)
    greatest = min(recipe.greatest * _DOUBTFUL, source.width * GREATEST_ZOOM)
    width = float(np.exp(generator.uniform(np.log(recipe.least / _DOUBTFUL), np.log(greatest))))
    stretch = _draw_stretch(laboratory, recipe, generator)
    crop = cut_crop(images, source, width, stretch, generator)
    is_sure = recipe.least <= width <= recipe.greatest
    target = Target(float(np.log2(width / MIDDLE_WIDTH)), 1.0, 1.0 if is_sure else IGNORED)
    return vary_appearance(crop, recipe, width, generator), target


def draw_negative(
    sources: CropSources, recipe: ScaleRecipe, generator: np.random.Generator
) -> tuple[NDArray[np.uint8], Target]:
    """Draw a crop without readable red cells: not a smear, empty, painted, or far too large or small."""
    kind = int(generator.integers(4))
    if kind == 0 and sources.photographs:
        crop = cut_window(_choose(sources.photographs, generator), generator)
    elif kind == 1 and sources.painted:
        crop = cut_window(_choose(sources.painted, generator), generator)
    elif kind == 2:
        crop = _draw_too_large_or_small(sources, recipe, generator)
    else:
        crop = _draw_empty(generator)
    width = float(generator.uniform(recipe.least, MIDDLE_WIDTH))  # scales the blur
    return vary_appearance(crop, recipe, width, generator), Target(0.0, 0.0, 0.0)


def cut_crop(
    images: Sequence[SizedImage], source: SizedImage, width: float, stretch: float, generator: np.random.Generator
) -> NDArray[np.uint8]:
    """Cut a crop (S, S, 3) out of an image, at a random place.

    An image that is too small continues with its mirror image, or with other images of the laboratory.

    Args:
        images: of the laboratory.
        source: one of them.
        width: of a red cell in px of the crop.
        stretch: factor of the height against the width.
        generator: draws the place.
    """
    across = width / source.width
    need = [int(np.ceil(CROP_SIDE / factor)) + 1 for factor in (across * stretch, across)]
    if all(part <= size for part, size in zip(need, source.image.shape, strict=False)):
        top, left = (int(generator.integers(source.image.shape[axis] - need[axis] + 1)) for axis in (0, 1))
        part = source.image[top : top + need[0], left : left + need[1]]
        return _flip(_cut_corner(_scale(part, across, stretch), generator), generator)
    small = _scale(source.image, across, stretch)
    if generator.random() < _ANOTHER_IMAGE:
        canvas = _tile([small, *(_scale_to(_choose(images, generator), width, stretch) for _ in range(3))], generator)
    else:
        canvas = np.vstack([np.hstack([small, small[:, ::-1]]), np.hstack([small[::-1], small[::-1, ::-1]])])
    repeats = [-(-(CROP_SIDE + 1) // size) for size in canvas.shape[:2]]
    return _flip(_cut_corner(np.tile(canvas, (*repeats, 1)), generator), generator)


def cut_window(image: NDArray[np.uint8], generator: np.random.Generator) -> NDArray[np.uint8]:
    """Cut a window of random size out of an image (H, W, 3), and resize it to a crop (S, S, 3)."""
    side = max(2, round(min(image.shape[:2]) * float(generator.uniform(0.3, 1.0))))
    top, left = (int(generator.integers(size - side + 1)) for size in image.shape[:2])
    window = image[top : top + side, left : left + side]
    interpolation = cv2.INTER_AREA if side > CROP_SIDE else cv2.INTER_LINEAR
    return _flip(_uint8(cv2.resize(window, (CROP_SIDE, CROP_SIDE), interpolation=interpolation)), generator)


def _draw_laboratory(names: Sequence[str], generator: np.random.Generator) -> str:
    others = [name for name in names if name not in _SHARES]
    rest = (1.0 - sum(_SHARES.get(name, 0.0) for name in names)) / max(len(others), 1)
    shares = np.array([_SHARES.get(name, rest) for name in names])
    return str(generator.choice(list(names), p=shares / shares.sum()))


def _draw_stretch(laboratory: str, recipe: ScaleRecipe, generator: np.random.Generator) -> float:
    """Return a factor of the height against the width.

    Home fields are squeezed to squares (docs/adr/0031) and drawn out again at random; others are squeezed at random.
    """
    if generator.random() >= recipe.squeezed:
        return 1.0
    factor = float(generator.uniform(recipe.squeeze, 1.05))
    return factor if laboratory == HOME else 1 / factor


def _draw_too_large_or_small(
    sources: CropSources, recipe: ScaleRecipe, generator: np.random.Generator
) -> NDArray[np.uint8]:
    """Draw a crop in which a red cell is twice the greatest width or half of the least, or more."""
    images = sources.sized[_draw_laboratory(list(sources.sized), generator)]
    source = _choose(images, generator)
    factor = float(generator.uniform(1.6, 4.0))
    large = recipe.greatest * factor
    is_large = source.width * GREATEST_ZOOM > large and generator.random() < 0.5
    return cut_crop(images, source, large if is_large else recipe.least / factor, 1.0, generator)


def _draw_empty(generator: np.random.Generator) -> NDArray[np.uint8]:
    """Draw a plain crop, or one of smooth or fine noise."""
    colour = generator.uniform(0, 255, 3)
    coarse = int(generator.choice([2, 4, 10, 40, CROP_SIDE]))
    noise = generator.normal(0, float(generator.choice([0.0, 4.0, 30.0])), (coarse, coarse, 3)).astype(np.float32)
    grown = cv2.resize(noise, (CROP_SIDE, CROP_SIDE), interpolation=cv2.INTER_LINEAR)
    return _uint8(np.clip(grown + colour, 0, 255))


def _scale(image: NDArray[np.uint8], across: float, stretch: float) -> NDArray[np.uint8]:
    height, width = image.shape[:2]
    size = (max(1, int(np.ceil(width * across))), max(1, int(np.ceil(height * across * stretch))))
    return _uint8(cv2.resize(image, size, interpolation=cv2.INTER_AREA if across < 1 else cv2.INTER_LINEAR))


def _scale_to(source: SizedImage, width: float, stretch: float) -> NDArray[np.uint8]:
    return _scale(source.image, width / source.width, stretch)


def _tile(four: Sequence[NDArray[np.uint8]], generator: np.random.Generator) -> NDArray[np.uint8]:
    """Return a mosaic of four images, each cut to the smallest and turned over at random."""
    height, width = (min(image.shape[axis] for image in four) for axis in (0, 1))
    turned = [_flip(image[:height, :width], generator) for image in four]
    return np.vstack([np.hstack(turned[:2]), np.hstack(turned[2:])])


def _cut_corner(canvas: NDArray[np.uint8], generator: np.random.Generator) -> NDArray[np.uint8]:
    top, left = (int(generator.integers(max(1, size - CROP_SIDE + 1))) for size in canvas.shape[:2])
    return canvas[top : top + CROP_SIDE, left : left + CROP_SIDE]


def _flip(image: NDArray[np.uint8], generator: np.random.Generator) -> NDArray[np.uint8]:
    down, across = (1 - 2 * int(generator.integers(2)) for _ in range(2))
    return image[::down, ::across]


def _choose(items: Sequence[Item], generator: np.random.Generator) -> Item:
    return items[int(generator.integers(len(items)))]


def _uint8(image: cv2.typing.MatLike) -> NDArray[np.uint8]:
    return np.asarray(image).astype(np.uint8, copy=False)
