"""Proposals of white cells: stained regions, with touching nuclei split."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np
from cv2.typing import MatLike
from numpy.typing import NDArray

MOST_CELLS = 600
"""Greatest number of proposals of a field."""

_TILES = 8  # the field is divided into 8 x 8 tiles when proposals are left out
_LARGEST_RADIUS = 64.0  # px, 32 um: nothing in a smear is larger; the distance is infinite where all is stained
_SMOOTHED = 2.6  # px, deviation of the blur of the distance map: the lobes of one nucleus become one maximum
_SIGHT = 9  # px, odd: two maxima of one region are further apart than half of it
_CORE = 0.35  # of a maximum's distance to the edge: a disc that surely belongs to its nucleus, and touches no other
_LARGEST_HOLE = 40.0  # px, area: a vacuole or the middle of a ring-shaped nucleus
_SPECK, _GAP = 3, 5  # px, odd: kernels that remove specks and thin bridges, and close gaps


@dataclass(frozen=True)
class ProposalSettings:
    """Thresholds of the proposals; part of the model package. Lengths in pixels of 0.5 um.

    The hues are wider and the saturation lower than those of the blast mask: a wrong proposal costs time, but a white
    cell that is not proposed is lost.

    Attributes:
        hue_low: least hue of stained chromatin, OpenCV scale 0 to 179.
        hue_high: greatest hue of stained chromatin.
        saturation_low: least saturation that counts as stain, 0 to 255.
        saturation_high: upper limit of the adaptive saturation threshold.
        otsu_factor: the adaptive threshold is this factor times Otsu's of the purple pixels.
        least_area: regions of fewer pixels are platelets or debris.
    """

    hue_low: int = 122
    hue_high: int = 165
    saturation_low: int = 38
    saturation_high: int = 90
    otsu_factor: float = 0.8
    least_area: int = 40

    def __post_init__(self) -> None:
        in_range = 0 <= self.hue_low < self.hue_high <= 179 and 0 < self.saturation_low <= self.saturation_high <= 255
        if not in_range or self.otsu_factor <= 0 or self.least_area < 1:
            raise ValueError(f"proposal settings out of range: {self}")


class CellBox(NamedTuple):
    """A rectangle in whole pixels."""

    left: int
    top: int
    width: int
    height: int


@dataclass(frozen=True)
class Proposal:
    """A region that may be the nucleus of a white cell.

    Lengths and places are in pixels of the working image, from its upper left corner.

    Attributes:
        centre: x and y of the centre of mass.
        box: the rectangle around the region.
        outline: the outer contour, (N, 2) int32, x and y.
        diameter: of the circle of the same area.
    """

    centre: tuple[float, float]
    box: CellBox
    outline: NDArray[np.int32]
    diameter: float


def propose(image: NDArray[np.uint8], settings: ProposalSettings) -> tuple[Proposal, ...]:
    """Find regions that may be white cells, at most `MOST_CELLS`.

    Stained pixels are found by thresholds in HSV. Regions that touch are split between the maxima of their smoothed
    distance transform. When there are too many, the field is divided into 8 x 8 tiles, and of each tile the largest
    regions are kept, so that no part of the field is left out.

    Args:
        image: (H, W, 3) uint8 RGB at the working scale of 0.5 um per pixel, in standardised colour.
        settings: thresholds.

    Returns:
        The proposals by decreasing area.
    """
    stained = find_stained(image, settings)
    if not stained.any():
        return ()
    regions = _split_touching(stained)
    _, labels, boxes, centres = cv2.connectedComponentsWithStats(regions, connectivity=4)
    areas = boxes[:, cv2.CC_STAT_AREA]
    numbers = 1 + np.flatnonzero(areas[1:] >= settings.least_area)
    chosen = _choose_spread(numbers, areas, centres, regions.shape)
    return tuple(_describe(labels, number, boxes[number], centres[number]) for number in map(int, chosen))


def draw_regions(proposals: Sequence[Proposal], height: int, width: int) -> NDArray[np.bool_]:
    """Return the mask (H, W) of all proposals."""
    mask = np.zeros((height, width), np.uint8)
    for proposal in proposals:
        cv2.fillPoly(mask, [proposal.outline], 255)
    return mask > 0


def find_stained(image: NDArray[np.uint8], settings: ProposalSettings) -> NDArray[np.uint8]:
    """Return the stained regions of an image: specks removed, gaps closed, holes filled.

    Args:
        image: (H, W, 3) uint8 RGB at the working scale, in standardised colour.
        settings: thresholds.

    Returns:
        (H, W) uint8, 255 where stained.
    """
    hsv = cv2.cvtColor(cv2.GaussianBlur(image, (3, 3), 0), cv2.COLOR_RGB2HSV)
    purple = cv2.inRange(hsv, (settings.hue_low, settings.saturation_low, 0), (settings.hue_high, 255, 255))
    saturations = hsv[..., 1][purple > 0]
    if saturations.size:
        otsu = float(cv2.threshold(saturations.reshape(-1, 1), 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)[0])
        least = int(np.clip(settings.otsu_factor * otsu, settings.saturation_low, settings.saturation_high))
        purple = cv2.inRange(hsv, (settings.hue_low, least, 0), (settings.hue_high, 255, 255))
    return _fill_holes(_close_gaps(cv2.morphologyEx(purple, cv2.MORPH_OPEN, _kernel(_SPECK))))


def _close_gaps(mask: MatLike) -> MatLike:
    """Close gaps; the frame keeps regions from growing along the border."""
    around = _GAP - 1
    framed = cv2.copyMakeBorder(mask, around, around, around, around, cv2.BORDER_CONSTANT, value=0)
    closed = cv2.morphologyEx(framed, cv2.MORPH_CLOSE, _kernel(_GAP))
    return np.ascontiguousarray(closed[around:-around, around:-around])


def _fill_holes(mask: MatLike) -> NDArray[np.uint8]:
    """Fill holes that fit into a nucleus; larger ones lie between cells that touch."""
    contours, levels = cv2.findContours(mask, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    filled = np.ascontiguousarray(mask)
    for index, contour in enumerate(contours):
        is_hole = levels[0, index, 3] >= 0
        if is_hole and cv2.contourArea(contour) <= _LARGEST_HOLE:
            cv2.drawContours(filled, [contour], -1, 255, cv2.FILLED)
    return filled.astype(np.uint8, copy=False)


def _split_touching(stained: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Cut regions (H, W) between the maxima of their distance transform.

    Each stained pixel belongs to the nearest core: the disc around a maximum with most of its distance to the edge.
    Pixels whose right or lower neighbour belongs to another core become background.
    """
    distance = np.minimum(cv2.distanceTransform(stained, cv2.DIST_L2, cv2.DIST_MASK_5), _LARGEST_RADIUS)
    smooth = cv2.GaussianBlur(distance, (0, 0), _SMOOTHED)
    highest = cv2.dilate(smooth, _kernel(_SIGHT))
    maxima = ((smooth >= highest - 1e-4) & (stained > 0)).astype(np.uint8)
    _, _, _, centres = cv2.connectedComponentsWithStats(maxima)
    cores = np.full(stained.shape, 255, np.uint8)
    for x, y in np.rint(centres[1:]).astype(int).tolist():
        cv2.circle(cores, (x, y), max(0, int(_CORE * distance[y, x]) - 1), 0, cv2.FILLED)
    _, nearest = cv2.distanceTransformWithLabels(cores, cv2.DIST_L2, cv2.DIST_MASK_3, labelType=cv2.DIST_LABEL_CCOMP)
    split = stained.copy()
    split[:, :-1][nearest[:, :-1] != nearest[:, 1:]] = 0
    split[:-1][nearest[:-1] != nearest[1:]] = 0
    return split


