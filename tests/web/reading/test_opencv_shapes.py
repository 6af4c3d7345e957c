"""Tests that the page finds, measures and draws shapes as OpenCV does."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from tests.web.reading.node_calls import Call, call_node
from tests.web.reading.test_opencv_pixels import Case, compare, draw

Image = NDArray[np.uint8]

_RETRIEVALS = {"external": cv2.RETR_EXTERNAL, "list": cv2.RETR_LIST, "ccomp": cv2.RETR_CCOMP}
_APPROXIMATIONS = {"simple": cv2.CHAIN_APPROX_SIMPLE, "none": cv2.CHAIN_APPROX_NONE}
_RECTANGLES = ((3, 3), (7, 7), (1, 34), (34, 1), (6, 18), (2, 4), (13, 13))
_OPERATIONS = {
    "erode": cv2.MORPH_ERODE,
    "dilate": cv2.MORPH_DILATE,
    "open": cv2.MORPH_OPEN,
    "close": cv2.MORPH_CLOSE,
    "topHat": cv2.MORPH_TOPHAT,
    "blackHat": cv2.MORPH_BLACKHAT,
}


def draw_masks() -> Iterator[Image]:
    """Yield masks with regions of all sizes, holes, single pixels and lines."""
    for seed, (shape, blur, share) in enumerate(
        [((100, 91), 3, 0.5), ((101, 133), 1, 0.5), ((60, 61), 0.3, 0.5), ((150, 160), 2, 0.85), ((1, 40), 1, 0.5)]
    ):
        noise = cv2.GaussianBlur(np.random.default_rng(seed).random(shape, dtype=np.float32), (0, 0), blur)
        yield (noise > np.quantile(noise, share)).astype(np.uint8) * 255


MASKS = list(draw_masks())


def _kernels() -> Iterator[tuple[str, Image]]:
    for side in (3, 5, 7, 9):
        yield f"module.ellipse({side})", cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)).astype(np.uint8)
    for height, width in _RECTANGLES:
        yield f"module.rectangle({width}, {height})", np.ones((height, width), np.uint8)


def test_morphology_of_masks_and_images_gives_the_same_pixels(tmp_path: Path) -> None:
    cases: list[Case] = []
    for values in (draw((60, 77)), *MASKS, MASKS[0] // 255, np.full((20, 30), 255, np.uint8)):
        for kernel, element in _kernels():
            for name, operation in _OPERATIONS.items():
                call = Call("opencv/morphology.js", f"module.{name}(given, {kernel})", values)
                cases.append((call, cv2.morphologyEx(values, operation, element)))
    compare(tmp_path, cases)


def test_morphology_of_floats_gives_the_same_values(tmp_path: Path) -> None:
    values = np.random.default_rng(1).normal(0, 100, (60, 77)).astype(np.float32)
    cases = [
        (Call("opencv/morphology.js", f"module.{name}(given, {kernel})", values), function(values, element))
        for kernel, element in _kernels()
        for name, function in (("dilate", cv2.dilate), ("erode", cv2.erode))
    ]
    compare(tmp_path, cases)


def test_components_have_the_same_numbers_boxes_and_centres(tmp_path: Path) -> None:
    cases: list[Case] = []
    for mask in MASKS:
        for connectivity in (4, 8):
            count, labels, boxes, centres = cv2.connectedComponentsWithStats(mask, connectivity=connectivity)
            parts = {"count": count, "labels": labels, "boxes": boxes.ravel(), "centres": centres.ravel()}
            for name, value in parts.items():
                expression = f"module.connectedComponents(given, {connectivity}).{name}"
                cases.append((Call("opencv/components.js", expression, mask), value))
    compare(tmp_path, cases)


def test_contours_have_the_same_points_in_the_same_order(tmp_path: Path) -> None:
    calls, expected = [], []
    for mask in MASKS:
        for retrieval, mode in _RETRIEVALS.items():
            for approximation, method in _APPROXIMATIONS.items():
                expression = f"module.findContours(given, '{retrieval}', '{approximation}', 3, 7)"
                calls.append(Call("opencv/contours.js", expression, mask))
                contours, levels = cv2.findContours(mask, mode, method, offset=(3, 7))
                parents = levels[0, :, 3] if retrieval == "ccomp" else np.full(len(contours), -1)
                expected.append((contours, parents))

    found = call_node(tmp_path, calls)

    for answer, (contours, parents) in zip(found, expected, strict=True):
        assert [contour["parent"] for contour in answer] == parents.tolist()
        for contour, points in zip(answer, contours, strict=True):
            np.testing.assert_array_equal(contour["points"], points.ravel())


def test_distances_are_the_same_but_for_the_last_digit(tmp_path: Path) -> None:
    sizes = {"3": cv2.DIST_MASK_3, "5": cv2.DIST_MASK_5, "'precise'": cv2.DIST_MASK_PRECISE}
    cases: list[Case] = [
        (
            Call("opencv/distance_transform.js", f"module.distanceTransform(given, {size})", mask),
            cv2.distanceTransform(mask, cv2.DIST_L2, code),
        )
        for mask in MASKS
        for size, code in sizes.items()
    ]
    compare(tmp_path, cases, 1e-6)


def test_each_pixel_belongs_to_the_same_nearest_region_of_zeros(tmp_path: Path) -> None:
    expression = "({ ...module.distanceTransformWithLabels(given), alone: module.findNearestRegions(given) })"
    calls = [Call("opencv/nearest_regions.js", expression, mask) for mask in MASKS]

    for mask, found in zip(MASKS, call_node(tmp_path, calls), strict=True):
        distances, labels = cv2.distanceTransformWithLabels(mask, cv2.DIST_L2, 3, labelType=cv2.DIST_LABEL_CCOMP)
        np.testing.assert_array_equal(found["distances"], distances)
        np.testing.assert_array_equal(found["alone"], found["labels"])
        pairs = np.unique(np.stack([found["labels"].ravel(), labels.ravel()]), axis=1)
        assert len(pairs[0]) == len(set(pairs[0])) == len(set(pairs[1]))  # numbered differently, but the same regions


def _draw_in_node(expression: str, given: Any, module: str = "drawing") -> Call:
    """Draw into an empty raster of 80 x 60 pixels; `raster` in the expression."""
    raster = {"raster": np.zeros((60, 80), np.uint8), "given": given}
    expression = f"(({{ raster, given }}) => {{ {expression}; return raster; }})(given)"
    return Call(f"opencv/{module}.js", expression, raster)


def _drawings() -> Iterator[Case]:
    generator = np.random.default_rng(11)
    for number in range(60):
        low, high = ((0, 60), (-30, 110))[number % 2]
        first, second = (generator.integers(low, high, (generator.integers(1, 9), 2)).astype(np.int32) for _ in "ab")
        both = [first.ravel(), second.ravel()]
        hull = cv2.convexHull(first)
        x, y, radius = (int(value) for value in generator.integers((-5, -5, 0), (85, 65, 30)))
        drawn = [np.zeros((60, 80), np.uint8) for _ in range(5)]
        cv2.polylines(drawn[0], [first, second], True, 7)
        yield _draw_in_node("module.polylines(raster, given, 7)", both, "lines"), drawn[0]
        cv2.fillPoly(drawn[1], [first, second], 255)
        yield _draw_in_node("module.fillPoly(raster, given, 255)", both), drawn[1]
        cv2.fillConvexPoly(drawn[2], hull, 1)
        yield _draw_in_node("module.fillConvexPoly(raster, given, 1)", hull.ravel()), drawn[2]
        cv2.circle(drawn[3], (x, y), radius, 9, cv2.FILLED)
        yield _draw_in_node(f"module.fillCircle(raster, {x}, {y}, {radius}, 9)", None), drawn[3]
        x, y, radius = 16 * x + 5, 16 * y + 11, 16 * radius + 3
        cv2.circle(drawn[4], (x, y), radius, 1, cv2.FILLED, shift=4)
        yield _draw_in_node(f"module.fillCircle(raster, {x}, {y}, {radius}, 1, 4)", None), drawn[4]


def test_lines_polygons_and_circles_cover_the_same_pixels_also_beyond_borders(tmp_path: Path) -> None:
    compare(tmp_path, list(_drawings()))


def test_filled_contours_and_floods_cover_the_same_pixels(tmp_path: Path) -> None:
    cases: list[Case] = []
    for mask in MASKS:
        contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        filled = np.zeros_like(mask)
        cv2.drawContours(filled, contours, -1, 255, cv2.FILLED)
        expression = "((raster) => { module.fillPoly(raster, given.points, 255); return raster; })(given.raster)"
        given = {"raster": np.zeros_like(mask), "points": [contour.ravel() for contour in contours]}
        cases.append((Call("opencv/drawing.js", expression, given), filled))
        flooded = mask.copy()
        cv2.floodFill(flooded, None, (0, 0), 128)
        expression = "((raster) => { module.floodFill(raster, 0, 0, 128); return raster; })(given)"
        cases.append((Call("opencv/flood_fill.js", expression, mask), flooded))
    compare(tmp_path, cases)


def test_hulls_areas_and_boxes_of_contours_are_the_same(tmp_path: Path) -> None:
    contours = [each for mask in MASKS for each in cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)[0]]
    measures = "({ hull: module.convexHull(given), area: module.contourArea(given), box: module.boundingRect(given) })"

    found = call_node(tmp_path, [Call("opencv/geometry.js", measures, contour.ravel()) for contour in contours])

    for contour, answer in zip(contours, found, strict=True):
        assert answer["area"] == cv2.contourArea(contour)
        assert tuple(answer["box"].values()) == cv2.boundingRect(contour)
        hull = cv2.convexHull(contour).reshape(-1, 2).tolist()
        start = hull.index(answer["hull"][:2].tolist())
        assert answer["hull"].reshape(-1, 2).tolist() == hull[start:] + hull[:start]
