"""Surround of a field: eyepiece vignettes, borders and letterboxes."""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from blastlens.imaging.channels import greatest_channel

Mask = NDArray[np.bool_]

_BRIGHT_QUANTILE = 0.98
_DARK = 0.35
"""Share of the field's brightness below which a surround is dark. Brightness is the greatest channel: nuclei are
darker than plasma in red and green only."""
_HALF_DARK = 0.5
_TOLERANCE = 6  # of 255, from a border's colour: what JPEG compression adds
_CORNER = 4
_SAMPLES = 48
_LEAST_CONTACT = 0.35  # share of an edge at which the field begins; cells that end there by chance cover less
_SURE_CONTACT = 0.6
_MOST_OUTSIDE = 0.1  # share of a border that holds text or ticks
_STEADY = 0.75  # of the width of cells three rows further in; a disc has 0.58
_NEAR = 3
_LEAST_FIELD = 0.04  # of the image; what is smaller is no field with a surround
_LEAST_SURROUND = 0.006
_PLATEAU = 0.8  # of the field's brightness, at which a soft edge ends
_LONGEST_SOFT_EDGE = 0.12  # of the shorter side


@dataclass(frozen=True)
class Surround:
    """What surrounds a field.

    Attributes:
        inside: (h, w) bool, True in the field.
        is_round: whether the field is a circle, as through an eyepiece; otherwise it has straight or other edges.
    """

    inside: Mask
    is_round: bool


def find_surround(thumbnail: NDArray[np.uint8]) -> Surround | None:
    """Find the surround of the field in a thumbnail (h, w, 3) uint8 RGB.

    Empty glass is not a surround: where the field begins at an edge, it begins along the whole of it at once.

    Returns:
        The surround; None where the field fills the image.
    """
    for like_surround, is_dark in _candidates(thumbnail):
        content = _remove_outside(like_surround, is_dark)
        share = content.mean()
        if share < _LEAST_FIELD or share > 1 - _LEAST_SURROUND:
            continue
        found = _find_circle(content, is_dark) or _find_rectangle(content)
        if found is None and is_dark:
            found = _find_other_shape(content)
        if found is not None:
            return _trim_soft_edge(thumbnail, found) if is_dark else found
    return None


def _candidates(thumbnail: NDArray[np.uint8]) -> Iterator[tuple[NDArray[np.uint8], bool]]:
    """Yield (h, w) uint8, 255 where a pixel looks like the surround, and whether that is a dark one."""
    patches, sides = _sample_corners(thumbnail), _sample_sides(thumbnail)
    limit = _find_dark_limit(thumbnail, patches, sides)
    if limit:
        yield cv2.inRange(thumbnail, (0, 0, 0), (limit,) * 3).astype(np.uint8, copy=False), True
    for colour in _find_even_colours(patches, sides):
        low, high = (np.clip(colour + step, 0, 255) for step in (-_TOLERANCE, _TOLERANCE))
        yield cv2.inRange(thumbnail, low, high).astype(np.uint8, copy=False), False


def _sample_corners(thumbnail: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the pixels of the four corners, (4, pixels, 3)."""
    ends = (slice(0, _CORNER), slice(-_CORNER, None))
    return np.stack([thumbnail[rows, columns].reshape(-1, 3) for rows in ends for columns in ends])


def _sample_sides(thumbnail: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return pixels of the four sides, (4, samples, 3)."""
    height, width = thumbnail.shape[:2]
    rows, columns = (np.linspace(0, side - 1, _SAMPLES).astype(np.intp) for side in (height, width))
    return np.stack([thumbnail[0, columns], thumbnail[-1, columns], thumbnail[rows, 0], thumbnail[rows, -1]])


def _find_dark_limit(thumbnail: NDArray[np.uint8], patches: NDArray[np.uint8], sides: NDArray[np.uint8]) -> int:
    """Return the greatest value of a dark surround; 0 where no corner and no side is dark."""
    corners = np.sort(patches.max(axis=2).mean(axis=1))
    darkest = min(float(corners[0]), float(np.median(sides.max(axis=2), axis=1).min()))
    values = np.sort(greatest_channel(thumbnail[::8, ::8]), axis=None)
    bright = float(values[int(_BRIGHT_QUANTILE * (len(values) - 1))])
    if corners[2] < _HALF_DARK * bright:  # three corners: a cell lies in one of them at most
        return int(max(corners[2] + 0.3 * (bright - corners[2]), _DARK * bright))
    return int(_DARK * bright) if darkest < _DARK * bright else 0


def _find_even_colours(patches: NDArray[np.uint8], sides: NDArray[np.uint8]) -> list[NDArray[np.float64]]:
    """Return the colours of even sides, and those that two even corners share."""
    middles = np.median(sides, axis=1)
    is_even = (np.abs(sides - middles[:, None]).max(axis=2) <= _TOLERANCE).mean(axis=1) >= 1 - _MOST_OUTSIDE
    corners = patches.mean(axis=1)[np.ptp(patches, axis=1).max(axis=1) <= _TOLERANCE]
    shared = [a for place, a in enumerate(corners) if any(np.abs(a - b).max() <= _TOLERANCE for b in corners[:place])]
    colours: list[NDArray[np.float64]] = []
    for colour in (*middles[is_even], *shared):
        if all(np.abs(colour - other).max() > _TOLERANCE for other in colours):
            colours.append(colour)
    return colours


def _remove_outside(like_surround: NDArray[np.uint8], is_dark: bool) -> Mask:
    """Return what is not connected with the image's border by surround, without specks and text."""
    padded = cv2.copyMakeBorder(like_surround, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=255)
    cv2.floodFill(padded, None, (0, 0), 128)
    content = (padded[1:-1, 1:-1] != 128).astype(np.uint8)
    content = cv2.morphologyEx(content, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)).astype(np.uint8, copy=False)
    if is_dark:
        _, labels, statistics, _ = cv2.connectedComponentsWithStats(content, connectivity=4)
        if len(statistics) > 2:
            content = (labels == 1 + int(statistics[1:, cv2.CC_STAT_AREA].argmax())).astype(np.uint8)
    return np.asarray(content, dtype=np.bool_)


