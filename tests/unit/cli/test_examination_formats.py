from dataclasses import replace
from pathlib import Path

import pytest
from rich.markup import render

from blastlens.cli.examination_formats import ExaminedFields, format_examination, to_plain_examination
from blastlens.domain.errors import Reason
from blastlens.domain.examination_answer import answer_examination
from blastlens.domain.field import FieldSummary
from blastlens.domain.labels import LABELS
from blastlens.domain.prediction import Answer, Prediction
from tests.answers import MODEL, field_summary, prediction, rejection
from tests.tiny_field import EXAMINATION

BENIGN, EARLY, PRE, PRO = LABELS


def field(*labels, cells: int = 20, blasts: int = 0) -> Prediction:
    """A field whose prediction set is `labels`."""
    given = prediction(labels[0], labels[1:])
    summary = FieldSummary(field_summary().pixel_size, 1, cells, blasts=blasts)
    return Prediction(given.label, given.probabilities, given.prediction_set, given.quality, MODEL, summary)


def examination(*answers: Answer) -> ExaminedFields:
    """An examination of files 0.jpg, 1.jpg and so on."""
    fields = [(Path("smear") / f"{number}.jpg", answer) for number, answer in enumerate(answers)]
    read = [answer for answer in answers if isinstance(answer, Prediction)]
    return ExaminedFields(fields, answer_examination(read, EXAMINATION), EXAMINATION, MODEL)


def text_of(*answers: Answer, width: int | None = None) -> str:
    return render(format_examination(examination(*answers), width)).plain


def test_a_contradiction_is_told_with_the_files_to_look_at_first():
    text = text_of(*[field(BENIGN)] * 5, field(PRE, blasts=15), field(PRE, blasts=15))
    assert "7 of 7 read: 2 leukemia, 5 benign" in text
    assert "Uncertain: have it read first" in text
    assert "2 fields show leukemia alone, 5 benign alone; look at 5.jpg, 6.jpg first" in text
    assert to_plain_examination(examination(field(BENIGN), field(PRE)))["contradicts"] is True


def test_a_long_list_of_files_is_shortened():
    text = text_of(*[field(BENIGN)] * 9, *[field(PRE, blasts=15)] * 8)
    assert "look at 9.jpg, 10.jpg, 11.jpg, 12.jpg, 13.jpg and 3 more first" in text


def test_too_many_blasts_are_told_beside_their_share():
    text = text_of(*[field(BENIGN, blasts=4)] * 5)
    assert "20 look like blasts: 20 % (95 % interval 13 % to 29 %); more than benign smears show" in text
    assert "more than benign" not in text_of(*[field(BENIGN)] * 5)


@pytest.mark.parametrize(
    ("cells", "sentence"),
    [
        (19, "1 more white cell is needed (19 of 20): about 1 more field like these"),
        (5, "15 more white cells are needed (5 of 20): about 3 more fields like these"),
        (0, "20 more white cells are needed (0 of 20): take fields with white cells"),
    ],
)
def test_missing_cells_are_told_in_cells_and_in_fields(cells, sentence):
    assert sentence in text_of(field(BENIGN, cells=cells))


def test_a_large_number_of_missing_cells_is_rounded_up():
    one, constants = field(BENIGN, cells=7), replace(EXAMINATION, least_white_cells=64)
    few = ExaminedFields([(Path("0.jpg"), one)], answer_examination([one], constants), constants, MODEL)
    assert "about 60 more white cells are needed (7 of 64)" in render(format_examination(few)).plain


def test_benign_is_no_answer_where_cells_are_missing_and_a_suspicion_is_told_at_once():
    calm, suspicious = text_of(field(BENIGN, cells=3)), text_of(field(PRE, cells=3, blasts=3))
    assert "None yet: too few white cells" in calm and "Benign (hematogones)" not in calm and "97%" not in calm
    assert "Leukemia is not excluded: have these fields read now" in suspicious
    assert "not excluded" not in calm


def test_rejections_are_grouped_by_reason_with_the_sentence_that_helps():
    text = text_of(field(PRE, cells=30, blasts=30), rejection(), rejection(), rejection(Reason.TOO_DARK))
    assert "1 of 4 read: 1 leukemia" in text
    assert "2 blurred: 1.jpg, 2.jpg" in text and "1 too_dark: 3.jpg" in text
    assert "The image is blurred: focus again." in text


def test_lines_fit_a_narrow_terminal():
    text = text_of(*[field(BENIGN)] * 9, *[field(PRE, blasts=15)] * 8, rejection(), width=60)
    assert max(map(len, text.splitlines())) <= 60


def test_a_names_markup_and_control_characters_are_shown_and_not_obeyed():
    given = examination(field(PRE, cells=30, blasts=30), rejection())
    fields = [(Path("[red]\x1b[2J.jpg"), answer) for _, answer in given.fields]
    odd = ExaminedFields(fields, given.answer, given.constants, MODEL)
    assert r"[red]\x1b[2J.jpg" in render(format_examination(odd)).plain
