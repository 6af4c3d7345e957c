"""The sheet of misclassified images, and the CSV of predictions."""

import cv2
import numpy as np
import pytest

from blastlens.domain.labels import LABELS, Label
from blastlens.training.data.dataset import Example
from blastlens.training.evaluation.plots import MOST_MISTAKES, draw_mistakes
from blastlens.training.evaluation.predictions import Predictions
from blastlens.training.evaluation.report import write_predictions

RIGHT, UNCERTAIN, CONFIDENT = [0.9, 0.1, 0, 0], [0.4, 0.6, 0, 0], [0.1, 0, 0, 0.9]
GREEN = (0, 255, 0)


@pytest.fixture
def examples(tmp_path):
    """Return what draws benign images, each of one colour of its own (BGR)."""

    def examples(*colours):
        made = []
        for index, colour in enumerate(colours):
            path = tmp_path / f"{index:03}.png"
            cv2.imwrite(str(path), np.full((64, 64, 3), colour, np.uint8))
            made.append(Example(path, Label.BENIGN, f"{index}", ""))
        return made

    return examples


def predictions(*probabilities, rejected=()):
    count = len(probabilities)
    answered = ~np.isin(np.arange(count), rejected)
    values = np.array(probabilities) * answered[:, None]
    return Predictions(
        LABELS, np.zeros(count, np.int64), answered, values, values > 0.05, np.arange(count).astype(str), {}
    )


def colours_in(file):
    """Return how many pixels of the picture have each of the colours."""
    picture = cv2.imread(str(file))
    return lambda colour: int((picture == colour).all(axis=2).sum())


def test_images_classified_rightly_or_rejected_are_not_on_the_sheet(examples, tmp_path):
    answers = predictions(RIGHT, UNCERTAIN, CONFIDENT, rejected=[2])
    sheet = draw_mistakes(answers, examples((255, 0, 0), GREEN, (0, 0, 255)), "drawn", tmp_path / "sheet.png")
    shown = colours_in(sheet)
    assert shown(GREEN) > 1000
    assert shown((255, 0, 0)) == shown((0, 0, 255)) == 0


def test_without_mistakes_no_sheet_is_written(examples, tmp_path):
    assert draw_mistakes(predictions(RIGHT), examples(GREEN), "drawn", tmp_path / "sheet.png") is None
    assert not (tmp_path / "sheet.png").exists()


def test_of_many_mistakes_the_most_confident_are_shown(examples, tmp_path):
    colours = [(0, 0, 255), *[GREEN] * MOST_MISTAKES]
    answers = predictions(UNCERTAIN, *[CONFIDENT] * MOST_MISTAKES)
    shown = colours_in(draw_mistakes(answers, examples(*colours), "drawn", tmp_path / "sheet.png"))
    assert shown(GREEN) > 1000
    assert shown((0, 0, 255)) == 0


def test_a_deleted_image_is_replaced_by_a_note(examples, tmp_path):
    gone = examples(GREEN)
    gone[0].path.unlink()
    assert draw_mistakes(predictions(CONFIDENT), gone, "drawn", tmp_path / "sheet.png") == tmp_path / "sheet.png"
    assert (tmp_path / "sheet.png").is_file()


def test_the_csv_holds_prediction_sets_and_no_folder_of_this_machine(examples, tmp_path):
    lines = write_predictions(
        predictions(RIGHT, UNCERTAIN), examples(GREEN, GREEN), tmp_path / "answers.csv"
    ).read_text()
    first, second = lines.splitlines()[1:]
    assert first.endswith("000.png,benign,benign,0.9000,0.1000,0.0000,0.0000,benign early_pre_b")
    assert second.endswith("001.png,benign,early_pre_b,0.4000,0.6000,0.0000,0.0000,benign early_pre_b")
    assert str(tmp_path.parent) not in lines