def _find_rectangle(content: Mask) -> Surround | None:
    """Find the rectangle of a field with straight edges.

    One edge along which the content begins at once shows that there is a border. The others are where the content ends:
    a field may have few cells along an edge, and glass as white as the border.
    """
    columns = _extent(content, 0)
    rows = _find_straight_edges(content[:, columns])
    columns = _find_straight_edges(content[rows].T)
    rows = _find_straight_edges(content[:, columns])
    inside = np.zeros(content.shape, np.bool_)
    inside[rows, columns] = True
    if inside.mean() > 1 - _LEAST_SURROUND:
        return None
    within = (_trim(_extent(content & inside, 1), len(content)), _trim(_extent(content & inside, 0), len(content.T)))
    inside = np.zeros(content.shape, np.bool_)
    inside[within] = True
    return Surround(inside, False) if inside.mean() >= _LEAST_FIELD else None


def _trim(extent: slice, side: int) -> slice:
    """Return a range without its ends that are mixed with a border."""
    return slice(extent.start + (extent.start > 0), max(extent.stop - (extent.stop < side), extent.start + 1))


def _extent(content: Mask, axis: int) -> slice:
    """Return the rows (axis 1) or columns (axis 0) from the first to the last with content; all without any."""
    occupied = np.asarray(content.any(axis=axis))
    places = np.flatnonzero(occupied)
    return slice(int(places[0]), int(places[-1]) + 1) if places.size else slice(0, len(occupied))


def _find_straight_edges(content: Mask) -> slice:
    """Return the rows between an upper and a lower edge; all rows where there are none."""
    first = _find_straight_edge(content)
    last = len(content) - _find_straight_edge(content[::-1])
    return slice(first, last) if last - first >= 2 * _NEAR else slice(0, len(content))


def _find_straight_edge(content: Mask) -> int:
    """Return the first row of the content (h, w) where it begins along the whole edge at once; 0 elsewhere.

    A cell below empty glass begins as well, but becomes wider from row to row; at a border it is cut through.
    """
    shares = content.mean(axis=1)
    begun = shares[: len(shares) - 2 * _NEAR] > _LEAST_CONTACT / 2
    first = int(begun.argmax()) if begun.any() else 0
    if first == 0:
        return 0
    union = float(content[first : first + _NEAR].any(axis=0).mean())
    text = max(float(shares[:first].mean()), float(shares[max(0, first - _NEAR) : first].mean()))
    is_cut = shares[first + 1] >= _STEADY * shares[first + 1 + _NEAR]
    return first if union >= _LEAST_CONTACT and text <= _MOST_OUTSIDE and is_cut else 0


def _find_circle(content: Mask, is_dark: bool) -> Surround | None:
    """Find a circle around the content, parts of which may lie outside of the image."""
    points = _outline_hull(content)
    if len(points) < 16:
        return None
    fitted = _fit_circle(points)
    if fitted is None:
        return None
    column, row, radius = fitted
    inside = np.zeros(content.shape, np.uint8)
    cv2.circle(inside, (round(column * 16), round(row * 16)), round(radius * 16), 1, cv2.FILLED, shift=4)
    found = inside.view(np.bool_)
    outside = ~found
    least = _LEAST_SURROUND * (1 if is_dark else 5)  # cells may end along a short arc by chance
    if outside.mean() < least or content[outside].mean() > _MOST_OUTSIDE / 2 or found.mean() < _LEAST_FIELD:
        return None
    contact = _SURE_CONTACT if is_dark else _LEAST_CONTACT
    return Surround(found, True) if _measure_contact(content, found) >= contact else None


