from dataclasses import replace
from itertools import permutations

import pytest

from blastlens.domain.examination_answer import (
    ExaminationAnswer,
    ExaminationConstants,
    answer_examination,
    combine_fields,
)
from blastlens.domain.field import Caution, FieldSummary, PixelSize, PixelSizeSource
from blastlens.domain.finding import Finding
from blastlens.domain.labels import LABELS, SCREENING_LABELS, Label
from blastlens.domain.prediction import Prediction
from tests.answers import MODEL, QUALITY

BENIGN, EARLY, PRE, PRO = LABELS
SIZE = PixelSize(0.25, PixelSizeSource.RED_CELLS, 0.1)
CONSTANTS = ExaminationConstants(
    least_white_cells=50,
    clip=1e-3,
    correlation=0.2,
    set_threshold=0.05,
    coverage=0.99,
    benign_blasts=0.02,
    significance=0.001,
    open_share=0.5,
    floor=0.15,
)


def field(
    *labels: Label, sure: float = 0.97, cells: int = 20, blasts: int = 0, cautions: tuple[Caution, ...] = ()
) -> Prediction:
    """A field whose prediction set is `labels`, the first of which has the probability `sure`."""
    known = LABELS if set(labels) <= set(LABELS) else SCREENING_LABELS
    rest = (1 - sure) / (len(known) - 1)
    summary = FieldSummary(SIZE, 1, cells, cautions, blasts=blasts)
    probabilities = {label: sure if label is labels[0] else rest for label in known}
    return Prediction(labels[0], probabilities, labels, QUALITY, MODEL, summary)


def answer(*fields: Prediction, **changed) -> ExaminationAnswer:
    found = answer_examination(fields, replace(CONSTANTS, **changed))
    assert found is not None
    return found


def test_without_a_field_that_could_be_read_there_is_no_answer():
    assert answer_examination([], CONSTANTS) is None


def test_fields_that_agree_give_one_label_more_surely_than_any_of_them():
    found = answer(*[field(PRE, sure=0.7, blasts=15)] * 5)
    assert (found.prediction_set, found.finding) == ((PRE,), Finding.LEUKEMIA)
    assert found.probabilities[PRE] > 0.85
    assert sum(found.probabilities.values()) == pytest.approx(1.0)
    assert not found.contradicts


def test_benign_fields_with_the_blasts_of_benign_smears_are_harmless():
    found = answer(*[field(BENIGN, cells=40)] * 4, field(BENIGN, cells=40, blasts=2))
    assert (found.prediction_set, found.finding) == ((BENIGN,), Finding.HARMLESS)
    assert (found.white_cells, found.blasts, found.excess_blasts) == (200, 2, False)
    assert found.blast_share == 0.01


@pytest.mark.parametrize("leukemia", [EARLY, PRE, PRO])
@pytest.mark.parametrize("benign", [1, 5, 49, 199])
def test_one_field_of_leukemia_among_many_benign_ones_is_a_contradiction_and_never_benign_alone(leukemia, benign):
    found = answer(*[field(BENIGN)] * benign, field(leukemia, cells=60, blasts=50))
    assert found.contradicts
    assert found.finding is Finding.UNCERTAIN
    assert set(found.prediction_set) == {BENIGN, leukemia}
    assert found.probabilities[leukemia] >= 0.15 - 1e-9


def test_a_field_that_names_two_leukemias_contradicts_a_benign_one_too():
    found = answer(*[field(BENIGN)] * 9, field(EARLY, PRE, sure=0.6, blasts=8))
    assert found.contradicts and found.finding is Finding.UNCERTAIN
    assert set(found.prediction_set) == {BENIGN, EARLY}


def test_a_field_of_leukemia_keeps_benign_from_standing_alone_where_no_field_says_benign_alone():
    found = answer(*[field(BENIGN, EARLY, sure=0.9)] * 30, field(PRO, blasts=15), open_share=1.0)
    assert not found.contradicts
    assert set(found.prediction_set) == {BENIGN, PRO}


@pytest.mark.parametrize("leukemic", [1, 5, 49])
def test_a_benign_field_among_leukemic_ones_is_shown_in_the_set(leukemic):
    found = answer(*[field(PRE, cells=60, blasts=50)] * leukemic, field(BENIGN))
    assert found.contradicts and found.finding is Finding.UNCERTAIN
    assert set(found.prediction_set) == {BENIGN, PRE}


def test_too_many_cells_that_look_like_blasts_keep_benign_from_standing_alone():
    calm, suspicious = (answer(*[field(BENIGN, cells=25, blasts=blasts)] * 8) for blasts in (0, 2))
    assert calm.finding is Finding.HARMLESS and not calm.excess_blasts
    assert suspicious.excess_blasts and not suspicious.contradicts
    assert suspicious.finding is Finding.UNCERTAIN
    assert suspicious.prediction_set[0] is BENIGN and len(suspicious.prediction_set) == 2
    assert suspicious.probabilities[BENIGN] <= 0.85 + 1e-9


def test_a_cluster_of_blasts_in_one_field_keeps_benign_from_standing_alone():
    uncertain = field(BENIGN, PRE, sure=0.8, cells=12, blasts=4)
    found = answer(*[field(BENIGN, cells=30)] * 40, uncertain)
    assert found.white_cells * CONSTANTS.benign_blasts > found.blasts  # not too many in all fields together
    assert found.excess_blasts and found.finding is Finding.UNCERTAIN
    assert answer(*[field(BENIGN, cells=30)] * 40, field(BENIGN, PRE, sure=0.8, cells=12, blasts=1)).prediction_set == (
        BENIGN,
    )


