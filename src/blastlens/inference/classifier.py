"""Classifier: from an image or file to a prediction or rejection."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from blastlens.domain.errors import Reason, UploadRefused
from blastlens.domain.field import Box, Cell, PixelSize
from blastlens.domain.labels import Label
from blastlens.domain.prediction import Answer, ModelIdentity, Prediction, Quality, Rejection
from blastlens.imaging.cell_size import measure_cell_width
from blastlens.imaging.decode import decode
from blastlens.imaging.model_input import segmented_input, shrink
from blastlens.imaging.quality import check_exposure, check_quality, measure_quality, measure_white_share
from blastlens.imaging.segmentation import segment
from blastlens.imaging.stain import prepare_colour
from blastlens.imaging.thumbnail import make_thumbnail
from blastlens.imaging.usable_area import UsableArea, find_usable_area
from blastlens.inference.distance import Statistics
from blastlens.inference.engine import Engine, Outputs
from blastlens.inference.explanation import Head, grad_cam, join_heat_maps
from blastlens.inference.package import DISTANCE_FILE, HEAD_FILE, ModelPackage
from blastlens.inference.scale_gate import allows
from blastlens.inference.uncertainty import apply_temperature, prediction_set

_OUTLIER = (
    "The image is unlike those the model learned from: check that it is a bone marrow or blood smear in a Romanowsky "
    "stain, taken with the 100x objective, and take it again; if it is, have a specialist read it."
)


@dataclass(frozen=True)
class Reading:
    """An answer with the image and mask that it was made from.

    Attributes:
        answer: prediction or rejection.
        image: (H, W, 3) uint8 RGB, as taken; None where the file could not be decoded.
        mask: (H, W) bool, the blasts; None likewise.
        explain: computes the heat map; None without a prediction.
        cells: the white cells that were read; empty for a package that reads images as a whole.
        windows: left, top, width and height of the windows that were read, in pixels of the image; empty likewise.
    """

    answer: Answer
    image: NDArray[np.uint8] | None = None
    mask: NDArray[np.bool_] | None = None
    explain: Callable[[], NDArray[np.float32]] | None = None
    cells: tuple[Cell, ...] = ()
    windows: tuple[Box, ...] = ()

    @cached_property
    def heat(self) -> NDArray[np.float32] | None:
        """Heat map of the evidence for the predicted class, (H, W) float32, 0 to 1.

        Computed on first access.
        """
        return None if self.explain is None else self.explain()


class Classifier:
    """Classifies images with one model package. Thread-safe.

    Args:
        package: the model.
        threads: number of threads of the graph.

    Raises:
        DamagedPackage: the graph cannot be run, or a file does not match its manifest.
    """

    def __init__(self, package: ModelPackage, threads: int) -> None:
        self.identity: ModelIdentity = package.identity
        self._package = package
        self._manifest = manifest = package.manifest
        self._engine = Engine(package.graph, manifest.size, len(manifest.classes), manifest.branches, threads)
        self._statistics = None if manifest.distance is None else Statistics.load(package.folder / DISTANCE_FILE)

    def classify(self, image: NDArray[np.uint8]) -> Answer:
        """Classify an image (H, W, 3) uint8 RGB."""
        return self.read(image).answer

    def read_bytes(self, data: bytes, declared: PixelSize | None = None) -> Reading:
        """Classify an image file.

        A file that cannot be decoded is rejected with its reason.

        Args:
            data: the file.
            declared: the pixel size declared with the upload; None where there is none. Packages that read images as
                a whole do not use it.
        """
        try:
            image = decode(data)
        except UploadRefused as refusal:
            return Reading(Rejection.from_refusal(refusal, self.identity))
        return self.read(image)

    def read(self, image: NDArray[np.uint8]) -> Reading:
        """Classify an image (H, W, 3) uint8 RGB.

        Returns the answer with the image and its blast mask. Only the usable area is read; overlays stay
        where the field fills the image, as in training.
        """
        thumbnail = make_thumbnail(image)
        area = find_usable_area(thumbnail)
        refused = None if area.is_whole and thumbnail is image else self._check_thumbnail(thumbnail, area)
        if refused is not None:
            return Reading(refused, image, np.zeros(image.shape[:2], np.bool_))
        field, usable = (image, None) if area.is_whole else (area.cut(image), area.inner().mask)
        normalised = prepare_colour(field, self._manifest.colour)
        mask = segment(normalised, self._manifest.segmentation)
        quality = measure_quality(field, mask, usable)
        whole_mask = area.uncut(mask, image.shape[:2])
        try:
            check_quality(quality)
            original, mask_share = shrink(normalised, mask, self._manifest.size)
            outputs = self._engine.run(original, segmented_input(original, mask_share))
            self._check_distance(outputs)
        except UploadRefused as refusal:
            return Reading(Rejection.from_refusal(refusal, self.identity, quality), image, whole_mask)
        prediction = self._predict(outputs, quality, field, mask)
        return Reading(
            prediction,
            image,
            whole_mask,
            lambda: area.uncut(self._explain(outputs, prediction, mask.shape), image.shape[:2]),
        )

    def _check_thumbnail(self, thumbnail: NDArray[np.uint8], area: UsableArea) -> Rejection | None:
        """Reject an image for what its thumbnail shows of the usable area, before anything runs at full size."""
        small, inner = area.cut(thumbnail), area.inner()
        quality = measure_quality(small, np.zeros(small.shape[:2], np.bool_), inner.mask)
        try:
            check_exposure(quality)
        except UploadRefused as refusal:
            return Rejection.from_refusal(refusal, self.identity, quality)
        return None

    def _check_distance(self, outputs: Outputs) -> None:
        limit = self._manifest.distance
        if limit is None or self._statistics is None:
            return
        if self._statistics.measure(outputs.features).exceeds(limit):
            raise UploadRefused(Reason.OUT_OF_DISTRIBUTION, _OUTLIER)

    def _predict(
        self, outputs: Outputs, quality: Quality, image: NDArray[np.uint8], mask: NDArray[np.bool_]
    ) -> Prediction:
        manifest = self._manifest
        probabilities = apply_temperature(outputs.probabilities, manifest.calibration.temperature)
        likely = self._choose_set(probabilities, image, mask)
        return Prediction(
            label=likely[0],
            probabilities=dict(zip(manifest.classes, (float(value) for value in probabilities), strict=True)),
            prediction_set=likely,
            quality=quality,
            model=self.identity,
        )

    def _choose_set(
        self, probabilities: NDArray[np.float64], image: NDArray[np.uint8], mask: NDArray[np.bool_]
    ) -> tuple[Label, ...]:
        """Return the labels that cannot be excluded, most probable first.

        All of them where the image is whiter, or its cells smaller or larger, than in the evaluated images.
        """
        classes, calibration = self._manifest.classes, self._manifest.calibration
        likely = tuple(classes[index] for index in prediction_set(probabilities, calibration.set_threshold))
        is_too_white = (
            calibration.greatest_white is not None and measure_white_share(image) > calibration.greatest_white
        )
        if not is_too_white and allows(likely, measure_cell_width(mask)):
            return likely
        return tuple(classes[index] for index in prediction_set(probabilities, 0.0))

    def _explain(self, outputs: Outputs, prediction: Prediction, shape: tuple[int, int]) -> NDArray[np.float32]:
        maps = grad_cam(outputs, self._head, self._manifest.classes.index(prediction.label))
        return join_heat_maps(maps, *shape)

    @cached_property
    def _head(self) -> Head:
        return Head.load(self._package.folder / HEAD_FILE)