def _outline_hull(content: Mask) -> NDArray[np.float64]:
    """Return the points (N, 2) x, y of the content's convex hull that do not lie at the image's border."""
    width, rows = content.shape[1], content.any(axis=1)
    first, last = content.argmax(axis=1)[rows], width - 1 - content[:, ::-1].argmax(axis=1)[rows]
    places = np.flatnonzero(rows)
    ends = np.concatenate([np.stack([first, places], axis=1), np.stack([last, places], axis=1)]).astype(np.int32)
    if len(ends) < 3:
        return np.empty((0, 2))
    hull = cv2.convexHull(ends)
    drawn = np.zeros(content.shape, np.uint8)
    cv2.polylines(drawn, [hull], True, 1)
    drawn[: _NEAR - 1] = drawn[-_NEAR + 1 :] = drawn[:, : _NEAR - 1] = drawn[:, -_NEAR + 1 :] = 0
    y, x = np.nonzero(drawn)
    return np.stack([x, y], axis=1).astype(np.float64)


def _fit_circle(points: NDArray[np.float64]) -> tuple[float, float, float] | None:
    """Fit a circle to points (N, 2); None where a fifth of them or more is not on it."""
    kept = points
    for _ in range(3):
        equations = np.concatenate([2 * kept, np.ones((len(kept), 1))], axis=1)
        solved = np.linalg.lstsq(equations, (kept**2).sum(axis=1), rcond=None)[0]
        square = solved[2] + solved[0] ** 2 + solved[1] ** 2
        if square <= 0:
            return None
        radius = float(np.sqrt(square))
        errors = np.abs(np.hypot(*(points - solved[:2]).T) - radius)
        limit = max(1.5, 0.015 * radius)
        if (errors <= 4 * limit).sum() < 12:
            return None
        kept = points[errors <= 4 * limit]
    on_circle = float((errors <= limit).mean())
    return (float(solved[0]), float(solved[1]), radius) if on_circle >= 0.8 else None


def _measure_contact(content: Mask, inside: Mask) -> float:
    """Return the share of the edge of `inside` that has content right behind it; 0 without an edge."""
    eroded = cv2.erode(
        inside.view(np.uint8), np.ones((2 * _NEAR + 1,) * 2, np.uint8), borderType=cv2.BORDER_CONSTANT, borderValue=1
    )
    edge = inside & (eroded == 0)
    rim = inside.view(np.uint8) - cv2.erode(
        inside.view(np.uint8), np.ones((3, 3), np.uint8), borderType=cv2.BORDER_CONSTANT, borderValue=1
    )
    if not rim.any():
        return 0.0
    near = cv2.dilate((content & edge).view(np.uint8), np.ones((3, 3), np.uint8), iterations=_NEAR - 1)
    return float(near[rim > 0].mean())


def _find_other_shape(content: Mask) -> Surround | None:
    """Return the hull of the content, where a dark surround has neither straight edges nor a round one."""
    contours, _ = cv2.findContours(content.view(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    hull = cv2.convexHull(np.concatenate(contours))
    inside = np.zeros(content.shape, np.uint8)
    cv2.fillConvexPoly(inside, hull, 1)
    found = inside.view(np.bool_)
    is_surround = (~found).mean() >= 5 * _LEAST_SURROUND and _measure_contact(content, found) >= _SURE_CONTACT
    return Surround(found, False) if is_surround else None


def _trim_soft_edge(thumbnail: NDArray[np.uint8], surround: Surround) -> Surround:
    """Remove the edge of the field in which the light rises from dark to the field's brightness."""
    padded = cv2.copyMakeBorder(surround.inside.view(np.uint8), 1, 1, 1, 1, cv2.BORDER_REPLICATE)
    depths = cv2.distanceTransform(padded, cv2.DIST_L2, 3)[1:-1, 1:-1]
    longest = max(2, round(_LONGEST_SOFT_EDGE * min(surround.inside.shape)))
    values = greatest_channel(thumbnail)
    plateau = np.quantile(values[depths > longest], 0.6) if (depths > longest).any() else 0
    for depth in range(1, longest + 1):
        ring = values[(depths > depth - 1) & (depths <= depth)]
        if ring.size and np.quantile(ring, 0.6) >= _PLATEAU * plateau:
            break
    return Surround(depths > depth, surround.is_round)
