"""A reader with real decoding and without a model."""

from dataclasses import fields
from types import SimpleNamespace

import numpy as np

from blastlens.domain.errors import UploadRefused
from blastlens.domain.labels import Label
from blastlens.domain.prediction import ModelIdentity, Prediction, Quality, Rejection
from blastlens.imaging.decode import decode

PROBABILITIES = {Label.BENIGN: 0.01, Label.EARLY_PRE_B: 0.02, Label.PRE_B: 0.95, Label.PRO_B: 0.02}
QUALITY = Quality(**{field.name: 0.5 for field in fields(Quality)})


class QuickReader:
    """Decodes images and always predicts Pre-B; fails `failures` times before."""

    def __init__(self, digest="d" * 64):
        self.identity = ModelIdentity("quick", "1", digest)
        self.failures = 0
        self.reads = 0

    def read_bytes(self, data):
        self.reads += 1
        if self.failures:
            self.failures -= 1
            raise RuntimeError("the reader failed")
        try:
            image = decode(data)
        except UploadRefused as refusal:
            return SimpleNamespace(
                answer=Rejection.from_refusal(refusal, self.identity), image=None, mask=None, heat=None
            )
        answer = Prediction(Label.PRE_B, PROBABILITIES, (Label.PRE_B,), QUALITY, self.identity)
        mask = image[..., 0] < 100
        return SimpleNamespace(answer=answer, image=image, mask=mask, heat=mask.astype(np.float32))
