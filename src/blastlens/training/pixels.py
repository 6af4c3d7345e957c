"""Reads a training set into memory, at the model's size, by the same steps as serving."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from blastlens.domain.errors import InvalidData, UploadRefused
from blastlens.domain.labels import LABELS
from blastlens.imaging.decode import decode
from blastlens.imaging.model_input import shrink
from blastlens.imaging.segmentation import SegmentationSettings, segment
from blastlens.training.dataset import Example


@dataclass(frozen=True)
class Pixels:
    """A part of a training set in memory.

    Attributes:
        images: (N, S, S, 3) uint8 RGB.
        mask_shares: (N, S, S) uint8, each pixel's share of blast mask, 0 to 255.
        classes: (N,) int64, positions in `LABELS`.
    """

    images: NDArray[np.uint8]
    mask_shares: NDArray[np.uint8]
    classes: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.classes)


def read_pixels(
    examples: Sequence[Example],
    size: int,
    settings: SegmentationSettings,
    track: Callable[[Sequence[Example]], Iterable[Example]] = lambda items: items,
) -> Pixels:
    """Decode, segment and shrink every example.

    Args:
        examples: what to read.
        size: side of the model's input in pixels.
        settings: segmentation thresholds; the package will carry the same.
        track: wraps the sequence to show progress.

    Raises:
        InvalidData: a file cannot be read; the message names it.
    """
    images = np.empty((len(examples), size, size, 3), np.uint8)
    shares = np.empty((len(examples), size, size), np.uint8)
    classes = np.array([LABELS.index(example.label) for example in examples], np.int64)
    for index, example in enumerate(track(examples)):
        try:
            image = decode(example.path.read_bytes())
        except UploadRefused as refusal:
            raise InvalidData(f"{example.path} cannot be trained on: {refusal.message}") from refusal
        images[index], shares[index] = shrink(image, segment(image, settings), size)
    return Pixels(images, shares, classes)
