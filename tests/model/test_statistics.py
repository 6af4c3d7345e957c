"""Out-of-distribution statistics of drawn features."""

import numpy as np
import pytest

from blastlens.inference.distance import Statistics
from blastlens.training.packaging.ood_statistics import fit_distance, fit_statistics, tail_limit

CLASSES, FEATURES = 4, 40


def draw(count: int, seed: int, spread: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Draw features around four class means; the last three features are dead.

    They vary in a few directions.
    """
    means = 6 + np.random.default_rng(1).normal(0, 2, (CLASSES, FEATURES))
    mixing = np.random.default_rng(2).normal(0, 1, (6, FEATURES))
    chance = np.random.default_rng(seed)
    classes = chance.integers(0, CLASSES, count)
    features = means[classes] + spread * (
        chance.normal(0, 1, (count, 6)) @ mixing + chance.normal(0, 0.2, means[classes].shape)
    )
    features[:, -3:] = 0.0
    return features.astype(np.float32), classes


@pytest.fixture(scope="module")
def fitted(tmp_path_factory):
    features, classes = draw(800, seed=3)
    data, limit = fit_distance(features, classes, draw(300, seed=4)[0])
    file = tmp_path_factory.mktemp("fitted") / "distance.npz"
    file.write_bytes(data)
    return Statistics.load(file), limit


def refused(fitted, features) -> float:
    statistics, limit = fitted
    return float(np.mean([statistics.measure(each).exceeds(limit) for each in features]))


def test_hardly_any_image_like_the_calibration_images_is_refused(fitted):
    assert refused(fitted, draw(4000, seed=5)[0]) <= 0.006


def test_no_calibration_image_itself_is_refused(fitted):
    assert refused(fitted, draw(300, seed=4)[0]) == 0


def test_what_varies_in_another_direction_is_refused(fitted):
    features = draw(200, seed=6)[0]
    other = np.random.default_rng(7).normal(0, 4, features.shape).astype(np.float32)
    assert refused(fitted, features + other) >= 0.99


def test_what_lies_between_the_classes_at_a_distance_from_all_is_refused(fitted):
    assert refused(fitted, draw(200, seed=8, spread=12.0)[0]) >= 0.9


def test_a_dead_feature_that_comes_alive_is_far_but_never_without_a_number(fitted):
    features = draw(50, seed=9)[0]
    features[:, -3:] = 30.0
    assert refused(fitted, features) == 1
    assert all(np.isfinite(fitted[0].measure(each)).all() for each in features)


def test_a_distance_of_about_one_is_usual(fitted):
    features, classes = draw(800, seed=3)
    statistics = fit_statistics(features, classes)
    distances = np.array([statistics.measure(each) for each in features])
    assert np.median(distances[:, 0]) == pytest.approx(1.0, abs=0.35)


@pytest.mark.parametrize("value", [0.0, 5.0])
def test_features_that_never_vary_have_finite_statistics_and_a_limit(value):
    constant = np.full((40, 16), value, np.float32)
    data, limit = fit_distance(constant, np.arange(40) % CLASSES, constant)
    assert len(data) < 20_000
    assert 0 < limit.mahalanobis < np.inf and 0 < limit.residual < np.inf
    statistics = fit_statistics(constant, np.arange(40) % CLASSES)
    assert all(np.isfinite(array).all() for array in vars(statistics).values())
    assert not statistics.measure(constant[0]).exceeds(limit)


def test_a_wide_model_has_a_file_below_a_megabyte():
    features = np.random.default_rng(0).random((300, 1536)).astype(np.float32)
    data, _ = fit_distance(features, np.arange(300) % CLASSES, features[:50])
    assert len(data) < 1_000_000


def test_the_same_features_have_the_same_bytes_and_limit():
    features, classes = draw(200, seed=3)
    assert fit_distance(features, classes, features) == fit_distance(features, classes, features)


def test_a_limit_is_above_all_distances_and_falls_as_more_may_be_rejected():
    distances = np.random.default_rng(0).exponential(1.0, 300)
    limits = [tail_limit(distances, share) for share in (0.0001, 0.001, 0.01)]
    assert limits == sorted(limits, reverse=True)
    assert min(limits) > distances.max()


def test_a_limit_of_an_exponential_tail_is_near_the_true_one():
    limits = [tail_limit(np.random.default_rng(seed).exponential(1.0, 300), 0.001) for seed in range(20)]
    assert np.median(limits) == pytest.approx(-np.log(0.001), rel=0.25)
