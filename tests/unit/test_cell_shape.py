import cv2
import numpy as np

from docs.measure_cell_shape import nuclei


def mask_of(*ellipses):
    drawn = np.zeros((200, 200), np.uint8)
    for centre, axes in ellipses:
        cv2.ellipse(drawn, centre, axes, 0, 0, 360, 1, -1)
    return drawn > 0


def test_a_nucleus_that_is_higher_than_wide_measures_so():
    assert [round(shape, 1) for shape in nuclei(mask_of(((60, 60), (20, 28)), ((140, 140), (30, 30))))] == [1.4, 1.0]


def test_cells_that_touch_lie_at_the_edge_or_are_specks_are_not_measured():
    touching = ((60, 60), (20, 20)), ((99, 60), (20, 20))
    assert not list(nuclei(mask_of(*touching, ((5, 150), (20, 20)), ((150, 150), (3, 3)))))
