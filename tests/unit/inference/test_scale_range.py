import math

import pytest

from blastlens.domain.errors import Reason, UploadRefused
from blastlens.domain.field import UNKNOWN_PIXEL_SIZE, PixelSize, PixelSizeSource
from blastlens.inference.scale_range import check_range, choose_reading_size, is_certain

RANGE = (0.05, 1.0)


def size(um: float, error: float = 0.2) -> PixelSize:
    return PixelSize(um, PixelSizeSource.LEARNED, error)


@pytest.mark.parametrize(
    ("given", "side", "reason"),
    [
        (UNKNOWN_PIXEL_SIZE, 500, Reason.SCALE_UNKNOWN),
        (size(1.1), 500, Reason.MAGNIFICATION_TOO_LOW),
        (size(0.04), 5000, Reason.MAGNIFICATION_TOO_HIGH),
        (size(0.1), 200, Reason.MAGNIFICATION_TOO_HIGH),
    ],
    ids=["unknown", "low", "high", "narrow"],
)
def test_a_field_outside_the_evaluated_range_is_refused_with_what_to_do(given, side, reason):
    with pytest.raises(UploadRefused) as refused:
        check_range(given, RANGE, side)
    assert refused.value.reason is reason
    assert "take it again" in refused.value.message


def test_a_field_within_the_range_has_its_pixel_size():
    check_range(size(0.5), RANGE, 224)


@pytest.mark.parametrize(
    ("given", "read_at"),
    [
        (size(0.5), 0.5),
        (size(0.42), 0.5),
        (size(0.58), 0.5),
        (size(0.9), 0.9),
        (size(0.1), 0.1),
        (PixelSize(0.45, PixelSizeSource.DEVICE, 0.05), 0.45),
        (PixelSize(0.35, PixelSizeSource.NUCLEI, 0.5), 0.5),
    ],
)
def test_a_field_that_may_be_at_the_home_scale_is_read_at_it(given, read_at):
    assert choose_reading_size(given) == pytest.approx(read_at)


def test_a_pixel_size_is_certain_where_it_is_exact_and_within_the_range_whatever_its_error():
    assert is_certain(size(0.5), RANGE, 0.4)
    assert not is_certain(size(0.5, 0.5), RANGE, 0.4)
    assert not is_certain(size(0.95), RANGE, 0.4)
    assert not is_certain(size(0.055), RANGE, 0.4)
    assert not is_certain(PixelSize(None, PixelSizeSource.UNKNOWN, math.inf), RANGE, 0.4)
