"""Synthetic image files for the demo's microscopes."""

from collections.abc import Iterator
from io import BytesIO

import numpy as np
from PIL import Image

from blastlens.domain.labels import LABELS
from blastlens.imaging.overlay import encode_png
from blastlens.imaging.synthetic import draw_smear

_DRAWINGS = 8
_LARGE_EVERY = 50


def drawn_files(seed: int) -> Iterator[tuple[str, bytes]]:
    """Yield extensions and bytes without end.

    Every fiftieth file is large enough for a multipart upload.
    """
    drawn = [draw_smear(seed + number, LABELS[number % len(LABELS)]).image for number in range(_DRAWINGS)]
    plain = [encode_png(image) for image in drawn]
    large = BytesIO()
    Image.fromarray(np.kron(drawn[0], np.ones((7, 7, 1), dtype=np.uint8))).save(large, "BMP")
    number = 0
    while True:
        number += 1
        yield ("bmp", large.getvalue()) if number % _LARGE_EVERY == 0 else ("png", plain[number % _DRAWINGS])
