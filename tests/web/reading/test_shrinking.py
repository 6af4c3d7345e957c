"""Tests of shrinking large images in JavaScript against OpenCV."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.web.reading.node_calls import Call, call_node

_FACTORS = [(1100, 700, 448, 285), (1100, 700, 1099, 701 - 2), (1100, 700, 37, 699), (1101, 701, 550, 350)]


@pytest.mark.parametrize("sizes", _FACTORS)
def test_large_images_are_shrunk_to_the_same_pixels_but_for_one_level_in_a_thousand(
    sizes: tuple[int, int, int, int], tmp_path: Path
) -> None:
    width, height, columns, rows = sizes
    image = np.random.default_rng(5).integers(0, 256, (height, width, 3), np.uint8)
    script = f"module.resize(given.image, {columns}, {rows}, 'area')"

    (found,) = call_node(tmp_path, [Call("opencv/resize.js", script, {"image": image})])

    wanted = cv2.resize(image, (columns, rows), interpolation=cv2.INTER_AREA)
    differences = np.abs(found.astype(int) - wanted.astype(int))
    assert differences.max() <= 1
    assert (differences > 0).mean() < 1e-3


def test_a_mask_is_resized_twice_as_by_way_of_the_larger_one(tmp_path: Path) -> None:
    mask = np.random.default_rng(6).integers(0, 2, (37, 53), np.uint8)
    part = "{ left: 100, top: 40, width: 700, height: 500 }"
    script = f"module.resizeTwice(given.mask, {{ width: 1000, height: 777 }}, {part}, 91, 77)"

    (found,) = call_node(tmp_path, [Call("opencv/resize.js", script, {"mask": mask})])

    between = cv2.resize(mask, (1000, 777), interpolation=cv2.INTER_NEAREST)[40:540, 100:800]
    np.testing.assert_array_equal(found, cv2.resize(between, (91, 77), interpolation=cv2.INTER_NEAREST))
