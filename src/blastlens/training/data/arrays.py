"""Reads examples into memory, at the model's size, by the same steps as serving."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from blastlens.domain.errors import InvalidData, UploadRefused
from blastlens.domain.labels import LABELS, Label, screening_label
from blastlens.imaging.decode import decode
from blastlens.imaging.model_input import shrink
from blastlens.imaging.segmentation import segment
from blastlens.imaging.stain import as_read
from blastlens.training.data.augmentation import augment
from blastlens.training.data.dataset import Example
from blastlens.training.progress import Track
from blastlens.training.recipes.recipe import Augmentation, Recipe
from blastlens.training.threads import in_threads

NO_CLASS = -1
"""The class of an image of which none is known to be right."""

ModelImages = tuple[NDArray[np.uint8], NDArray[np.uint8]]
"""An image (S, S, 3) and its mask shares (S, S), both uint8."""


@dataclass(frozen=True)
class Variation:
    """How images are changed: by which amounts, and drawn from which seeds; each example's own place is added."""

    amounts: Augmentation
    seeds: tuple[int, ...]


@dataclass(frozen=True)
class Pixels:
    """A part of a training set in memory.

    Attributes:
        images: (N, S, S, 3) uint8 RGB.
        mask_shares: (N, S, S) uint8, each pixel's share of blast mask, 0 to 255.
        classes: (N,) int64, positions in the recipe's classes, or `NO_CLASS`.
    """

    images: NDArray[np.uint8]
    mask_shares: NDArray[np.uint8]
    classes: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.classes)


@dataclass(frozen=True)
class Pairs:
    """Examples twice, their place and labels alike: with all changes, and with none of stain, light and focus."""

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
    """Decode, vary, normalise, segment and shrink every example.

    Args:
        examples: what to read.
        recipe: says how.
        size: side of the images in pixels.
        variation: how images are changed before blasts are found in them; None leaves them as they are.
        track: wraps the sequence to show progress.

    Raises:
        InvalidData: a file cannot be read; the message names it.
    """

    def read(number: int) -> ModelImages:
        return preprocess(read_image(examples[number].path), recipe, size, variation, number)

    return read_in_threads(read, class_indices(examples, recipe.classes), size, track(examples))


def read_in_threads(
    read: Callable[[int], ModelImages], classes: NDArray[np.int64], size: int, tracked: Iterable[object]
) -> Pixels:
    """Read images in threads into one piece of memory.

    Args:
        read: gives what a model is shown of the image with a number, from 0.
        classes: (N,) of the images.
        size: side of the images in pixels.
        tracked: N items, taken one for each image that is read.
    """
    images = np.empty((len(classes), size, size, 3), np.uint8)
    shares = np.empty((len(classes), size, size), np.uint8)
    with closing(in_threads(read, range(len(classes)))) as drawn:  # OpenCV lets other threads run meanwhile
        for index, (_, pair) in enumerate(zip(tracked, drawn, strict=True)):
            images[index], shares[index] = pair
    return Pixels(images, shares, classes)


def concatenate_pixels(first: Pixels, second: Pixels) -> Pixels:
    """Return the images of both, one after the other."""
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
    """Return each example's place (N,) among `classes`; where only "malignant" is known, leukemias are that."""
    merge = set(classes) != set(LABELS)
    labels = [screening_label(example.label) if merge else example.label for example in examples]
    return np.array([classes.index(label) for label in labels], np.int64)


def read_image(file: Path) -> NDArray[np.uint8]:
    """Return the image (H, W, 3) uint8 RGB of a file.

    Raises:
        InvalidData: it cannot be read; the message names it.
    """
    try:
        return decode(file.read_bytes())
    except (OSError, UploadRefused) as error:
        raise InvalidData(f"{file} cannot be trained on: {error}") from error


def preprocess(
    image: NDArray[np.uint8], recipe: Recipe, size: int, variation: Variation | None, number: int
) -> ModelImages:
    """Return what a model is shown of an image (H, W, 3) uint8 RGB: (S, S, 3) and mask shares (S, S), both uint8.

    Args:
        image: as taken.
        recipe: says how.
        size: side in pixels of what is returned.
        variation: how the image is changed first; None leaves it as it is.
        number: place of the image in its part, from which its changes are drawn.
    """
    if variation is not None:
        image = augment(image, variation.amounts, np.random.default_rng([*variation.seeds, number]))
    seen = as_read(image, recipe.colour)
    return shrink(seen, segment(seen, recipe.segmentation), size)
