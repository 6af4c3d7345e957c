"""Judgement of prediction sets, and colours of the confusion matrix."""

import numpy as np
import pytest

from blastlens.training.evaluation.plots import colour_confusion
from blastlens.training.evaluation.set_size import describe_useless_sets


@pytest.mark.parametrize(("mean_size", "classes"), [(4.0, 4), (3.3, 4), (2.0, 2), (1.8, 2)])
def test_sets_of_nearly_all_classes_are_useless(mean_size, classes):
    sentence = describe_useless_sets(mean_size, classes)
    assert sentence == f"The prediction sets are useless: they hold {mean_size:.1f} of {classes} classes on average."


@pytest.mark.parametrize(("mean_size", "classes"), [(1.0, 4), (3.0, 4), (1.0, 2), (1.5, 2), (None, 4), (np.nan, 4)])
def test_other_sets_are_not_called_so(mean_size, classes):
    assert describe_useless_sets(mean_size, classes) is None


def test_zeros_of_a_confusion_matrix_are_white_and_rejected_images_grey():
    colours = colour_confusion(np.array([[90, 1, 9], [0, 0, 10]]))
    white = (colours == 1).all(axis=2)
    assert white.tolist() == [[False, False, False], [True, True, False]]
    grey = np.ptp(colours, axis=2) == 0
    assert grey[:, -1].all() and not grey[0, :2].any()
    assert colours[1, 2, 0] < colours[0, 2, 0] < 1
    assert colours[0, 0].mean() < colours[0, 1].mean()
