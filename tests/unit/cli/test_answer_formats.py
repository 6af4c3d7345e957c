import json
from dataclasses import replace

import pytest
from rich.console import Group
from rich.markup import render

from blastlens.cli.answer_formats import format_answer, to_plain_answer
from blastlens.cli.demo_view import _bars
from blastlens.domain.field import Caution
from blastlens.domain.labels import LABELS, SCREENING_LABELS, WORDS, Label
from blastlens.domain.prediction import Prediction
from tests.answers import field_summary, prediction, rejection, screening

SUBTYPES = ("Early", "Pre", "Pro")


def shown(answer):
    return render(format_answer("smear.png", answer)).plain


def test_the_line_of_an_answer_names_its_class_and_every_class_with_its_percentage():
    line = shown(prediction(Label.PRE_B))
    assert line.startswith("Pre-B ALL")
    assert [word for word in line.split() if word.endswith("%")] == ["1%", "1%", "97%", "1%"]
    assert "smear.png" in line and "uncertain" not in line


def test_the_line_of_a_screened_image_shows_two_percentages_and_no_kind_of_leukemia():
    line = shown(screening(Label.MALIGNANT))
    assert line.startswith("Malignant (acute lymphoblastic leukemia)")
    assert [word for word in line.split() if word.endswith("%")] == ["3%", "97%"]
    assert not any(kind in line for kind in SUBTYPES)


def test_an_uncertain_screened_image_is_to_be_read_first():
    assert "Uncertain: have it read first" in shown(screening(Label.BENIGN, (Label.MALIGNANT,), 0.6))


@pytest.mark.parametrize("width", [None, 64, 200])
@pytest.mark.parametrize("answer", [prediction(Label.BENIGN, (Label.PRO_B,)), rejection()])
def test_the_last_row_of_an_answer_says_why_it_is_open_and_what_was_left_out(answer, width: int | None):
    field = field_summary(Caution.FEW_CELLS, Caution.AREA_LEFT_OUT)
    rows = render(format_answer("smear.png", replace(answer, field=field), width)).plain.splitlines()
    assert rows[-1] == "          note: few white cells (24), borders or text left out"


def test_every_caution_has_words_for_a_terminal():
    row = shown(replace(prediction(), field=field_summary(*Caution))).splitlines()[-1]
    assert row.count(", ") >= len(Caution) - 1


def test_an_answer_without_cautions_has_no_row_more():
    assert shown(replace(prediction(), field=field_summary())) == shown(prediction())


@pytest.mark.parametrize("answers", [[prediction(x) for x in LABELS], [screening(x) for x in SCREENING_LABELS]])
def test_the_lines_of_one_model_stand_under_each_other(answers):
    assert len({shown(answer).index(WORDS[Label.BENIGN].short + " ", 15) for answer in answers}) == 1


def test_the_demo_draws_a_bar_for_each_class_that_the_model_knows():
    for answer in (prediction(), screening()):
        bars = _bars(answer.probabilities)
        assert isinstance(bars, Group)
        assert [str(bar).split()[0] for bar in bars.renderables] == [WORDS[x].short for x in answer.labels]


@pytest.mark.parametrize("answer", [prediction(Label.PRO_B, (Label.BENIGN,)), screening(Label.MALIGNANT)])
def test_a_prediction_can_be_made_again_of_its_json(answer):
    read = json.loads(json.dumps(to_plain_answer("smear.png", answer)))
    again = Prediction(
        Label(read["label"]),
        {Label(name): value for name, value in read["probabilities"].items()},
        tuple(Label(name) for name in read["prediction_set"]),
        answer.quality,
        answer.model,
    )
    assert again == answer
