"""Classifier: from an image or file to a prediction or rejection."""

import numpy as np
from numpy.typing import NDArray

from blastlens.domain.errors import UploadRefused
from blastlens.domain.field import PixelSize
from blastlens.domain.prediction import Answer, ModelIdentity, Rejection
from blastlens.imaging.decode import decode
from blastlens.inference.package import ModelPackage
from blastlens.inference.reading import Reading
from blastlens.inference.whole_image import WholeImageReader
from blastlens.inference.window_model import WindowModel

__all__ = ["Classifier", "Reading"]


class Classifier:
    """Classifies images with one model package. Thread-safe.

    Args:
        package: the model.
        threads: number of threads of the graphs.

    Raises:
        DamagedPackage: a graph cannot be run, or a file does not match its manifest.
    """

    def __init__(self, package: ModelPackage, threads: int) -> None:
        self.identity: ModelIdentity = package.identity
        windows = WindowModel(package, threads)
        self._whole = WholeImageReader(package, windows)

    def classify(self, image: NDArray[np.uint8]) -> Answer:
        """Classify an image (H, W, 3) uint8 RGB."""
        return self.read(image).answer

    def read_bytes(self, data: bytes, declared: PixelSize | None = None) -> Reading:
        """Classify an image file.

        A file that cannot be decoded is rejected with its reason.

        Args:
            data: the whole file.
            declared: the pixel size sent with it.
        """
        try:
            image = decode(data)
        except UploadRefused as refusal:
            return Reading(Rejection.from_refusal(refusal, self.identity))
        return self.read(image, declared)

    def read(self, image: NDArray[np.uint8], declared: PixelSize | None = None) -> Reading:
        """Classify an image (H, W, 3) uint8 RGB.

        Returns the answer with the image, its blast mask and its white cells.

        Args:
            image: the field.
            declared: the pixel size sent with it.
        """
        return self._whole.read(image)