def test_what_most_fields_cannot_exclude_is_not_excluded_by_their_number():
    found = answer(*[field(*LABELS, sure=0.55, cautions=(Caution.UNLIKE_TRAINING,))] * 50)
    assert set(found.prediction_set) == set(LABELS)
    assert min(found.probabilities.values()) >= 0.15 - 1e-9
    half = answer(*[field(BENIGN)] * 26, *[field(BENIGN, EARLY, sure=0.84)] * 25)
    assert half.prediction_set == (BENIGN,)


def test_fields_with_few_cells_make_up_for_one_another_once_there_are_enough_cells():
    few = field(BENIGN, EARLY, sure=0.85, cells=2, cautions=(Caution.FEW_CELLS,))
    many, short = answer(*[few] * 60), answer(*[few] * 20)
    assert many.finding is Finding.HARMLESS and many.missing_cells == 0
    assert short.missing_cells == 10 and short.suspicion is Finding.UNCERTAIN


def test_with_too_few_white_cells_an_examination_is_insufficient_and_says_how_many_are_missing():
    found = answer(field(PRE, cells=30, blasts=25), field(PRE, cells=5, blasts=5))
    assert (found.finding, found.missing_cells) == (Finding.INSUFFICIENT, 15)
    assert found.suspicion is Finding.LEUKEMIA
    enough = answer(field(PRE, cells=30, blasts=25), field(PRE, cells=20, blasts=15))
    assert (enough.finding, enough.missing_cells) == (Finding.LEUKEMIA, 0)


@pytest.mark.parametrize("given", [(BENIGN,), (PRE,), (BENIGN, EARLY), (EARLY, PRE), LABELS], ids=str)
@pytest.mark.parametrize("cells", [1, 20, 80])
def test_one_field_gives_at_least_the_labels_of_its_own_set(given, cells):
    cautions = (Caution.FEW_CELLS,) if cells == 1 else ()
    found = answer(field(*given, sure=0.6, cells=cells, cautions=cautions), set_threshold=0.3)
    assert set(found.prediction_set) >= set(given)


def test_one_field_keeps_its_probabilities():
    found = answer(field(PRE, sure=0.91, cells=60, blasts=50))
    assert found.probabilities == pytest.approx(field(PRE, sure=0.91).probabilities)


def test_the_order_of_the_fields_does_not_matter():
    fields = [field(BENIGN), field(PRE, blasts=3), field(EARLY, PRE, sure=0.6), field(*LABELS, sure=0.4)]
    answers = [answer(*order) for order in permutations(fields)]
    assert {one.prediction_set for one in answers} == {answers[0].prediction_set}
    assert all(one == answers[0] for one in answers)


def test_copies_of_a_field_say_no_more_than_one_of_it_and_independent_fields_do():
    one, copies, independent = (
        answer(*[field(PRE, sure=0.6, cells=60)] * number, correlation=correlation).probabilities[PRE]
        for number, correlation in ((1, 0.5), (40, 1.0), (40, 0.0))
    )
    assert copies == pytest.approx(one)
    assert independent > 0.999


def test_eleven_fields_with_a_correlation_of_a_tenth_say_as_much_as_five_and_a_half_independent_ones():
    one = field(PRE, sure=0.4).probabilities
    found = combine_fields([field(PRE, sure=0.4)] * 11, replace(CONSTANTS, correlation=0.1))
    assert found[PRE] / found[BENIGN] == pytest.approx((one[PRE] / one[BENIGN]) ** 5.5)


def test_no_single_field_outweighs_all_others():
    found = answer(*[field(EARLY, sure=0.8, blasts=9)] * 6, field(PRO, sure=1.0, blasts=9), correlation=0.0)
    assert found.label is EARLY


def test_a_screening_package_answers_examinations_too():
    screened = [replace(one, probabilities={Label.BENIGN: 0.99, Label.MALIGNANT: 0.01}) for one in [field(BENIGN)] * 4]
    malignant = field(Label.MALIGNANT, sure=0.9, blasts=9)
    found = answer(*screened, malignant)
    assert set(found.prediction_set) == {Label.BENIGN, Label.MALIGNANT}
    assert found.contradicts and found.finding is Finding.UNCERTAIN


def test_the_interval_is_of_all_cells_together():
    found = answer(field(PRE, cells=63, blasts=21), field(PRE, cells=200, blasts=60))
    assert found.blast_interval == pytest.approx((0.2553, 0.3662), abs=1e-4)


def test_five_thousand_fields_are_answered():
    found = answer(*[field(PRO, cells=600, blasts=500)] * 5_000)
    assert (found.white_cells, found.finding) == (3_000_000, Finding.LEUKEMIA)


@pytest.mark.parametrize(
    "changed",
    [
        {"least_white_cells": -1},
        {"clip": 0.0},
        {"correlation": 1.1},
        {"correlation": float("nan")},
        {"set_threshold": -0.1},
        {"coverage": 1.0},
        {"benign_blasts": 2.0},
        {"significance": 0.6},
        {"open_share": -0.5},
        {"floor": 1.5},
    ],
    ids=str,
)
def test_constants_out_of_range_are_refused(changed):
    with pytest.raises(ValueError, match="out of range"):
        replace(CONSTANTS, **changed)
