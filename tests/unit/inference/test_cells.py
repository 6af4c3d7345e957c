"""Choice of white cells among proposals."""

import numpy as np

from blastlens.imaging.white_cells import CellBox, Proposal
from blastlens.inference.cells import CELL_CLASSES, NOT_WHITE, OTHER_WHITE, choose_white_cells


def region(x: float, diameter: float) -> Proposal:
    """Return a proposal at (x, 50)."""
    return Proposal((x, 50.0), CellBox(int(x), 50, 10, 10), np.zeros((4, 2), np.int32), diameter)


def sure(*names: str) -> np.ndarray:
    """Return the probabilities of proposals that are surely something."""
    return np.eye(len(CELL_CLASSES))[[CELL_CLASSES.index(name) for name in names]]


def test_what_is_not_a_white_cell_is_left_out():
    assert choose_white_cells([region(10, 20), region(60, 20)], sure(NOT_WHITE, "pre_b")).tolist() == [1]


def test_the_lobes_of_one_nucleus_count_once():
    lobes = [region(10, 11), region(21, 13), region(34, 12), region(90, 12)]
    assert choose_white_cells(lobes, sure(*[OTHER_WHITE] * 4)).tolist() == [1, 3]


def test_blasts_that_touch_count_each():
    assert choose_white_cells([region(10, 13), region(22, 13)], sure("pro_b", "pro_b")).tolist() == [0, 1]


def test_a_field_without_proposals_has_no_white_cells():
    assert choose_white_cells([], np.zeros((0, 6))).tolist() == []
