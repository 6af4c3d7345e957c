"""Windows of a working field that were read, their joined mask and heat map."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from blastlens.domain.field import Box
from blastlens.imaging.segmentation import BlastSettings, segment
from blastlens.imaging.windows import Window
from blastlens.imaging.working_field import WorkingField
from blastlens.inference.window_model import WindowModel, WindowReading

_Pixel = TypeVar("_Pixel", np.uint8, np.float32)
_NO_PROBABILITY = 1e-30


@dataclass(frozen=True, eq=False)
class FieldWindows:
    """What the window model found in the windows of a field.

    Attributes:
        places: the windows, in pixels of the working field.
        masks: their blast masks, each (h, w) bool.
        readings: of the model.
    """

    places: tuple[Window, ...]
    masks: tuple[NDArray[np.bool_], ...]
    readings: tuple[WindowReading, ...]

    @property
    def probabilities(self) -> NDArray[np.float64]:
        """Calibrated probabilities (W, C)."""
        return np.stack([reading.probabilities for reading in self.readings])

    @property
    def distances(self) -> NDArray[np.float64]:
        """Distances (W,) from the training data, as multiples of the limit."""
        return np.array([reading.distance for reading in self.readings])

    def list_boxes(self, working: WorkingField) -> tuple[Box, ...]:
        """Return left, top, width and height of each window in pixels of the upload."""
        corners = [[place.left, place.top, place.left + place.width, place.top + place.height] for place in self.places]
        places = np.rint(working.to_upload(np.array(corners, np.float64).reshape(-1, 2))).astype(int).reshape(-1, 4)
        return tuple((left, top, right - left, bottom - top) for left, top, right, bottom in places.tolist())

    def measure_stained(self, working: WorkingField) -> float:
        """Return the share of the working field that lies in the blast masks, 0 to 1."""
        return float(self._join(working).mean())

    def join_masks(self, working: WorkingField, shape: tuple[int, int]) -> NDArray[np.bool_]:
        """Return the blast mask of the upload, of shape (H, W); False where no window was read."""
        return _to_upload(self._join(working), working, shape).view(np.bool_)

    def explain(
        self, model: WindowModel, class_index: int, working: WorkingField, shape: tuple[int, int]
    ) -> NDArray[np.float32]:
        """Return the heat map of the upload for a class, (H, W) float32, 0 to 1; 0 where no window was read.

        A window for which the class is half as probable as for the surest one is half as hot.
        """
        joined = np.zeros(working.image.shape[:2], np.float32)
        probabilities = self.probabilities[:, class_index]
        shares = probabilities / max(float(probabilities.max()), _NO_PROBABILITY)
        for place, reading, share in zip(self.places, self.readings, shares.astype(np.float32), strict=True):
            heat = share * model.explain(reading, class_index, place.height, place.width)
            np.maximum(place.cut(joined), heat, out=place.cut(joined))
        return _to_upload(joined, working, shape)

    def _join(self, working: WorkingField) -> NDArray[np.uint8]:
        joined = np.zeros(working.image.shape[:2], np.uint8)
        for place, mask in zip(self.places, self.masks, strict=True):
            np.maximum(place.cut(joined), mask.view(np.uint8), out=place.cut(joined))
        return joined


def read_windows(
    model: WindowModel, normalised: NDArray[np.uint8], places: Sequence[Window], settings: BlastSettings
) -> FieldWindows:
    """Read windows of a working field (h, w, 3) uint8 RGB in the package's colour.

    Blasts are found in each window by itself, as in the training images.
    """
    pieces = [np.ascontiguousarray(place.cut(normalised)) for place in places]
    masks = tuple(segment(piece, settings) for piece in pieces)
    readings = tuple(model.read(piece, mask) for piece, mask in zip(pieces, masks, strict=True))
    return FieldWindows(tuple(places), masks, readings)


def _to_upload(joined: NDArray[_Pixel], working: WorkingField, shape: tuple[int, int]) -> NDArray[_Pixel]:
    """Return a map (h, w) of a working field at its place in the upload of shape (H, W), 0 elsewhere."""
    size = working.width, working.height
    method = cv2.INTER_NEAREST if joined.dtype == np.uint8 else cv2.INTER_LINEAR
    placed = joined if joined.shape == size[::-1] else cv2.resize(joined, size, interpolation=method)
    if size[::-1] == shape:
        return placed.astype(joined.dtype, copy=False)
    whole = np.zeros(shape, joined.dtype)
    whole[working.top : working.top + working.height, working.left : working.left + working.width] = placed
    return whole
