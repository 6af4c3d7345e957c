import math

import pytest

from blastlens.domain.field import UNKNOWN_PIXEL_SIZE, CellKind, PixelSize, PixelSizeSource
from blastlens.domain.labels import LABELS
from tests.answers import prediction, rejection


@pytest.mark.parametrize("um", [0.0, -0.5, math.nan, math.inf])
def test_a_pixel_size_is_a_positive_number(um: float):
    with pytest.raises(ValueError, match="not a positive number"):
        PixelSize(um, PixelSizeSource.METADATA, 0.05)


@pytest.mark.parametrize("relative_error", [-0.1, math.nan])
def test_the_error_of_a_pixel_size_is_a_number_of_at_least_0(relative_error: float):
    with pytest.raises(ValueError, match="relative error"):
        PixelSize(0.5, PixelSizeSource.LEARNED, relative_error)


def test_an_unknown_pixel_size_has_no_value_and_any_error():
    assert PixelSize(None, PixelSizeSource.UNKNOWN, math.inf) == UNKNOWN_PIXEL_SIZE


def test_a_cell_has_a_label_of_the_data_set_or_is_another_white_cell():
    assert [str(kind) for kind in CellKind] == [*map(str, LABELS), "other_white"]


def test_an_answer_to_an_image_read_as_a_whole_has_no_field():
    assert prediction().field is rejection().field is None
