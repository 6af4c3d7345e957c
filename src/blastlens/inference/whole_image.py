"""Reader of images as one window each, whatever their scale."""

import numpy as np
from numpy.typing import NDArray

from blastlens.domain.errors import Reason, UploadRefused
from blastlens.domain.prediction import Prediction, Quality, Rejection
from blastlens.imaging.cell_size import measure_cell_width
from blastlens.imaging.quality import check_exposure, check_quality, measure_quality, measure_white_share
from blastlens.imaging.segmentation import segment
from blastlens.imaging.stain import prepare_colour
from blastlens.imaging.thumbnail import make_thumbnail
from blastlens.imaging.usable_area import UsableArea, find_usable_area
from blastlens.inference.aggregation import Evidence, aggregate, windows_alone
from blastlens.inference.package import ModelPackage
from blastlens.inference.reading import Reading
from blastlens.inference.scale_gate import allows
from blastlens.inference.uncertainty import prediction_set
from blastlens.inference.window_model import WindowModel, WindowReading

OUTLIER = (
    "The image is unlike those the model learned from: check that it is a bone marrow or blood smear in a Romanowsky "
    "stain, taken with the 100x objective, and take it again; if it is, have a specialist read it."
)


class WholeImageReader:
    """Reads every image as one window, whatever its scale. Thread-safe.

    Args:
        package: the model.
        windows: of the same package.
    """

    def __init__(self, package: ModelPackage, windows: WindowModel) -> None:
        self._identity = package.identity
        self._manifest = package.manifest
        self._windows = windows

    def read(self, image: NDArray[np.uint8]) -> Reading:
        """Read an image (H, W, 3) uint8 RGB; the answer comes with the image and its blast mask.

        Only the usable area is read; overlays stay where the field fills the image, as in training.
        """
        thumbnail = make_thumbnail(image)
        area = find_usable_area(thumbnail)
        refused = None if area.is_whole and thumbnail is image else self._check_thumbnail(thumbnail, area)
        if refused is not None:
            return Reading(refused, image, np.zeros(image.shape[:2], np.bool_))
        return self._read_area(image, area)

    def _check_thumbnail(self, thumbnail: NDArray[np.uint8], area: UsableArea) -> Rejection | None:
        """Reject an image for what its thumbnail shows of the usable area, before anything runs at full size."""
        small, inner = area.cut(thumbnail), area.inner()
        quality = measure_quality(small, np.zeros(small.shape[:2], np.bool_), inner.mask)
        try:
            check_exposure(quality)
        except UploadRefused as refusal:
            return Rejection.from_refusal(refusal, self._identity, quality)
        return None

    def _read_area(self, image: NDArray[np.uint8], area: UsableArea) -> Reading:
        field, usable = (image, None) if area.is_whole else (area.cut(image), area.inner().mask)
        normalised = prepare_colour(field, self._manifest.colour)
        mask = segment(normalised, self._manifest.segmentation)
        quality = measure_quality(field, mask, usable)
        shape = image.shape[:2]
        whole_mask = area.uncut(mask, shape)
        try:
            check_quality(quality)
            window = self._windows.read(normalised, mask)
            if window.distance > 1:
                raise UploadRefused(Reason.OUT_OF_DISTRIBUTION, OUTLIER)
        except UploadRefused as refusal:
            return Reading(Rejection.from_refusal(refusal, self._identity, quality), image, whole_mask)
        prediction = self._predict(window, quality, field, mask)
        label, size = self._manifest.classes.index(prediction.label), mask.shape
        return Reading(
            prediction, image, whole_mask, lambda: area.uncut(self._windows.explain(window, label, *size), shape)
        )

    def _predict(
        self, window: WindowReading, quality: Quality, image: NDArray[np.uint8], mask: NDArray[np.bool_]
    ) -> Prediction:
        classes, calibration = self._manifest.classes, self._manifest.calibration
        likely = prediction_set(window.probabilities, calibration.set_threshold)
        is_allowed = allows([classes[index] for index in likely], measure_cell_width(mask))
        white = calibration.greatest_white
        is_too_white = white is not None and measure_white_share(image) > white
        evidence = Evidence(
            window.probabilities[None], np.array([window.distance]), is_open=is_too_white or not is_allowed
        )
        answer = aggregate(evidence, windows_alone(calibration.set_threshold, calibration.coverage))
        return Prediction(
            label=classes[answer.prediction_set[0]],
            probabilities=dict(zip(classes, map(float, answer.probabilities), strict=True)),
            prediction_set=tuple(classes[index] for index in answer.prediction_set),
            quality=quality,
            model=self._identity,
        )
