"""Usable area of a field, without borders and overlays."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Self

import cv2
import numpy as np
from numpy.typing import NDArray

from blastlens.imaging.surround import find_surround

Share = tuple[float, float]
"""First and last row or column, as shares of an image's height or width, 0 to 1."""

_BACKGROUND_SHARE = 0.3  # of the area: stain absorbs green, so its greenest part is plasma or glass


class LeftOut(StrEnum):
    """Kinds of what is left out of a field."""

    ROUND_VIGNETTE = "round_vignette"
    BORDER = "border"


@dataclass(frozen=True, eq=False)
class UsableArea:
    """The part of a field that is read.

    Attributes:
        mask: (h, w) bool, at the size of the thumbnail; True where the field is read.
        box: rows and columns around the area, as shares of height and width.
        left_out: kinds of what was found outside of the area; empty where the whole image is read.
        background: RGB of plasma or glass, with which `fill` paints what is left out.
    """

    mask: NDArray[np.bool_]
    box: tuple[Share, Share] = ((0.0, 1.0), (0.0, 1.0))
    left_out: tuple[LeftOut, ...] = ()
    background: tuple[int, int, int] = (255, 255, 255)

    @property
    def is_whole(self) -> bool:
        """Whether the whole image is read."""
        return not self.left_out

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
        return UsableArea(np.ones(thumbnail.shape[:2], np.bool_))
    left_out = LeftOut.ROUND_VIGNETTE if surround.is_round else LeftOut.BORDER
    mask = surround.inside
    return UsableArea(mask, _find_box(mask), (left_out,), _measure_background(thumbnail, mask))


def _find_box(mask: NDArray[np.bool_]) -> tuple[Share, Share]:
    """Return the rows and columns around a mask (h, w) with at least one True, as shares."""
    rows, columns = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    return (
        (float(rows[0]) / mask.shape[0], float(rows[-1] + 1) / mask.shape[0]),
        (float(columns[0]) / mask.shape[1], float(columns[-1] + 1) / mask.shape[1]),
    )


def _measure_background(thumbnail: NDArray[np.uint8], mask: NDArray[np.bool_]) -> tuple[int, int, int]:
    """Return the median colour of the lightest part of the area."""
    pixels = thumbnail[mask]
    green = pixels[:, 1]
    red, green, blue = np.median(pixels[green >= np.quantile(green, 1 - _BACKGROUND_SHARE)], axis=0).astype(int)
    return int(red), int(green), int(blue)
