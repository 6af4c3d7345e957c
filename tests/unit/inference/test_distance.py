import math
from dataclasses import replace

import numpy as np
import pytest

from blastlens.domain.errors import DamagedPackage
from blastlens.inference.distance import Distance, Statistics
from blastlens.inference.manifest import DistanceLimit
from tests.tiny_package import statistics

LIMIT = DistanceLimit(mahalanobis=3.0, residual=2.0)
PLAIN = replace(statistics(), mean=np.zeros(6, np.float32), scale=np.full(6, 0.1, np.float32))
"""Keeps the first four of six directions, in steps of a tenth of the features' length; all classes lie at zero."""


def features(*values: float) -> np.ndarray:
    return np.array(values, np.float32)


def test_what_lies_within_the_kept_directions_is_distance_and_nothing_is_left_over():
    assert PLAIN.measure(features(0.5, 0.5, 0.5, 0.5, 0, 0)) == pytest.approx((5.0, 0.0), abs=1e-5)


def test_what_lies_outside_of_them_is_left_over():
    assert PLAIN.measure(features(0, 0, 0, 0, 0.6, 0.8)) == pytest.approx((0.0, math.sqrt(100 / 6)), abs=1e-5)


def test_the_length_of_the_features_does_not_count_and_none_at_all_is_a_number_too():
    given = features(3, 1, 4, 1, 5, 9)
    assert PLAIN.measure(1000 * given) == pytest.approx(PLAIN.measure(given), rel=1e-5)
    assert np.isfinite(PLAIN.measure(0 * given)).all()


def test_the_nearest_class_counts():
    means = np.array([[5, 5, 5, 5], [-5, -5, -5, -5]], np.float32)
    given = replace(PLAIN, class_means=means)
    assert given.measure(features(-0.5, -0.5, -0.5, -0.5, 0, 0)).mahalanobis == pytest.approx(0.0, abs=1e-5)
    assert given.measure(features(0, 0, 0, 0, 1, 0)).mahalanobis == pytest.approx(5.0)


@pytest.mark.parametrize(
    ("distance", "far"),
    [
        (Distance(3.0, 2.0), False),
        (Distance(3.1, 0.0), True),
        (Distance(0.0, 2.1), True),
        (Distance(math.nan, 0.0), True),
        (Distance(0.0, math.inf), True),
    ],
)
def test_either_distance_beyond_its_limit_is_too_far_and_so_is_nan(distance, far):
    assert distance.exceeds(LIMIT) is far


def test_statistics_come_back_from_their_file(tmp_path):
    (tmp_path / "distance.npz").write_bytes(statistics().to_bytes())
    read = Statistics.load(tmp_path / "distance.npz")
    assert all(
        np.array_equal(ours, theirs)
        for ours, theirs in zip(vars(read).values(), vars(statistics()).values(), strict=True)
    )


def test_the_same_statistics_have_the_same_bytes():
    assert statistics().to_bytes() == statistics().to_bytes()


@pytest.mark.parametrize("data", [b"", b"no arrays", statistics().to_bytes()[:200]], ids=["nothing", "text", "half"])
def test_a_file_without_statistics_is_refused_with_its_name(tmp_path, data):
    (tmp_path / "distance.npz").write_bytes(data)
    with pytest.raises(DamagedPackage, match=r"distance\.npz"):
        Statistics.load(tmp_path / "distance.npz")


def test_arrays_that_do_not_fit_each_other_are_refused(tmp_path):
    wrong = replace(statistics(), mean=np.zeros(5, np.float32))
    (tmp_path / "distance.npz").write_bytes(wrong.to_bytes())
    with pytest.raises(DamagedPackage, match="do not match"):
        Statistics.load(tmp_path / "distance.npz")
