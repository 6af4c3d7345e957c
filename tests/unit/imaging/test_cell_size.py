import numpy as np
import pytest

from blastlens.imaging.cell_size import measure_cell_width
from blastlens.imaging.synthetic import draw_smear


def discs(side: int, diameter: float, number: int) -> np.ndarray:
    """A square mask with `number` by `number` discs."""
    middles = (np.arange(number) + 0.5) * side / number
    axis = np.arange(side) + 0.5
    nearest = np.abs(axis[:, None] - middles).min(axis=1)
    return np.asarray(np.hypot(nearest[:, None], nearest[None, :]) < diameter / 2)


@pytest.mark.parametrize("share", [0.03, 0.06, 0.12])
def test_the_width_of_cells_grows_with_their_diameter(share):
    width = measure_cell_width(discs(448, 448 * share, 4))
    assert 0.45 * share < width < 0.75 * share  # a quantile of the depths, not the deepest


def test_the_width_does_not_depend_on_the_resolution_of_the_file():
    widths = [measure_cell_width(discs(side, side * 0.1, 4)) for side in (224, 448, 1344)]
    assert widths == pytest.approx([widths[0]] * 3, rel=0.05)


def test_a_field_twice_as_wide_has_cells_half_as_wide():
    mask = draw_smear(1).mask
    assert measure_cell_width(np.tile(mask, (2, 2))) == pytest.approx(measure_cell_width(mask) / 2, rel=0.1)


def test_a_field_without_stained_cells_has_the_width_zero():
    assert measure_cell_width(np.zeros((100, 200), bool)) == 0.0


def test_a_field_that_is_stained_all_over_is_as_wide_as_the_field():
    assert measure_cell_width(np.ones((300, 400), bool)) > 0.4
