"""Working field: the usable area of an upload at the scale of the models."""

from dataclasses import dataclass
from math import sqrt

import cv2
import numpy as np
from numpy.typing import NDArray

from blastlens.imaging.stain import normalise_colour
from blastlens.imaging.thumbnail import HOME_PIXEL_SIZE_UM, make_thumbnail
from blastlens.imaging.usable_area import UsableArea

LARGEST_AS_TAKEN = 448
"""Fields with sides of at most so many pixels are read as they are: resampling would change the training images."""

MOST_PIXELS = 8_000_000
"""Pixels of a working field. Of a larger one, the part with the most stained pixels is read."""

_STAIN = (119, 45, 0), (165, 255, 255)  # hue, saturation and value of chromatin, in OpenCV's scales
_SAME_SCALE = 0.03  # relative difference of scales that no model notices


@dataclass(frozen=True, eq=False)
class WorkingField:
    """The part of an upload that is read, as taken, at a working scale.

    Attributes:
        image: (h, w, 3) uint8 RGB; outside of the field it has the colour of the background. Scale bars and text on the
            field stay, as in the training images.
        usable: (h, w) bool, the usable area, without scale bars and text; None where all is.
        um: micrometres in a pixel of `image`.
        left: first column in pixels of the upload.
        top: first row in pixels of the upload.
        width: in pixels of the upload.
        height: in pixels of the upload.
        is_part: whether the usable area is larger than what is read.
    """

    image: NDArray[np.uint8]
    usable: NDArray[np.bool_] | None
    um: float
    left: int
    top: int
    width: int
    height: int
    is_part: bool = False

    def to_upload(self, points: NDArray[np.float64], zoom: float = 1.0) -> NDArray[np.float64]:
        """Return points (N, 2), x then y, in pixels of the upload.

        Args:
            points: in pixels of `image` enlarged by `zoom`.
            zoom: pixels of the points' image in a pixel of `image`.
        """
        factors = self.width / self.image.shape[1], self.height / self.image.shape[0]
        return np.asarray(points / zoom * factors + (self.left, self.top), dtype=np.float64)


def make_working_field(image: NDArray[np.uint8], area: UsableArea, um: float) -> WorkingField:
    """Return the usable area of an upload at the working scale.

    Args:
        image: (H, W, 3) uint8 RGB, the upload.
        area: its usable area.
        um: micrometres in a pixel of the upload.
    """
    rows, columns = area.find_box(*image.shape[:2])
    view, inner = image[rows, columns], area.inner()
    zoom = _choose_zoom(view, um)
    part_rows, part_columns = _choose_part(view, sqrt(MOST_PIXELS / (view.shape[0] * view.shape[1])) / zoom)
    whole = view.shape
    usable = None if inner.mask.all() else inner.resize_mask(*whole[:2])[part_rows, part_columns]
    view = view[part_rows, part_columns]
    height, width = view.shape[:2]
    size = max(1, round(width * zoom)), max(1, round(height * zoom))
    resized = view if zoom == 1.0 else _resize(view, size, zoom)
    if usable is not None:
        usable = cv2.resize(usable.view(np.uint8), size, interpolation=cv2.INTER_NEAREST).view(np.bool_)
        if not area.is_whole:
            resized = np.where(usable[..., None], resized, np.array(inner.background, np.uint8))
    return WorkingField(
        np.ascontiguousarray(resized),
        usable,
        um / zoom,
        columns.start + part_columns.start,
        rows.start + part_rows.start,
        width,
        height,
        (height, width) != whole[:2],
    )


def resample(image: NDArray[np.uint8], um: float) -> tuple[NDArray[np.uint8], float]:
    """Return an image (H, W, ...) uint8 of `um` micrometres in a pixel at the home scale, and its zoom.

    The image itself is returned where it is near enough.
    """
    zoom = um / HOME_PIXEL_SIZE_UM
    if abs(zoom - 1) <= _SAME_SCALE:
        return image, 1.0
    size = max(1, round(image.shape[1] * zoom)), max(1, round(image.shape[0] * zoom))
    return _resize(image, size, zoom), zoom


def _choose_zoom(view: NDArray[np.uint8], um: float) -> float:
    zoom = um / HOME_PIXEL_SIZE_UM
    return 1.0 if max(view.shape[:2]) <= LARGEST_AS_TAKEN or abs(zoom - 1) <= _SAME_SCALE else zoom


def _choose_part(view: NDArray[np.uint8], share: float) -> tuple[slice, slice]:
    """Return rows and columns of the part with the most stained pixels; its sides are a share of the field's."""
    height, width = view.shape[:2]
    if share >= 1:
        return slice(0, height), slice(0, width)
    hsv = cv2.cvtColor(normalise_colour(make_thumbnail(view)), cv2.COLOR_RGB2HSV)
    stained = cv2.inRange(hsv, *_STAIN) // 255
    tall, wide = (max(1, round(share * side)) for side in stained.shape)
    sums = cv2.integral(stained)
    inside = sums[tall:, wide:] - sums[:-tall, wide:] - sums[tall:, :-wide] + sums[:-tall, :-wide]
    down, across = np.unravel_index(int(inside.argmax()), inside.shape)
    top, left = int(down / stained.shape[0] * height), int(across / stained.shape[1] * width)
    return slice(top, top + int(share * height)), slice(left, left + int(share * width))


def _resize(image: NDArray[np.uint8], size: tuple[int, int], zoom: float) -> NDArray[np.uint8]:
    method = cv2.INTER_AREA if zoom < 1 else cv2.INTER_LINEAR
    return cv2.resize(image, size, interpolation=method).astype(np.uint8, copy=False)
