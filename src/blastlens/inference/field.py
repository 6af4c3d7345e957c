"""Reader of fields: pixel size, white cells and windows, joined to one answer."""

from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from blastlens.domain.errors import DamagedPackage, Reason, UploadRefused
from blastlens.domain.field import Caution, CellKind, FieldSummary, PixelSize, count_kinds
from blastlens.domain.prediction import Prediction, Quality, Rejection
from blastlens.imaging.nucleus_scale import estimate_by_nuclei
from blastlens.imaging.pixel_size import reconcile
from blastlens.imaging.quality import check_exposure, check_quality, measure_quality, measure_white_share
from blastlens.imaging.segmentation import segment
from blastlens.imaging.sharpness import is_home_scale, measure_sharpness
from blastlens.imaging.stain import prepare_colour
from blastlens.imaging.thumbnail import make_thumbnail
from blastlens.imaging.usable_area import UsableArea, find_usable_area
from blastlens.imaging.windows import MOST_WINDOWS, choose_windows, count_filled, plan_windows
from blastlens.imaging.working_field import WorkingField, make_working_field
from blastlens.inference.aggregation import (
    Evidence,
    FieldAnswer,
    aggregate,
    count_blasts,
    measure_distance,
    windows_alone,
)
from blastlens.inference.cell_reader import CellReader, WhiteCells
from blastlens.inference.field_windows import FieldWindows, read_windows
from blastlens.inference.package import ModelPackage
from blastlens.inference.reading import Reading
from blastlens.inference.scale_range import check_range, choose_reading_size, is_certain
from blastlens.inference.whole_image import OUTLIER
from blastlens.inference.window_model import WindowModel

_UNMEASURED = np.ones((1, 1), np.bool_)  # white cells decide later whether enough is stained


class ScaleEstimator(Protocol):
    """Estimates pixel sizes; `inference.scale.ScaleModel` is one."""

    def estimate(self, image: NDArray[np.uint8], usable: NDArray[np.bool_] | None = None) -> PixelSize:
        """Estimate the pixel size of a field (H, W, 3) uint8 RGB; `usable` is its usable area at any size."""


@dataclass(frozen=True, eq=False)
class Findings:
    """What was found in a field whose quality and scale allow reading it.

    Attributes:
        image: (H, W, 3) uint8 RGB, the upload.
        working: its usable area at the working scale.
        quality: of the upload.
        summary: of what was read; its cautions are those before the models ran.
        cells: the white cells.
        windows: the windows with white cells.
        evidence: of both, for the aggregation.
    """

    image: NDArray[np.uint8]
    working: WorkingField
    quality: Quality
    summary: FieldSummary
    cells: WhiteCells
    windows: FieldWindows
    evidence: Evidence


