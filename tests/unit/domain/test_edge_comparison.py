import pytest

from blastlens.domain.edge_comparison import NOTHING_COMPARED, EdgeTotals, compare_fields, disagree
from blastlens.domain.labels import Label
from tests.answers import prediction, rejection, screening, verdict

B, M, PRE, PRO = Label.BENIGN, Label.MALIGNANT, Label.PRE_B, Label.PRO_B
HALF = 0.5


@pytest.mark.parametrize(
    ("edge", "answer", "disagrees"),
    [
        ((B,), prediction(B), False),
        ((M,), prediction(PRE), False),
        ((M,), prediction(PRE, (PRO,)), False),
        ((M, B), prediction(PRE), False),
        ((M,), prediction(PRE, (B,)), False),
        ((B, M), screening(M, (B,)), False),
        ((B,), prediction(PRE), True),
        ((B,), prediction(B, (PRE,)), True),
        ((M,), prediction(B), True),
        ((B, M), prediction(B), True),
    ],
)
def test_two_disagree_where_one_leaves_leukemia_open_and_the_other_does_not(edge, answer, disagrees: bool):
    assert disagree(verdict(*edge), answer) is disagrees


def test_there_is_nothing_to_compare_without_a_verdict_or_without_an_answer():
    assert disagree(None, prediction()) is None
    assert disagree(None, rejection()) is None
    assert disagree(verdict(B), rejection()) is disagree(verdict(M, B), rejection()) is None
    assert compare_fields([(None, prediction()), (verdict(B), rejection())], HALF) == NOTHING_COMPARED


def test_leukemia_that_the_screening_shows_does_not_vanish_with_an_image_that_is_refused():
    assert disagree(verdict(M), rejection()) is True
    others = [(verdict(B), prediction(B))] * 9
    assert compare_fields([(verdict(M), rejection()), *others], HALF) == EdgeTotals(10, 1, True)
    assert compare_fields([(verdict(M), rejection()), (verdict(M), prediction(PRE))], HALF) == EdgeTotals(2, 1, False)
    assert compare_fields([(verdict(M), rejection())], HALF) == EdgeTotals(1, 1, True)


@pytest.mark.parametrize(
    ("fields", "totals"),
    [
        ([(verdict(B), prediction(B))] * 4, EdgeTotals(4, 0, False)),
        # One of several fields that only one of them cannot exclude leukemia in is counted, and marks nothing.
        ([(verdict(B, M), prediction(B)), *[(verdict(B), prediction(B))] * 3], EdgeTotals(4, 1, False)),
        ([(verdict(B, M), prediction(B))], EdgeTotals(1, 1, True)),
        ([(verdict(B), prediction(B, (PRE,)))] * 2 + [(verdict(B), prediction(B))], EdgeTotals(3, 2, True)),
        # A field that shows leukemia alone marks the examination.
        ([(verdict(M), prediction(B)), *[(verdict(B), prediction(B))] * 9], EdgeTotals(10, 1, True)),
        ([(verdict(B), prediction(PRE)), *[(verdict(B), prediction(B))] * 9], EdgeTotals(10, 1, True)),
        # Both leave leukemia open, by different fields: it is read first in either case.
        ([(verdict(M), prediction(B)), (verdict(B), prediction(PRE))], EdgeTotals(2, 2, False)),
        ([(verdict(M), prediction(PRE)), (None, prediction(B)), (verdict(B), rejection())], EdgeTotals(1, 0, False)),
    ],
)
def test_an_examination_is_marked_by_the_rule_of_its_answer(fields, totals: EdgeTotals):
    assert compare_fields(fields, HALF) == totals
    assert compare_fields(fields[::-1], HALF) == totals
