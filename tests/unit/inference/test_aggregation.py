from dataclasses import replace

import numpy as np
import pytest

from blastlens.domain.field import Caution
from blastlens.inference.aggregation import (
    Evidence,
    aggregate,
    combine,
    count_blasts,
    is_named,
    measure_blast_probability,
    windows_alone,
)
from blastlens.inference.cells import CELL_CLASSES
from tests.tiny_field import BENIGN, EARLY, OTHER, PRE, PRO
from tests.tiny_field import SETTINGS as TINY_SETTINGS

SETTINGS = replace(
    TINY_SETTINGS, windows_weight=1.0, half_cells=2.0, set_threshold=0.1, disagreement=0.8, least_benign=0.8, far=1.5
)
CLASSES = ("benign", "early_pre_b", "pre_b", "pro_b", "other_white", "not_white")


def cells(*kinds: int, sure: float = 0.95) -> np.ndarray:
    """Return the cell model's probabilities for cells of these kinds."""
    found = np.full((len(kinds), 6), (1 - sure) / 5)
    found[np.arange(len(kinds)), kinds] = sure
    return found


def windows(*labels: int, sure: float = 0.97) -> np.ndarray:
    found = np.full((len(labels), 4), (1 - sure) / 3)
    found[np.arange(len(labels)), labels] = sure
    return found


def evidence(of_cells: np.ndarray | None, of_windows: np.ndarray, distance: float = 0.5, **other) -> Evidence:
    return Evidence(of_windows, np.full(len(of_windows), distance), of_cells, **other)


def answer(*given, **other):
    return aggregate(evidence(*given, **other), SETTINGS)


def test_the_cell_models_classes_have_the_order_of_the_rule():
    assert CELL_CLASSES == CLASSES


def test_cells_and_windows_that_agree_give_one_label():
    found = answer(cells(*[PRE] * 6), windows(PRE, PRE))
    assert found.prediction_set == (PRE,)
    assert found.probabilities[PRE] > 0.95
    assert found.cautions == ()


def test_more_cells_count_more():
    few, many = (combine(evidence(cells(*[PRE] * n), windows(EARLY, sure=0.4)), SETTINGS)[PRE] for n in (1, 20))
    assert few < many


@pytest.mark.parametrize("number", [1, 5, 100])
def test_a_field_whose_white_cells_are_all_other_has_every_label(number):
    found = answer(cells(*[OTHER] * number), windows(BENIGN, sure=0.999))
    assert sorted(found.prediction_set) == [BENIGN, EARLY, PRE, PRO]
    assert found.cautions == (Caution.UNNAMED_CELLS,)
    assert found.probabilities[BENIGN] <= 0.56
    assert found.probabilities.min() >= 0.15 - 1e-9
    assert found.probabilities.sum() == pytest.approx(1)


@pytest.mark.parametrize("number", [1, 2])
def test_few_cells_leave_open_whether_it_is_benign(number):
    found = answer(cells(*[BENIGN] * number), windows(BENIGN))
    assert len(found.prediction_set) == 2 and found.prediction_set[0] == BENIGN
    assert found.cautions == (Caution.FEW_CELLS,)
    malignant = answer(cells(*[PRO] * number), windows(PRO))
    assert malignant.prediction_set == (PRO, BENIGN)
    assert malignant.cautions == (Caution.FEW_CELLS,)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"distance": 1.2}, Caution.UNLIKE_TRAINING),
        ({"cautions": (Caution.SCALE_UNCERTAIN,)}, Caution.SCALE_UNCERTAIN),
        ({"cautions": (Caution.SCALES_DISAGREE,)}, Caution.SCALES_DISAGREE),
    ],
    ids=["distance", "scale", "scales"],
)
def test_distance_and_an_uncertain_scale_leave_every_label_open(given, expected):
    found = answer(cells(*[BENIGN] * 9), windows(BENIGN), **given)
    assert len(found.prediction_set) == 4
    assert found.cautions == (expected,)
    assert found.probabilities[BENIGN] < 0.6


def test_a_part_left_out_is_told_and_widens_nothing():
    found = answer(cells(*[BENIGN] * 9), windows(BENIGN), cautions=(Caution.PART_READ, Caution.AREA_LEFT_OUT))
    assert found.prediction_set == (BENIGN,)
    assert found.cautions == (Caution.AREA_LEFT_OUT, Caution.PART_READ)


def test_one_distant_window_of_many_does_not_make_the_field_unlike_training():
    distances = np.array([0.5, 0.6, 9.0])
    found = aggregate(Evidence(windows(PRO, PRO, PRO), distances, cells(*[PRO] * 9)), SETTINGS)
    assert found.prediction_set == (PRO,)


@pytest.mark.parametrize(("by_cells", "by_windows"), [(BENIGN, PRE), (PRE, BENIGN)])
def test_cells_and_windows_that_disagree_about_benign_are_both_in_the_set(by_cells, by_windows):
    found = answer(cells(*[by_cells] * 9), windows(by_windows))
    assert {by_cells, by_windows} <= set(found.prediction_set)
    assert Caution.MODELS_DISAGREE in found.cautions
    assert found.probabilities[[by_cells, by_windows]].min() >= 0.15 - 1e-9


