"""Classifier: from an image or file to a prediction or rejection."""

import numpy as np
from numpy.typing import NDArray

from blastlens.domain.errors import DamagedPackage, UploadRefused
from blastlens.domain.examination_answer import ExaminationConstants
from blastlens.domain.field import PixelSize
from blastlens.domain.prediction import Answer, ModelIdentity, Rejection
from blastlens.imaging.decode import decode_with_resolution
from blastlens.imaging.pixel_size import size_in_file
from blastlens.inference.field import FieldReader
from blastlens.inference.package import ModelPackage
from blastlens.inference.reading import Reading
from blastlens.inference.scale import ScaleModel
from blastlens.inference.whole_image import WholeImageReader
from blastlens.inference.window_model import WindowModel

__all__ = ["Classifier", "Reading", "make_field_reader"]


class Classifier:
    """Classifies images with one model package. Thread-safe.

    A package with graphs of scale and cells reads fields of any size; another one reads every image as one window.

    Args:
        package: the model.
        threads: number of threads of the graphs.

    Attributes:
        identity: name, version and digest of the package.
        examination: constants of the answer to all fields of a smear; None where the package has none.

    Raises:
        DamagedPackage: a graph cannot be run, or a file does not match its manifest.
    """

    def __init__(self, package: ModelPackage, threads: int) -> None:
        self.identity: ModelIdentity = package.identity
        self.examination: ExaminationConstants | None = package.manifest.examination
        self._windows = windows = WindowModel(package, threads)
        self._whole = WholeImageReader(package, windows)
        self._field = make_field_reader(package, windows, threads) if package.reads_fields else None

    def classify(self, image: NDArray[np.uint8]) -> Answer:
        """Classify an image (H, W, 3) uint8 RGB."""
        return self.read(image).answer

    def read_bytes(self, data: bytes, declared: PixelSize | None = None) -> Reading:
        """Classify an image file.

        A file that cannot be decoded is rejected with its reason.

        Args:
            data: the whole file.
            declared: the pixel size sent with it; without one, that of the file is used, if it states one.
        """
        try:
            image, um = decode_with_resolution(data)
        except UploadRefused as refusal:
            return Reading(Rejection.from_refusal(refusal, self.identity))
        return self.read(image, declared or size_in_file(um))

    def read(self, image: NDArray[np.uint8], declared: PixelSize | None = None) -> Reading:
        """Classify an image (H, W, 3) uint8 RGB.

        Returns the answer with the image, its blast mask and its white cells.

        Args:
            image: the field.
            declared: the pixel size sent with it.
        """
        return self._whole.read(image) if self._field is None else self._field.read(image, declared)


def make_field_reader(package: ModelPackage, windows: WindowModel, threads: int) -> FieldReader:
    """Return the reader of fields of a package.

    Args:
        package: with graphs of scale and cells.
        windows: of the same package.
        threads: number of threads of the graphs.

    Raises:
        DamagedPackage: the package lacks a graph or the range of scales, or a graph cannot be run.
    """
    if package.scale_graph is None:
        raise DamagedPackage(f"{package.folder} lacks what fields are read with: a graph of the scale.")
    return FieldReader(package, windows, ScaleModel(package.scale_graph, threads), threads)
