"""The scale model, with a graph that is replaced by a measurement of stripes."""

import math
from pathlib import Path

import numpy as np
import pytest

from blastlens.domain.errors import DamagedPackage
from blastlens.domain.field import UNKNOWN_PIXEL_SIZE, PixelSizeSource
from blastlens.inference.package import SHIPPED
from blastlens.inference.scale import CROP_SIDE, INPUT, MIDDLE_WIDTH, OUTPUT, RED_CELL_UM, ScaleModel
from blastlens.inference.scale_windows import choose_windows


def stripes(height: int, width: int, period: float) -> np.ndarray:
    """An image with stripes of a period in px, which stand for red cells."""
    wave = 128 + 100 * np.sin(np.arange(width) * 2 * np.pi / period)
    return np.broadcast_to(wave[None, :, None], (height, width, 3)).astype(np.uint8)


def read_stripes(crops: np.ndarray) -> dict[str, np.ndarray]:
    """Return what the graph returns for red cells as wide as the period of stripes; readable from 6 to 60 px."""
    row = crops[0].mean(axis=(0, 2))
    strengths = np.abs(np.fft.rfft((row - row.mean()) * np.hanning(CROP_SIDE), 4096))
    period = 4096 / max(1, int(strengths.argmax()))
    logit = 5.0 if 6 < period < 60 and row.std() > 20 else -5.0
    return {OUTPUT: np.array([[math.log2(period / MIDDLE_WIDTH), math.log(0.05), logit]], np.float32)}


class Stripes(ScaleModel):
    """A scale model whose graph reads stripes; it counts windows."""

    def __init__(self) -> None:
        self._graph = self  # type: ignore[assignment]
        self.windows = 0

    def run(self, inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        self.windows += 1
        return read_stripes(inputs[INPUT])


@pytest.mark.parametrize("shape", [(224, 224), (480, 640), (1500, 2000), (3000, 4000)])
@pytest.mark.parametrize("width", [9.0, 15.0, 40.0, 75.0])
def test_the_pixel_size_follows_from_the_width_of_red_cells_in_a_field_of_any_size(shape, width):
    size = Stripes().estimate(stripes(shape[0], shape[1], width))
    assert size.um == pytest.approx(RED_CELL_UM / width, rel=0.1)
    assert size.source == PixelSizeSource.LEARNED
    assert 0.05 < size.relative_error < 0.3


def test_a_field_of_fifty_megapixels_takes_as_many_windows_as_a_small_one():
    small, large = Stripes(), Stripes()
    small.estimate(stripes(900, 1200, 20.0))
    large.estimate(stripes(6000, 8000, 130.0))
    assert large.windows <= small.windows + 8


@pytest.mark.parametrize("shape", [(64, 64), (224, 224), (3000, 4000)])
def test_a_field_without_red_cells_has_no_pixel_size(shape):
    assert Stripes().estimate(np.full((*shape, 3), 230, np.uint8)) == UNKNOWN_PIXEL_SIZE


def test_a_field_with_red_cells_of_two_widths_has_no_pixel_size():
    halves = np.vstack([stripes(800, 1600, 12.0), stripes(800, 1600, 36.0)])
    assert Stripes().estimate(halves) == UNKNOWN_PIXEL_SIZE


def test_windows_lie_in_the_usable_area():
    image = stripes(600, 800, 10.0)
    usable = np.zeros((60, 80), bool)
    usable[20:50, 30:70] = True
    windows = choose_windows(image, usable, 120, 6)
    assert windows
    for left, top, side in windows:
        inside = usable[top // 10 : (top + side) // 10, left // 10 : (left + side) // 10]
        assert inside.mean() > 0.6


def test_windows_are_where_there_is_something_to_see():
    image = np.full((600, 800, 3), 240, np.uint8)
    image[300:500, 500:700] = stripes(200, 200, 10.0)
    (window,) = choose_windows(image, None, 200, 1)
    assert window.left >= 400 and window.top >= 200


def test_windows_differ_and_lie_inside_the_image():
    windows = choose_windows(stripes(500, 700, 20.0), None, 160, 6)
    assert len(set(windows)) == len(windows) == 6
    assert all(left >= 0 and left + side <= 700 and top >= 0 and top + side <= 500 for left, top, side in windows)


def test_a_square_image_has_one_window_of_its_size():
    assert choose_windows(stripes(224, 224, 10.0), None, 224, 4) == ((0, 0, 224),)


@pytest.mark.parametrize("content", [b"", b"no graph"])
def test_a_file_that_is_no_graph_is_refused(tmp_path, content):
    (tmp_path / "scale.tflite").write_bytes(content)
    with pytest.raises(DamagedPackage):
        ScaleModel(tmp_path / "scale.tflite", threads=1)


def test_another_graph_is_refused():
    with pytest.raises(DamagedPackage, match="not a scale model"):
        ScaleModel(Path(SHIPPED) / "model.tflite", threads=1)
