"""Arrays of images at the model's size, read by the same steps as in serving."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from blastlens.domain.errors import InvalidData, UploadRefused
from blastlens.domain.labels import Label
from blastlens.imaging.decode import decode
from blastlens.imaging.model_input import shrink
from blastlens.imaging.segmentation import segment
from blastlens.imaging.stain import prepare_colour
from blastlens.training.data.augmentation import augment
from blastlens.training.data.dataset import Example
from blastlens.training.progress import Track
from blastlens.training.recipes.recipe import Augmentation, Recipe
from blastlens.training.threads import in_threads

NO_CLASS = -1
"""The class of an image without a true class, such as one of another laboratory."""

ModelImages = tuple[NDArray[np.uint8], NDArray[np.uint8]]
"""An image (S, S, 3) and its mask shares (S, S), both uint8."""


@dataclass(frozen=True)
class Variation:
    """Amounts of an augmentation, and the seeds that it is drawn from."""

    amounts: Augmentation
    seeds: tuple[int, ...]
    """The position of each example is appended."""


@dataclass(frozen=True)
class Pixels:
    """N images of a dataset in memory.

    Attributes:
        images: (N, S, S, 3) uint8 RGB.
        mask_shares: (N, S, S) uint8, the share of each pixel that the blast mask covers, 0 to 255.
        classes: (N,) int64, positions in the recipe's classes, or `NO_CLASS`.
    """

    images: NDArray[np.uint8]
    mask_shares: NDArray[np.uint8]
    classes: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.classes)


@dataclass(frozen=True)
class Pairs:
    """The same N images with all augmentations, and without stain, light and focus."""

    changed: Pixels
    plain: Pixels

    def __len__(self) -> int:
        return len(self.plain)


def read_pixels(
    examples: Sequence[Example],
    recipe: Recipe,
    size: int,
    variation: Variation | None = None,
    track: Track = lambda items: items,
) -> Pixels:
    """Decode, augment, normalise, segment and shrink every example.

    Args:
        examples: the images to read.
        recipe: colour normalisation, segmentation and classes.
        size: side S of the images in pixels.
        variation: augmentation before the segmentation; None for none.
        track: shows progress.

    Raises:
        InvalidData: a file cannot be read; the message names it.
    """

    def read(number: int) -> ModelImages:
        return preprocess(read_image(examples[number].path), recipe, size, variation, number)

    return read_in_threads(read, class_indices(examples, recipe.classes), size, track(examples))


def read_in_threads(
    read: Callable[[int], ModelImages], classes: NDArray[np.int64], size: int, tracked: Iterable[object]
) -> Pixels:
    """Read N images in threads into arrays.

    Args:
        read: returns the model's image of a number, from 0.
        classes: (N,) of the images.
        size: side S of the images in pixels.
        tracked: N items; one is taken for each image that is read.
    """
    images = np.empty((len(classes), size, size, 3), np.uint8)
    shares = np.empty((len(classes), size, size), np.uint8)
    with closing(in_threads(read, range(len(classes)))) as results:  # OpenCV releases the interpreter lock
        for index, (_, pair) in enumerate(zip(tracked, results, strict=True)):
            images[index], shares[index] = pair
    return Pixels(images, shares, classes)


def concatenate_pixels(first: Pixels, second: Pixels) -> Pixels:
    """Return the images of both, those of `first` first."""
    return Pixels(
        np.concatenate([first.images, second.images]),
        np.concatenate([first.mask_shares, second.mask_shares]),
        np.concatenate([first.classes, second.classes]),
    )


def subsample(pixels: Pixels, count: int) -> Pixels:
    """Return at most `count` examples, spread evenly over all of them."""
    every = slice(None, None, max(1, -(-len(pixels) // count)))
    return Pixels(pixels.images[every], pixels.mask_shares[every], pixels.classes[every])


def class_indices(examples: Sequence[Example], classes: Sequence[Label]) -> NDArray[np.int64]:
    """Return each example's position (N,) int64 in `classes`; see `Example.label_in`."""
    return np.array([classes.index(example.label_in(classes)) for example in examples], np.int64)


def read_image(file: Path) -> NDArray[np.uint8]:
    """Return the image (H, W, 3) uint8 RGB of a file.

    Raises:
        InvalidData: it cannot be read; the message names it.
    """
    try:
        return decode(file.read_bytes())
    except (OSError, UploadRefused) as error:
        raise InvalidData(f"{file} cannot be read: {error}") from error


def preprocess(
    image: NDArray[np.uint8], recipe: Recipe, size: int, variation: Variation | None, number: int
) -> ModelImages:
    """Augment, normalise, segment and shrink an image.

    Args:
        image: (H, W, 3) uint8 RGB, as taken.
        recipe: colour normalisation and segmentation.
        size: side S in pixels.
        variation: augmentation before the segmentation; None for none.
        number: position of the image in its part, added to the seeds.

    Returns:
        The image (S, S, 3) and its mask shares (S, S), both uint8.
    """
    if variation is not None:
        image = augment(image, variation.amounts, np.random.default_rng([*variation.seeds, number]))
    normalised = prepare_colour(image, recipe.colour)
    return shrink(normalised, segment(normalised, recipe.segmentation), size)
