"""A reader with real decoding and without a model."""

from dataclasses import fields

import numpy as np

from blastlens.domain.errors import UploadRefused
from blastlens.domain.labels import Label
from blastlens.domain.prediction import ModelIdentity, Prediction, Quality, Rejection
from blastlens.imaging.decode import decode
from tests.answers import CELL, CONSTANTS, FakeReading, field_summary

PROBABILITIES = {Label.BENIGN: 0.01, Label.EARLY_PRE_B: 0.02, Label.PRE_B: 0.95, Label.PRO_B: 0.02}
QUALITY = Quality(**{field.name: 0.5 for field in fields(Quality)})


class QuickReader:
    """Decodes images and always predicts Pre-B; fails `failures` times before."""

    def __init__(self, digest="d" * 64):
        self.identity = ModelIdentity("quick", "1", digest)
        self.examination = CONSTANTS
        self.failures = 0
        self.reads = 0

    def read_bytes(self, data, declared=None):
        self.reads += 1
        if self.failures:
            self.failures -= 1
            raise RuntimeError("the reader failed")
        try:
            image = decode(data)
        except UploadRefused as refusal:
            return FakeReading(Rejection.from_refusal(refusal, self.identity))
        answer = Prediction(Label.PRE_B, PROBABILITIES, (Label.PRE_B,), QUALITY, self.identity, field_summary())
        mask = image[..., 0] < 100
        window = (0, 0, image.shape[1], image.shape[0])
        return FakeReading(answer, image, mask, mask.astype(np.float32), (CELL,), (window,))
