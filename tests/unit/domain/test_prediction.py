import math

import pytest

from blastlens.domain.errors import Reason, UploadRefused
from blastlens.domain.labels import LABELS, Label
from blastlens.domain.prediction import Prediction, Rejection
from tests.answers import MODEL, QUALITY, prediction


def made_of(probabilities, label=Label.BENIGN, prediction_set=(Label.BENIGN,)):
    return Prediction(label, probabilities, prediction_set, QUALITY, MODEL)


def test_probabilities_cover_every_label_in_the_models_order():
    scrambled = dict.fromkeys(reversed(LABELS), 0.25)
    assert tuple(made_of(scrambled).probabilities) == LABELS


@pytest.mark.parametrize(
    "values",
    [(0.5, 0.5, 0.5, 0.5), (0.5, 0.2, 0.2, 0.0), (1.5, -0.5, 0.0, 0.0), (math.nan, 0.5, 0.5, 0.0), (1.0,)],
    ids=["too much", "too little", "outside of 0 to 1", "not a number", "labels missing"],
)
def test_what_is_no_distribution_over_the_labels_is_no_prediction(values: tuple[float, ...]):
    with pytest.raises(ValueError, match="not a distribution"):
        made_of(dict(zip(LABELS, values, strict=False)))


def test_the_prediction_set_holds_the_label():
    with pytest.raises(ValueError, match="lacks the label"):
        made_of(dict.fromkeys(LABELS, 0.25), prediction_set=(Label.PRO_B,))


def test_a_prediction_cannot_be_changed():
    with pytest.raises(TypeError):
        prediction().probabilities[Label.BENIGN] = 1.0  # type: ignore[index]


def test_one_label_alone_is_certain_and_two_are_not():
    assert prediction(Label.PRE_B).is_certain
    assert not prediction(Label.PRE_B, (Label.PRO_B,)).is_certain


def test_every_class_but_benign_is_malignant():
    assert [label for label in LABELS if not prediction(label).is_malignant] == [Label.BENIGN]


def test_a_rejection_says_what_the_refusal_said():
    refusal = UploadRefused(Reason.TOO_DARK, "The image is too dark: open the diaphragm.")
    assert Rejection.of(refusal, MODEL) == Rejection(Reason.TOO_DARK, refusal.message, MODEL, None)