def test_benign_does_not_stand_alone_where_cells_point_to_a_leukemia_however_weakly():
    weak = cells(*[EARLY] * 9, sure=0.4)
    found = answer(weak, windows(BENIGN, sure=0.9999))
    assert {BENIGN, EARLY} <= set(found.prediction_set)
    malignant = answer(cells(*[BENIGN] * 9, sure=0.4), windows(EARLY, sure=0.9999))
    assert malignant.prediction_set == (EARLY,)


def test_benign_does_not_stand_alone_below_its_least_probability():
    of_cells, of_windows = cells(*[BENIGN] * 9, sure=0.5), windows(BENIGN, sure=0.6)
    settings = replace(SETTINGS, set_threshold=0.2, least_benign=0.97)
    assert aggregate(evidence(of_cells, of_windows), replace(settings, least_benign=0.5)).prediction_set == (BENIGN,)
    assert len(aggregate(evidence(of_cells, of_windows), settings).prediction_set) == 2


def test_a_malignant_population_is_not_averaged_away_by_many_normal_cells():
    few = [*[BENIGN] * 200, *[EARLY] * 30]
    found = answer(cells(*few), windows(*[BENIGN] * 9))
    assert BENIGN in found.prediction_set and EARLY in found.prediction_set
    assert found.probabilities[EARLY] >= 0.15 - 1e-9
    as_in_benign_fields = answer(cells(*[BENIGN] * 200, *[EARLY] * 8), windows(*[BENIGN] * 9))
    assert as_in_benign_fields.prediction_set == (BENIGN,)


def test_many_unnamed_cells_do_not_hide_a_malignant_population():
    found = answer(cells(*[OTHER] * 100, *[PRE] * 20), windows(*[BENIGN] * 4))
    assert PRE in found.prediction_set


def test_where_most_white_cells_have_no_name_leukemia_does_not_stand_without_benign():
    found = answer(cells(*[OTHER] * 20, *[PRE] * 5), windows(PRE))
    assert found.prediction_set == (PRE, BENIGN)
    assert found.cautions == (Caution.UNNAMED_CELLS,)
    assert answer(cells(*[OTHER] * 4, *[PRE] * 5), windows(PRE)).prediction_set == (PRE,)


def test_an_overexposed_field_has_every_label():
    assert len(answer(cells(*[PRE] * 9), windows(PRE), is_open=True).prediction_set) == 4


def test_cells_of_a_screening_model_are_benign_or_malignant():
    screening = np.array([[0.02, 0.98]])
    found = answer(cells(*[EARLY, PRE, PRO] * 3), screening)
    assert found.prediction_set == (1,)
    assert len(answer(cells(*[OTHER] * 3), screening).prediction_set) == 2


def test_windows_alone_answer_as_the_single_window_does():
    one = windows(PRE, sure=0.9)
    found = aggregate(evidence(None, one), windows_alone(0.05, 0.99))
    assert found.probabilities == pytest.approx(one[0], abs=1e-12)
    assert found.prediction_set == (PRE,)
    assert aggregate(evidence(None, one, is_open=True), windows_alone(0.05, 0.99)).probabilities == pytest.approx(
        one[0]
    )


def test_a_white_cell_is_named_or_not():
    found = cells(BENIGN, OTHER, PRO)
    assert is_named(found, SETTINGS).tolist() == [True, False, True]
    blast = measure_blast_probability(found)
    assert blast[2] > 0.9 and blast[:2].max() < 0.1
    assert count_blasts(found, SETTINGS) == 1
    assert count_blasts(cells(PRO, PRE, sure=0.5), SETTINGS) == 0  # 0.7 of 0.9 is not enough
    assert count_blasts(np.empty((0, 6)), SETTINGS) == 0


def test_probabilities_and_set_belong_together_whatever_the_evidence():
    draw = np.random.default_rng(0)
    for _ in range(300):
        of_cells = draw.dirichlet(np.full(6, 0.2), draw.integers(0, 12)).reshape(-1, 6)
        of_windows = draw.dirichlet(np.full(4, 0.2), draw.integers(1, 5))
        found = aggregate(evidence(of_cells, of_windows, draw.uniform(0, 1.4)), SETTINGS)
        assert found.probabilities.sum() == pytest.approx(1)
        assert found.prediction_set[0] == found.probabilities.argmax()
        inside = found.probabilities[list(found.prediction_set)]
        assert inside.min() >= 0.099
        if len(found.prediction_set) > 1:
            assert inside[0] < 0.96


@pytest.mark.parametrize("wrong", [{"far": 0.5}, {"floor": 1.5}, {"clip": 0.0}, {"half_cells": float("nan")}])
def test_impossible_settings_are_refused(wrong):
    with pytest.raises(ValueError, match="out of range"):
        replace(SETTINGS, **wrong)