def _choose_spread(
    numbers: NDArray[np.intp], areas: MatLike, centres: MatLike, shape: tuple[int, ...]
) -> NDArray[np.intp]:
    """Return at most `MOST_CELLS` regions by decreasing area, spread over the tiles of the field."""
    numbers = numbers[np.argsort(-areas[numbers], kind="stable")]
    if len(numbers) <= MOST_CELLS:
        return numbers
    columns, rows = (centres[numbers] * _TILES / (shape[1], shape[0])).astype(int).T
    tiles = rows * _TILES + columns
    order = np.argsort(tiles, kind="stable")
    starts = np.searchsorted(tiles[order], np.arange(_TILES**2))
    ranks = np.empty(len(numbers), int)
    ranks[order] = np.arange(len(numbers)) - starts[tiles[order]]
    kept = np.argsort(ranks, kind="stable")[:MOST_CELLS]
    return numbers[np.sort(kept)]


def _describe(labels: MatLike, number: int, statistics: MatLike, centre: MatLike) -> Proposal:
    left, top, width, height, area = (int(value) for value in statistics)
    part = (labels[top : top + height, left : left + width] == number).astype(np.uint8)
    contours, _ = cv2.findContours(part, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE, offset=(left, top))
    outline = max(contours, key=len).reshape(-1, 2).astype(np.int32)
    diameter = 2.0 * float(np.sqrt(area / np.pi))
    return Proposal((float(centre[0]), float(centre[1])), CellBox(left, top, width, height), outline, diameter)


def _kernel(side: int) -> MatLike:
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