class FieldReader:
    """Reads fields of any size within the range of scales that its package was evaluated on. Thread-safe.

    Args:
        package: with graphs of scale and cells.
        windows: of the same package.
        scale: of the same package.
        threads: number of threads of the graph of the cells.

    Raises:
        DamagedPackage: the package lacks a graph or the range of scales, or a graph cannot be run.
    """

    def __init__(self, package: ModelPackage, windows: WindowModel, scale: ScaleEstimator, threads: int) -> None:
        self._manifest = manifest = package.manifest
        graph, evaluated = package.cell_graph, manifest.evaluated_um
        if graph is None or manifest.cells is None or evaluated is None:
            raise DamagedPackage(f"{package.folder} lacks what fields are read with: cells or evaluated_um.")
        self._identity = package.identity
        self._evaluated_um = evaluated
        self._scale = scale
        self._cells = CellReader(graph, manifest.cells.constants, threads)
        self._windows = windows
        calibration = manifest.calibration
        self._settings = manifest.aggregation or windows_alone(calibration.set_threshold, calibration.coverage)

    def read(self, image: NDArray[np.uint8], declared: PixelSize | None = None) -> Reading:
        """Read a field (H, W, 3) uint8 RGB, with the pixel size declared for it."""
        found = self.find(image, declared)
        if isinstance(found, Rejection):
            return Reading(found, image, np.zeros(image.shape[:2], np.bool_))
        windows, working, shape = found.windows, found.working, image.shape[:2]
        cells = found.cells.describe(working, float(found.summary.pixel_size.um or 0))
        boxes = windows.list_boxes(working)
        mask = windows.join_masks(working, shape)
        if measure_distance(found.evidence) > self._settings.far:
            outlier = UploadRefused(Reason.OUT_OF_DISTRIBUTION, OUTLIER)
            rejection = Rejection.from_refusal(outlier, self._identity, found.quality, found.summary)
            return Reading(rejection, image, mask, cells=cells, windows=boxes)
        answer = aggregate(found.evidence, self._settings)
        prediction = self._predict(answer, found)
        label = answer.prediction_set[0]
        return Reading(
            prediction, image, mask, lambda: windows.explain(self._windows, label, working, shape), cells, boxes
        )

    def find(self, image: NDArray[np.uint8], declared: PixelSize | None = None) -> Findings | Rejection:
        """Find white cells and windows of a field (H, W, 3) uint8 RGB, and run the models on them.

        Cheap steps come first: quality and scale are judged before any cell is looked for.
        """
        thumbnail = make_thumbnail(image)
        area = find_usable_area(thumbnail)
        seen = area.crop(thumbnail)
        quality = measure_quality(seen, _UNMEASURED, None if area.is_whole else area.inner().mask)
        summary = None
        try:
            check_exposure(quality)
            summary = self._measure_scale(image, thumbnail, area, declared)
            if summary.pixel_size.um is None:
                check_quality(quality)  # an image out of focus has no scale either, and can be taken again
            check_range(summary.pixel_size, self._evaluated_um, min(area.crop(image).shape[:2]))
            working = make_working_field(image, area, choose_reading_size(summary.pixel_size))
            if not _is_measured(seen, working, area):
                usable = None if area.is_whole else working.usable
                focus, steadiness = measure_sharpness(working.image, usable, working.um)
                quality = replace(quality, focus=focus, steadiness=steadiness)
            check_quality(quality)
            return self._find(image, working, quality, summary)
        except UploadRefused as refusal:
            return Rejection.from_refusal(refusal, self._identity, quality, summary)

    def _measure_scale(
        self, image: NDArray[np.uint8], thumbnail: NDArray[np.uint8], area: UsableArea, declared: PixelSize | None
    ) -> FieldSummary:
        """Return a summary with the pixel size, and the cautions about it and about the area."""
        size, caution = reconcile(declared, self._estimate_scale(image, thumbnail, area))
        cautions = [] if caution is None else [caution]
        if not is_certain(size, self._evaluated_um, self._settings.greatest_error):
            cautions.append(Caution.SCALE_UNCERTAIN)
        if not area.is_whole:
            cautions.append(Caution.AREA_LEFT_OUT)
        return FieldSummary(size, 0, 0, tuple(dict.fromkeys(cautions)))

    def _estimate_scale(self, image: NDArray[np.uint8], thumbnail: NDArray[np.uint8], area: UsableArea) -> PixelSize:
        """Return the pixel size by red cells; where none are seen, by stained cells."""
        view, inner = area.crop(image), area.inner()
        estimated = self._scale.estimate(view, None if inner.mask.all() else inner.mask)
        if estimated.um is not None:
            return estimated
        normalised = prepare_colour(inner.fill(area.crop(thumbnail)), self._manifest.colour)
        mask = segment(normalised, self._manifest.segmentation)
        return estimate_by_nuclei(mask, *view.shape[:2])

    def _find(
        self, image: NDArray[np.uint8], working: WorkingField, quality: Quality, summary: FieldSummary
    ) -> Findings:
        """Run the models on a working field.

        Raises:
            UploadRefused: it holds no white cell.
        """
        normalised = prepare_colour(working.image, self._manifest.colour)
        cells = self._cells.read(normalised, working)
        if not cells.proposals:
            check_quality(replace(quality, stained_fraction=0.0))
        height, width = working.image.shape[:2]
        planned = plan_windows(height, width, working.um)
        places = choose_windows(planned, cells.centres, MOST_WINDOWS)
        windows = read_windows(self._windows, normalised, places, self._manifest.segmentation)
        is_part = working.is_part or cells.is_part or count_filled(planned, cells.centres) > len(places)
        cautions = summary.cautions + ((Caution.PART_READ,) if is_part else ())
        kinds = count_kinds(cells.kinds)
        return Findings(
            image,
            working,
            replace(quality, stained_fraction=windows.measure_stained(working)),
            replace(
                summary,
                windows=len(places),
                white_cells=len(cells.proposals),
                unnamed_cells=kinds.get(CellKind.OTHER_WHITE, 0),
                blasts=count_blasts(cells.probabilities, self._settings),
                kinds=kinds,
                uncertain_cells=cells.uncertain,
                cautions=cautions,
            ),
            cells,
            windows,
            Evidence(
                windows.probabilities, windows.distances, cells.probabilities, cautions, self._is_too_white(working)
            ),
        )

    def _is_too_white(self, working: WorkingField) -> bool:
        white = self._manifest.calibration.greatest_white
        return white is not None and measure_white_share(working.image) > white

    def _predict(self, answer: FieldAnswer, found: Findings) -> Prediction:
        classes = self._manifest.classes
        return Prediction(
            label=classes[answer.prediction_set[0]],
            probabilities=dict(zip(classes, map(float, answer.probabilities), strict=True)),
            prediction_set=tuple(classes[index] for index in answer.prediction_set),
            quality=found.quality,
            model=self._identity,
            field=replace(found.summary, cautions=answer.cautions),
        )


def _is_measured(seen: NDArray[np.uint8], working: WorkingField, area: UsableArea) -> bool:
    """Return whether the sharpness of a working field is that of the thumbnail: it is the same small image."""
    is_same = area.is_whole and np.array_equal(seen, working.image)
    return is_same and is_home_scale(working.image, working.um)
