"""Outlier exposure: images of other laboratories, for equal probabilities.

Hendrycks, Mazeika and Dietterich 2019, "Deep Anomaly Detection with Outlier Exposure", arXiv 1812.04606: beside the
classes of images of its own laboratory, the model is trained to give every class the same probability on these.
"""

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from blastlens.domain.errors import InvalidData
from blastlens.domain.upload import EXTENSIONS
from blastlens.training.data.arrays import (
    NO_CLASS,
    ModelImages,
    Pixels,
    Variation,
    preprocess,
    read_image,
    read_in_threads,
)
from blastlens.training.data.dataset import images_in
from blastlens.training.progress import Track
from blastlens.training.recipes.recipe import Recipe

EXAMPLES_PER_OUTLIER = 4
"""Examples for each image of another laboratory, in a variation and in a batch of a head."""

_MASK = "_mask"
_LEAST_SHARE = 0.5  # of the side that a shrunk image fills


def find_outliers(folder: Path) -> tuple[Path, ...]:
    """List the images of a flat folder, sorted, without masks (`NAME_mask.png`).

    Raises:
        InvalidData: the folder holds no image, or an image cannot be read.
    """
    files = tuple(file for file in images_in(folder) if not file.stem.endswith(_MASK))
    if not files:
        raise InvalidData(f"{folder} holds no image ({', '.join(EXTENSIONS)}). Add smears of other laboratories.")
    for file in files:
        read_image(file)
    return files


def sha256_of(files: Sequence[Path]) -> str:
    """Return the SHA-256 of the contents of all files, in their order."""
    return hashlib.sha256(b"".join(hashlib.sha256(file.read_bytes()).digest() for file in files)).hexdigest()


def read_outliers(
    files: Sequence[Path],
    recipe: Recipe,
    size: int,
    variation: Variation,
    count: int,
    track: Track = lambda items: items,
) -> Pixels:
    """Compose `count` fields of view from files, and preprocess them like examples.

    Args:
        files: images to draw from.
        recipe: colour normalisation and segmentation.
        size: side S of the images in pixels.
        variation: augmentation.
        count: number of fields of view.
        track: shows progress.

    Returns:
        Pixels whose classes are all `NO_CLASS`.
    """

    def make(number: int) -> ModelImages:
        generator = np.random.default_rng([*variation.seeds, number])
        image = compose(lambda: read_image(files[int(generator.integers(len(files)))]), generator)
        return preprocess(image, recipe, size, variation, number)

    return read_in_threads(make, np.full(count, NO_CLASS, np.int64), size, track(range(count)))


def compose(draw: Callable[[], NDArray[np.uint8]], generator: np.random.Generator) -> NDArray[np.uint8]:
    """Return a field of view: one image, a shrunk one, or a grid of four.

    Cameras of other laboratories show cells larger or smaller, and more or fewer of them.

    Args:
        draw: returns an image (H, W, 3) uint8 RGB at every call.
        generator: draws which of the three.

    Returns:
        (H, W, 3) uint8 RGB.
    """
    kind = int(generator.integers(3))
    image = draw()
    height, width = image.shape[:2]
    if kind == 1:
        share = generator.uniform(_LEAST_SHARE, 1.0)
        small = cv2.resize(image, (round(width * share), round(height * share)), interpolation=cv2.INTER_AREA)
        down, right = height - small.shape[0], width - small.shape[1]
        around = (down // 2, down - down // 2, right // 2, right - right // 2)
        image = cv2.copyMakeBorder(small, *around, cv2.BORDER_REFLECT_101).astype(np.uint8, copy=False)
    if kind == 2:
        four = [image, *(cv2.resize(draw(), (width, height), interpolation=cv2.INTER_AREA) for _ in range(3))]
        turned = [np.rot90(each, 2 * int(generator.integers(2))) for each in four]
        image = np.vstack([np.hstack(turned[:2]), np.hstack(turned[2:])]).astype(np.uint8, copy=False)
    return np.ascontiguousarray(image)
