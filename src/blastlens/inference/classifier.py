"""RGB in, answer out: quality, segmentation, graph and calibration in one piece."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from blastlens.domain.errors import UploadRefused
from blastlens.domain.prediction import Answer, ModelIdentity, Prediction, Quality, Rejection
from blastlens.imaging.decode import decode
from blastlens.imaging.model_input import segmented_input, shrink
from blastlens.imaging.quality import judge, measure
from blastlens.imaging.segmentation import segment
from blastlens.inference.engine import Engine
from blastlens.inference.package import ModelPackage
from blastlens.inference.uncertainty import apply_temperature, prediction_set


@dataclass(frozen=True)
class Reading:
    """An answer and what it was read from.

    Attributes:
        answer: prediction or rejection.
        image: (H, W, 3) uint8 RGB; None where the file could not be decoded.
        mask: (H, W) bool, the blasts; None likewise.
    """

    answer: Answer
    image: NDArray[np.uint8] | None = None
    mask: NDArray[np.bool_] | None = None


class Classifier:
    """Reads images with one model package. Safe to share between threads.

    Args:
        package: the model.
        threads: how many threads the graph may use.

    Raises:
        DamagedPackage: the graph cannot be run, or does not fit its manifest.
    """

    def __init__(self, package: ModelPackage, threads: int) -> None:
        self.identity: ModelIdentity = package.identity
        self._manifest = package.manifest
        self._engine = Engine(package.graph, package.manifest.size, len(package.manifest.classes), threads)

    def classify(self, image: NDArray[np.uint8]) -> Answer:
        """Answer for an image (H, W, 3) uint8 RGB."""
        return self.read(image).answer

    def read_bytes(self, data: bytes) -> Reading:
        """Answer for an image file; one that cannot be decoded is rejected with its reason."""
        try:
            image = decode(data)
        except UploadRefused as refusal:
            return Reading(Rejection.of(refusal, self.identity))
        return self.read(image)

    def read(self, image: NDArray[np.uint8]) -> Reading:
        """Answer for an image (H, W, 3) uint8 RGB, and return its blast mask with it."""
        mask = segment(image, self._manifest.segmentation)
        quality = measure(image, mask)
        try:
            judge(quality)
        except UploadRefused as refusal:
            return Reading(Rejection.of(refusal, self.identity, quality), image, mask)
        return Reading(self._predict(image, mask, quality), image, mask)

    def _predict(self, image: NDArray[np.uint8], mask: NDArray[np.bool_], quality: Quality) -> Prediction:
        manifest = self._manifest
        original, mask_share = shrink(image, mask, manifest.size)
        raw = self._engine.run(original, segmented_input(original, mask_share))
        probabilities = apply_temperature(raw, manifest.calibration.temperature)
        likely = prediction_set(probabilities, manifest.calibration.set_threshold)
        return Prediction(
            label=manifest.classes[likely[0]],
            probabilities=dict(zip(manifest.classes, (float(value) for value in probabilities), strict=True)),
            prediction_set=tuple(manifest.classes[index] for index in likely),
            quality=quality,
            model=self.identity,
        )
