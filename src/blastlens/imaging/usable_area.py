"""Usable area of a field, without borders and overlays."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Self, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from blastlens.imaging.overlays import Overlay, find_overlays
from blastlens.imaging.surround import find_surround

Value = TypeVar("Value", bound=np.generic)
Share = tuple[float, float]
"""First and last row or column, as shares of an image's height or width, 0 to 1."""

_LEAST_LEFT = 0.7  # of the area; overlays that cover more are none: a pattern, or a drawing
_STEP = 3  # of the pixels that the background is measured on
_BACKGROUND_SHARE = 0.3  # of the area: stain absorbs green, so its greenest part is plasma or glass


class LeftOut(StrEnum):
    """Kinds of what is left out of a field."""

    ROUND_VIGNETTE = "round_vignette"
    BORDER = "border"
    SCALE_BAR = "scale_bar"
    TEXT = "text"
    LINES = "lines"


@dataclass(frozen=True, eq=False)
class UsableArea:
    """The part of a field that is read.

    Attributes:
        mask: (h, w) bool, at the size of the thumbnail; True where the field is read.
        box: rows and columns around the area, as shares of height and width.
        left_out: kinds of what was found, each once; empty where the whole image is read.
        background: RGB of plasma or glass, with which `fill` paints what is left out.
    """

    mask: NDArray[np.bool_]
    box: tuple[Share, Share] = ((0.0, 1.0), (0.0, 1.0))
    left_out: tuple[LeftOut, ...] = ()
    background: tuple[int, int, int] = (255, 255, 255)

    @property
    def is_whole(self) -> bool:
        """Whether the field fills the image, so that nothing but scale bars, text and lines is left out."""
        return not {LeftOut.ROUND_VIGNETTE, LeftOut.BORDER} & set(self.left_out)

    @property
    def share(self) -> float:
        """Share of the image that is read, 0 to 1."""
        return float(self.mask.mean())

    def crop(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return the part of the field (H, W, ...) within the box, as a view; `image` may have any size."""
        rows, columns = self.find_box(*image.shape[:2])
        return image[rows, columns]

    def fill(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return a field (H, W, 3) uint8 RGB of any size, painted with the background outside of the area.

        The image itself is returned where the whole of it is read.
        """
        if self.mask.all():
            return image
        filled = image.copy()
        filled[~self.resize_mask(*image.shape[:2])] = self.background
        return filled

    def cut(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return the field (H, W, 3) uint8 RGB within the box, painted with the background outside of the area."""
        return self.inner().fill(self.crop(image))

    def uncut(self, values: NDArray[Value], shape: tuple[int, int]) -> NDArray[Value]:
        """Return values of the pixels of `cut` (h, w) at their places in a field of a shape, and 0 outside the area."""
        if self.is_whole:
            return values
        rows, columns = self.find_box(*shape)
        whole = np.zeros(shape, values.dtype)
        whole[rows, columns] = np.where(self.inner().resize_mask(*values.shape), values, whole[rows, columns])
        return whole

    def inner(self) -> Self:
        """Return the area of the field that `crop` returns."""
        rows, columns = self.find_box(*self.mask.shape)
        return replace(self, mask=self.mask[rows, columns], box=((0.0, 1.0), (0.0, 1.0)))

    def find_box(self, height: int, width: int) -> tuple[slice, slice]:
        """Return the box's rows and columns in an image of a height and width in pixels."""
        rows, columns = (
            slice(int(np.ceil(side * first - 1e-6)), max(int(side * last + 1e-6), int(np.ceil(side * first)) + 1))
            for side, (first, last) in zip((height, width), self.box, strict=True)
        )
        return rows, columns

    def resize_mask(self, height: int, width: int) -> NDArray[np.bool_]:
        """Return the mask at an image's size, (height, width) bool."""
        if self.mask.shape == (height, width):
            return self.mask
        resized = cv2.resize(self.mask.view(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST)
        return resized.astype(np.uint8, copy=False).view(np.bool_)

    def share_inside(self, rows: Share, columns: Share) -> float:
        """Return the share of a rectangle that lies in the area, 0 to 1."""
        within = tuple(
            slice(min(int(first * side), side - 1), max(round(last * side), int(first * side) + 1))
            for side, (first, last) in zip(self.mask.shape, (rows, columns), strict=True)
        )
        return float(self.mask[within].mean())


def find_usable_area(thumbnail: NDArray[np.uint8]) -> UsableArea:
    """Find the usable area of a field in its thumbnail (h, w, 3) uint8 RGB.

    Empty glass belongs to the field. Where nothing but a surround is found, the whole image is the area, so that the
    quality is judged of all of it.
    """
    surround = find_surround(thumbnail)
    if surround is None:
        area = UsableArea(np.ones(thumbnail.shape[:2], np.bool_))
    else:
        left_out = LeftOut.ROUND_VIGNETTE if surround.is_round else LeftOut.BORDER
        background = _measure_background(thumbnail, surround.inside)
        area = UsableArea(surround.inside, _find_box(surround.inside), (left_out,), background)
    inner = area.inner().mask
    # What touches the edge of a vignette is its rim.
    overlays = [each for each in find_overlays(area.cut(thumbnail)) if inner[each.rows, each.columns].all()]
    return _leave_out(area, thumbnail, overlays) if overlays else area


def _leave_out(area: UsableArea, thumbnail: NDArray[np.uint8], overlays: list[Overlay]) -> UsableArea:
    """Return the area without the overlays within its box; unchanged where they cover most of it."""
    mask = area.mask.copy()
    rows, columns = area.find_box(*mask.shape)
    inner = mask[rows, columns]
    for overlay in overlays:
        inner[overlay.rows, overlay.columns] = False
    if mask.sum() < _LEAST_LEFT * area.mask.sum():
        return area
    kinds = tuple(dict.fromkeys((*area.left_out, *(LeftOut(overlay.kind) for overlay in overlays))))
    background = area.background if area.left_out else _measure_background(thumbnail, mask)
    return replace(area, mask=mask, left_out=kinds, background=background)


def _find_box(mask: NDArray[np.bool_]) -> tuple[Share, Share]:
    """Return the rows and columns around a mask (h, w) with at least one True, as shares."""
    rows, columns = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    return (
        (float(rows[0]) / mask.shape[0], float(rows[-1] + 1) / mask.shape[0]),
        (float(columns[0]) / mask.shape[1], float(columns[-1] + 1) / mask.shape[1]),
    )


def _measure_background(thumbnail: NDArray[np.uint8], mask: NDArray[np.bool_]) -> tuple[int, int, int]:
    """Return the median colour of the lightest part of the area."""
    few = mask[::_STEP, ::_STEP]
    pixels = thumbnail[::_STEP, ::_STEP][few] if few.any() else thumbnail[mask]
    rank = int((1 - _BACKGROUND_SHARE) * (len(pixels) - 1))
    light = pixels[pixels[:, 1] >= np.partition(pixels[:, 1], rank)[rank]]
    red, green, blue = np.median(light, axis=0).astype(int)
    return int(red), int(green), int(blue)
