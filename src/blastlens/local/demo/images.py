"""Synthetic image files for the demo's microscopes, no two of them alike."""

from functools import cache
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from blastlens.domain.labels import LABELS
from blastlens.imaging.overlay import encode_png
from blastlens.imaging.synthetic import draw_smear

_DRAWINGS = 2
_LARGE_EVERY = 50
_LARGE_SCALE = 7


def draw_file(seed: int, smear: int, number: int) -> tuple[str, bytes]:
    """Return extension and bytes of an image file.

    The same bytes under two patients would hold the second one's examination, so that each file differs in a corner.

    Args:
        seed: seed of the drawings.
        smear: number of the smear: all its images show the same class.
        number: number of the file, below 2**24. Every fiftieth is large enough for a multipart upload.
    """
    image = _draw(seed, smear % len(LABELS), number % _DRAWINGS).copy()
    image[0, 0] = (number >> 16 & 255, number >> 8 & 255, number & 255)
    if (number + 1) % _LARGE_EVERY:
        return "png", encode_png(image)
    large = BytesIO()
    Image.fromarray(np.kron(image, np.ones((_LARGE_SCALE, _LARGE_SCALE, 1), dtype=np.uint8))).save(large, "BMP")
    return "bmp", large.getvalue()


@cache
def _draw(seed: int, label: int, drawing: int) -> NDArray[np.uint8]:
    return draw_smear(seed + label + drawing * len(LABELS), LABELS[label]).image
