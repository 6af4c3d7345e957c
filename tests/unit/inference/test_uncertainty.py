import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blastlens.inference.uncertainty import apply_temperature, prediction_set


def test_temperature_one_changes_nothing():
    probabilities = np.array([0.7, 0.2, 0.06, 0.04])
    assert apply_temperature(probabilities, 1.0) == pytest.approx(probabilities)


def test_a_high_temperature_softens_and_keeps_the_order():
    softened = apply_temperature(np.array([0.9, 0.06, 0.03, 0.01]), 4.0)
    assert softened[0] < 0.9
    assert list(np.argsort(-softened)) == [0, 1, 2, 3]


@given(st.lists(st.floats(0, 1), min_size=4, max_size=4).filter(lambda values: sum(values) > 0), st.floats(0.25, 8))
def test_every_softmax_output_becomes_a_distribution(values, temperature):
    probabilities = np.array(values) / sum(values)
    out = apply_temperature(probabilities, temperature)
    assert np.isfinite(out).all()
    assert out.sum() == pytest.approx(1.0)


def test_the_most_probable_class_is_always_in_the_set():
    assert prediction_set(np.array([0.3, 0.4, 0.2, 0.1]), 0.99) == (1,)


def test_the_set_lists_what_cannot_be_excluded_most_probable_first():
    assert prediction_set(np.array([0.3, 0.4, 0.2, 0.1]), 0.2) == (1, 0, 2)
