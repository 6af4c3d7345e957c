"""Limit of OpenCV's threads."""

import cv2
import pytest

from blastlens.imaging.opencv_threads import limit_opencv_threads


@pytest.fixture
def as_before():
    before = cv2.getNumThreads()
    yield
    cv2.setNumThreads(before)


@pytest.mark.parametrize(("given", "used"), [(0, 1), (1, 1), (2, 2)])
def test_opencv_uses_what_it_was_given_and_at_least_one(as_before, given, used):
    limit_opencv_threads(given)
    assert cv2.getNumThreads() == used
