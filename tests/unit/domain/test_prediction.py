import math

import pytest

from blastlens.domain.errors import Reason, UploadRefused
from blastlens.domain.labels import LABELS, SCREENING_LABELS, Label
from blastlens.domain.prediction import Prediction, Rejection
from tests.answers import MODEL, QUALITY, prediction, screening


def made_of(probabilities, label=Label.BENIGN, prediction_set=(Label.BENIGN,)):
    return Prediction(label, probabilities, prediction_set, QUALITY, MODEL)


def test_probabilities_cover_every_label_in_the_models_order():
    scrambled = dict.fromkeys(reversed(LABELS), 0.25)
    assert tuple(made_of(scrambled).probabilities) == made_of(scrambled).labels == LABELS


def test_a_screening_prediction_covers_only_benign_and_malignant():
    answer = made_of({Label.MALIGNANT: 0.1, Label.BENIGN: 0.9})
    assert tuple(answer.probabilities.items()) == ((Label.BENIGN, 0.9), (Label.MALIGNANT, 0.1))
    assert answer.labels == SCREENING_LABELS


def test_a_prediction_shows_which_of_the_two_models_made_it():
    assert screening().is_screening
    assert not prediction().is_screening


def test_a_screened_malignant_image_is_malignant():
    assert screening(Label.MALIGNANT).is_malignant
    assert not screening(Label.BENIGN).is_malignant


@pytest.mark.parametrize(
    "labels",
    [LABELS[:1], LABELS[:3], (Label.BENIGN, Label.PRE_B), (*LABELS, Label.MALIGNANT)],
    ids=["one", "one missing", "another pair", "both sets at once"],
)
def test_probabilities_over_an_unknown_set_of_labels_are_refused(labels: tuple[Label, ...]):
    with pytest.raises(ValueError, match="not a known set of labels"):
        made_of(dict.fromkeys(labels, 1 / len(labels)))


def test_two_probabilities_that_do_not_sum_to_1_are_refused():
    with pytest.raises(ValueError, match="not a distribution"):
        made_of({Label.BENIGN: 0.9, Label.MALIGNANT: 0.2})


def test_a_screening_prediction_names_no_kind_of_leukemia():
    with pytest.raises(ValueError, match="without a probability"):
        made_of(dict.fromkeys(SCREENING_LABELS, 0.5), prediction_set=(Label.BENIGN, Label.PRE_B))


@pytest.mark.parametrize(
    "values",
    [(0.5, 0.5, 0.5, 0.5), (0.5, 0.2, 0.2, 0.0), (1.5, -0.5, 0.0, 0.0), (math.nan, 0.5, 0.5, 0.0)],
    ids=["too much", "too little", "outside of 0 to 1", "not a number"],
)
def test_values_that_are_not_a_distribution_over_the_labels_are_refused(values: tuple[float, ...]):
    with pytest.raises(ValueError, match="not a distribution"):
        made_of(dict(zip(LABELS, values, strict=True)))


def test_the_prediction_set_holds_the_label():
    with pytest.raises(ValueError, match="lacks the label"):
        made_of(dict.fromkeys(LABELS, 0.25), prediction_set=(Label.PRO_B,))


def test_a_prediction_cannot_be_changed():
    with pytest.raises(TypeError):
        prediction().probabilities[Label.BENIGN] = 1.0  # type: ignore[index]


def test_a_single_label_is_certain_and_two_are_not():
    assert prediction(Label.PRE_B).is_certain
    assert not prediction(Label.PRE_B, (Label.PRO_B,)).is_certain


def test_every_class_but_benign_is_malignant():
    assert [label for label in LABELS if not prediction(label).is_malignant] == [Label.BENIGN]


def test_a_rejection_has_reason_and_message_of_the_refusal():
    refusal = UploadRefused(Reason.TOO_DARK, "The image is too dark: open the diaphragm.")
    assert Rejection.from_refusal(refusal, MODEL) == Rejection(Reason.TOO_DARK, refusal.message, MODEL, None)
