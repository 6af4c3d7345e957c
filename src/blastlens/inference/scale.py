"""Scale model: the pixel size of a field, from the width of its red cells."""

import math
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from blastlens.domain.errors import DamagedPackage
from blastlens.domain.field import UNKNOWN_PIXEL_SIZE, PixelSize, PixelSizeSource
from blastlens.inference.graph import Graph
from blastlens.inference.scale_windows import Window, choose_windows

CROP_SIDE = 160
"""Side in px of the crops that the graph reads."""
MIDDLE_WIDTH = 16.0
"""Width in px of a red cell for which the graph returns zero."""
INPUT, OUTPUT = "crops", "scale"
"""Names in the graph."""
RED_CELL_UM = 7.5

_FINEST_SIDE = 80  # px of a window: it is enlarged twice, and shows little
_EASY_WIDTHS = (9.0, 40.0)  # px of a crop: the error is smallest between them
_AIM = 18.0
_SEARCHED, _MEASURED = 2, 6  # windows of one zoom
_SAMPLES_PER_PIXEL = 4  # of a crop, along each axis: more of a large window would cost time and show nothing
_READABLE = 0.5
_DIVERGENCE = 0.6  # octaves between the search and the measurement after which it is measured again
_LEAST_READABLE = 0.6  # share of the windows
_LOG_ERRORS = (-4.0, 1.5)
_ERROR_FACTOR = 2.1  # from the expected absolute error to half of a 95 % interval, on the calibration part
_SPREAD_QUANTILE, _SPREAD_FACTOR = 0.8, 0.5  # most windows have to agree: an image may show two scales
_LEAST_ERROR = 0.15
_GREATEST_ERROR = 0.6  # with a larger one the size is unknown


@dataclass(frozen=True)
class _Finding:
    """What the graph reads in a window.

    Attributes:
        octaves: binary logarithm of the width of a red cell in px of the image.
        error: expected absolute error of that.
        readable: probability that the window shows red cells of a readable size.
        width: of a red cell in px of the crop.
    """

    octaves: float
    error: float
    readable: float
    width: float


class ScaleModel:
    """Estimates pixel sizes with one graph. Thread-safe.

    Args:
        graph: LiteRT flatbuffer with the input `crops` (1, 160, 160, 3) float32 RGB, 0 to 255, and the output `scale`
            (1, 3): binary logarithm of the width of a red cell over 16 px, natural logarithm of its expected error in
            octaves, and the logit of the probability that there are readable red cells.
        threads: number of threads of one call.

    Raises:
        DamagedPackage: the file is not a graph, or it has another input or output.
    """

    def __init__(self, graph: Path, threads: int) -> None:
        self._graph = Graph(graph, threads)
        shapes = [self._graph.inputs, self._graph.outputs]
        if shapes != [{INPUT: (1, CROP_SIDE, CROP_SIDE, 3)}, {OUTPUT: (1, 3)}]:
            raise DamagedPackage(f"{graph} has the inputs and outputs {shapes}: it is not a scale model.")

    def estimate(self, image: NDArray[np.uint8], usable: NDArray[np.bool_] | None = None) -> PixelSize:
        """Estimate the pixel size of a field.

        Windows of the whole field and of ever smaller parts of it are read until red cells are readable; then windows
        in which a red cell is about 18 px wide are measured. Only windows are resized, never the field.

        Args:
            image: (H, W, 3) uint8 RGB.
            usable: (h, w) of any size, True in the usable area of the image; None for all of it.

        Returns:
            The pixel size, `LEARNED`; `UNKNOWN` where no red cells of a readable size are seen, or windows disagree.
        """
        begun = self._search(image, usable)
        if begun is None:
            return UNKNOWN_PIXEL_SIZE
        measured = self._measure(image, usable, begun)
        centre = _centre(measured)
        if centre is not None and abs(centre - begun) > _DIVERGENCE:
            measured = self._measure(image, usable, centre)
        return _conclude(measured)

    def _search(self, image: NDArray[np.uint8], usable: NDArray[np.bool_] | None) -> float | None:
        """Return the binary logarithm of the width of a red cell in px of the image, or None without red cells."""
        found: list[_Finding] = []
        side = float(min(image.shape[:2]))
        while side >= _FINEST_SIDE:
            level = self._read(image, choose_windows(image, usable, round(side), _SEARCHED))
            found += level
            if any(each.readable > _READABLE and _EASY_WIDTHS[0] <= each.width <= _EASY_WIDTHS[1] for each in level):
                break
            side /= 2
        return _centre(found)

    def _measure(self, image: NDArray[np.uint8], usable: NDArray[np.bool_] | None, octaves: float) -> list[_Finding]:
        """Read windows in which a red cell is about as wide as the aim."""
        side = min(max(round(CROP_SIDE * 2**octaves / _AIM), _FINEST_SIDE // 2), *image.shape[:2])
        return self._read(image, choose_windows(image, usable, side, _MEASURED))

    def _read(self, image: NDArray[np.uint8], windows: tuple[Window, ...]) -> list[_Finding]:
        return [self._read_window(image, window) for window in windows]

    def _read_window(self, image: NDArray[np.uint8], window: Window) -> _Finding:
        step = max(1, window.side // (_SAMPLES_PER_PIXEL * CROP_SIDE))
        part = image[window.top : window.top + window.side : step, window.left : window.left + window.side : step]
        interpolation = cv2.INTER_AREA if part.shape[0] > CROP_SIDE else cv2.INTER_LINEAR
        crop = cv2.resize(part, (CROP_SIDE, CROP_SIDE), interpolation=interpolation)
        octaves, log_error, logit = map(float, self._graph.run({INPUT: crop[None].astype(np.float32)})[OUTPUT][0])
        return _Finding(
            octaves + math.log2(MIDDLE_WIDTH * window.side / CROP_SIDE),
            math.exp(min(max(log_error, _LOG_ERRORS[0]), _LOG_ERRORS[1])),
            1 / (1 + math.exp(-min(max(logit, -30.0), 30.0))),
            MIDDLE_WIDTH * 2.0**octaves,
        )


def _centre(found: list[_Finding]) -> float | None:
    """Return the weighted median of the readable findings, in octaves; None without any."""
    readable = sorted((each for each in found if each.readable > _READABLE), key=lambda each: each.octaves)
    if not readable:
        return None
    weights = np.cumsum([each.readable / each.error**2 for each in readable])
    return readable[int(np.searchsorted(weights, weights[-1] / 2))].octaves


def _conclude(measured: list[_Finding]) -> PixelSize:
    """Return the pixel size of a field by its windows."""
    centre = _centre(measured)
    readable = [each for each in measured if each.readable > _READABLE]
    if centre is None or len(readable) < _LEAST_READABLE * len(measured):
        return UNKNOWN_PIXEL_SIZE
    spread = _SPREAD_FACTOR * float(np.quantile([abs(each.octaves - centre) for each in readable], _SPREAD_QUANTILE))
    error = float(np.median([each.error for each in readable]))
    relative_error = max(2.0 ** (_ERROR_FACTOR * max(error, spread)) - 1, _LEAST_ERROR)
    if relative_error > _GREATEST_ERROR:
        return UNKNOWN_PIXEL_SIZE
    return PixelSize(RED_CELL_UM / 2.0**centre, PixelSizeSource.LEARNED, relative_error)
