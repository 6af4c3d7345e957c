"""Tests that the page resizes, converts and filters pixels as OpenCV does."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.web.reading.node_calls import Call, call_node

Image = NDArray[np.uint8]
Case = tuple[Call, Any]

_METHODS = {"area": cv2.INTER_AREA, "linear": cv2.INTER_LINEAR, "nearest": cv2.INTER_NEAREST}
_SIZES = ((224, 224), (133, 100), (100, 400), (448, 336), (37, 29), (1, 1), (64, 48))
_SHAPES = ((96, 128, 3), (97, 131, 3), (300, 401, 1), (224, 224, 3))
_LAST_DIGITS = 3e-6
"""Relative to the greatest value: float32 sums depend on their order."""


def draw(shape: tuple[int, ...], seed: int = 0) -> Image:
    return np.random.default_rng(seed).integers(0, 256, shape).astype(np.uint8).squeeze()


def compare(folder: Path, cases: list[Case], tolerance: float = 0.0) -> None:
    """Check that Node returns what is expected, or values as close as `tolerance` times the greatest."""
    found = call_node(folder, [call for call, _ in cases])
    for (call, expected), value in zip(cases, found, strict=True):
        name = (call.module, call.expression)
        if tolerance:
            np.testing.assert_allclose(value, expected, rtol=0, atol=tolerance * np.abs(expected).max(), err_msg=name)
        else:
            np.testing.assert_array_equal(value, expected, err_msg=str(name))


def _resize(image: Any, size: tuple[int, int], method: str) -> Case:
    call = Call("opencv/resize.js", f"module.resize(given, {size[0]}, {size[1]}, '{method}')", image)
    return call, cv2.resize(image, size, interpolation=_METHODS[method])


def test_images_of_bytes_are_resized_to_the_same_pixels_by_every_method(tmp_path: Path) -> None:
    compare(
        tmp_path,
        [
            _resize(draw(shape), size, method)
            for shape in _SHAPES
            for size in (*_SIZES, (shape[1] // 2, shape[0] // 2), (shape[1], shape[0] // 3), (shape[1] * 2, shape[0]))
            for method in _METHODS
        ],
    )


def test_large_images_are_resized_to_the_same_pixels_by_sums_of_whole_numbers(tmp_path: Path) -> None:
    grain = draw((601, 803, 3), 12)
    smooth = (cv2.GaussianBlur(grain, (0, 0), 9).astype(np.int16) + grain // 40).astype(np.uint8)
    cases = [
        _resize(image, size, "area")
        for image in (grain, smooth, grain[:600, :800], smooth[:600, :800])
        for size in ((640, 480), (401, 300), (200, 133), (64, 64), (600, 450), (320, 240))
    ]
    compare(tmp_path, cases)


def test_maps_of_floats_are_resized_linearly_to_the_last_digits(tmp_path: Path) -> None:
    light = np.random.default_rng(1).random((64, 64, 3), dtype=np.float32) * 255
    compare(tmp_path, [_resize(light, size, "linear") for size in ((224, 224), (501, 377), (63, 65))], _LAST_DIGITS)


@pytest.fixture(scope="module")
def colours() -> Image:
    """Every fifth colour in each channel, and some of all others."""
    levels = np.arange(0, 256, 5, dtype=np.uint8)
    grid = np.stack(np.meshgrid(levels, levels, levels, indexing="ij"), axis=-1).reshape(-1, 3)
    return np.concatenate([grid, draw((200_000, 3), 2)])[None]


def test_colours_are_converted_to_the_same_values(tmp_path: Path, colours: Image) -> None:
    codes = {
        "toGray": cv2.COLOR_RGB2GRAY,
        "toHsv": cv2.COLOR_RGB2HSV,
        "toHsvFull": cv2.COLOR_RGB2HSV_FULL,
        "toLab": cv2.COLOR_RGB2LAB,
    }
    cases = [
        (Call("opencv/colour.js", f"module.{name}(given)", colours), cv2.cvtColor(colours, code))
        for name, code in codes.items()
    ]
    compare(tmp_path, cases)


def _blurs() -> Iterator[Case]:
    for shape in ((60, 77, 3), (100, 80, 1), (5, 4, 3), (2, 9, 1)):
        image = draw(shape, 3)
        for side in (3, 5, 7, 9, 11, 21):
            call = Call("opencv/blur.js", f"module.gaussianBlur(given, {side}, 0)", image)
            yield call, cv2.GaussianBlur(image, (side, side), 0)
        call = Call("opencv/blur.js", "module.gaussianBlur(given, 0, 2.6)", image)
        yield call, cv2.GaussianBlur(image, (0, 0), 2.6)


def test_images_of_bytes_are_blurred_to_the_same_pixels(tmp_path: Path) -> None:
    compare(tmp_path, list(_blurs()))


def test_maps_of_floats_are_blurred_and_derived_to_the_last_digits(tmp_path: Path) -> None:
    cases: list[Case] = []
    sparse = np.zeros((90, 200), np.float32)
    sparse[30:50, 60:70] = 7
    for seed, values in enumerate((draw((60, 77)).astype(np.float32), sparse)):
        for deviation in (1.0, 2.6):
            call = Call("opencv/blur.js", f"module.gaussianBlur(given, 0, {deviation})", values)
            cases.append((call, cv2.GaussianBlur(values, (0, 0), deviation)))
        smooth = cv2.GaussianBlur(draw((60, 77), seed).astype(np.float32), (0, 0), 1)
        call = Call("opencv/derivatives.js", "module.laplacian(given)", smooth)
        cases.append((call, cv2.Laplacian(smooth, cv2.CV_32F)))
        for across, down in ((2, 0), (1, 1), (0, 2)):
            call = Call("opencv/derivatives.js", f"module.sobel(given, {across}, {down})", smooth)
            cases.append((call, cv2.Sobel(smooth, cv2.CV_32F, across, down, ksize=5)))
    compare(tmp_path, cases, _LAST_DIGITS)


def test_arithmetic_rounds_and_saturates_in_the_same_way(tmp_path: Path) -> None:
    a, b, gray = draw((50, 71, 3), 4), draw((50, 71, 3), 5), draw((50, 71), 6)
    light = np.random.default_rng(7).uniform(1, 255, a.shape).astype(np.float32)
    table, tables = draw((256,), 8), draw((256, 1, 3), 9).reshape(256, 1, 3)
    low, high = np.array([10.5, 20.4, -3.0]), np.array([200.7, 255.2, 180.5])
    expected = {
        "module.inRange(given[0], [10, 20, 30], [200, 255, 180])": cv2.inRange(a, (10, 20, 30), (200, 255, 180)),
        "module.inRange(given[0], [10.5, 20.4, -3.0], [200.7, 255.2, 180.5])": cv2.inRange(a, low, high),
        "module.subtract(given[0], given[1])": cv2.subtract(a, b),
        "module.min(given[0], given[1])": cv2.min(a, b),
        "module.max(given[0], given[1])": cv2.max(a, b),
        "module.bitwiseAnd(given[0], given[1])": cv2.bitwise_and(a, b),
        "module.convertScaleAbs(given[2], 2, 40)": cv2.convertScaleAbs(gray, alpha=2, beta=40),
        "module.divide(given[0], given[3], 255)": cv2.divide(a, light, scale=255.0, dtype=cv2.CV_8U),
        "module.lookUp(given[0], given[4])": cv2.LUT(a, table),
        "module.lookUp(given[0], given[5])": cv2.LUT(a, tables),
        "module.copyMakeBorder(given[0], 4, 7)": cv2.copyMakeBorder(a, 4, 4, 4, 4, cv2.BORDER_CONSTANT, value=(7,) * 3),
        "module.copyMakeBorder(given[2], 1, 'replicate')": cv2.copyMakeBorder(gray, 1, 1, 1, 1, cv2.BORDER_REPLICATE),
        "module.integral(given[2])": cv2.integral(gray),
        "module.countNonZero(given[2])": cv2.countNonZero(gray),
        "module.sumRows(given[2])": cv2.reduce(gray, 1, cv2.REDUCE_SUM, dtype=cv2.CV_32S).ravel(),
        "module.sumColumns(given[2])": cv2.reduce(gray, 0, cv2.REDUCE_SUM, dtype=cv2.CV_32S).ravel(),
    }
    given = [a, b, gray, light, table, tables.ravel()]
    compare(tmp_path, [(Call("opencv/arithmetic.js", call, given), value) for call, value in expected.items()])


def test_otsu_chooses_the_same_threshold(tmp_path: Path) -> None:
    generator = np.random.default_rng(10)
    samples = [generator.normal(m, d, n).clip(0, 255) for m, d, n in ((60, 9, 900), (200, 60, 5000), (90, 0.1, 3))]
    samples += [np.concatenate([samples[0], samples[1]]), np.full(40, 7.0)]
    cases = []
    for values in (each.astype(np.uint8) for each in samples):
        threshold, _ = cv2.threshold(values.reshape(-1, 1), 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
        cases.append((Call("opencv/arithmetic.js", "module.otsuThreshold(given)", values), threshold))
    compare(tmp_path, cases)
