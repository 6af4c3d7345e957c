"""Keys and images of a scenario, and a reader of their shade."""

from functools import cache
from typing import Any

import numpy as np

from blastlens.domain.errors import UploadRefused
from blastlens.domain.field import FieldSummary, PixelSize, PixelSizeSource
from blastlens.domain.labels import LABELS, Label
from blastlens.domain.prediction import ModelIdentity, Prediction, Rejection
from blastlens.imaging.decode import decode
from blastlens.imaging.overlay import encode_png
from tests.answers import CELL, CONSTANTS, FakeReading
from tests.functional.quick_reader import QUALITY

CLINIC, NAME = "clinic-nobody-may-know", "Jane Doe"
PATIENT, NEIGHBOUR = "patient-nobody-may-know", "neighbour-nobody-may-know"

KEYS = [f"uploads/{CLINIC}/{PATIENT}/smear/field-{number}.png" for number in range(3)]
KEYS += [f"uploads/{CLINIC}/{PATIENT}/upload-{number}.png" for number in range(2)]
KEYS += [f"uploads/{CLINIC}/{NEIGHBOUR}/other-smear/field-{number}.png" for number in range(2)]
KEYS += [f"uploads/{CLINIC}/{NAME}/smear.png"]

DECLARED = [{}, {"examination-complete": "true"}, {"examination-complete": "true", "examination-fields": "3"}]
"""What the metadata of an upload may declare of its examination."""

_SETS = {90: (Label.PRE_B,), 60: (Label.BENIGN,), 120: (Label.PRE_B, Label.BENIGN)}
"""Shade of an image → the labels that cannot be excluded in it."""

KINDS = len(_SETS) + 2
"""Number of different contents that a patient's image may have."""

WHITE_CELLS = CONSTANTS.least_white_cells - 1
"""White cells of a field: one field is too little for an answer, two are enough."""


@cache
def image(key: str, kind: int) -> bytes:
    """Return the content of an image: a shade, no image at all, or nothing. Those of two patients are distinct."""
    owner = 1 + (NEIGHBOUR in key) + 2 * (NAME in key)
    if kind < len(_SETS):
        shades = np.full((64, 64, 3), list(_SETS)[kind], dtype=np.uint8)
        shades[0, 0] = owner
        return encode_png(shades)
    return b"no image" * owner if kind == len(_SETS) else b""


class ShadeReader:
    """Reads images in no time. Another digest is another model, which answers the same.

    Attributes:
        identity: the model.
        examination: its constants.
    """

    def __init__(self, digest: str = "d" * 64) -> None:
        self.identity = ModelIdentity("shade", "1", digest)
        self.examination = CONSTANTS

    def read_bytes(self, data: bytes, declared: PixelSize | None = None) -> FakeReading:
        """Return the answer to an image."""
        pixels = _pixels(data)
        if isinstance(pixels, UploadRefused):
            return FakeReading(Rejection.from_refusal(pixels, self.identity))
        labels = _SETS[int(pixels[20, 20, 0])]
        field = FieldSummary(PixelSize(0.25, PixelSizeSource.DEVICE, 0.1), windows=1, white_cells=WHITE_CELLS)
        rest = (1 - 0.9) / (len(LABELS) - len(labels))
        probabilities = {one: 0.9 / len(labels) if one in labels else rest for one in LABELS}
        answer = Prediction(labels[0], probabilities, labels, QUALITY, self.identity, field)
        mask = pixels[..., 0] < 100
        return FakeReading(answer, pixels, mask, mask.astype(np.float32), (CELL,), ((0, 0, *mask.shape),))


@cache
def _pixels(data: bytes) -> Any:
    try:
        return decode(data)
    except UploadRefused as refusal:
        return refusal
