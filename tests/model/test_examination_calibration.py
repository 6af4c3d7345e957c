from dataclasses import replace

import numpy as np
import pytest

from blastlens.domain.errors import InvalidData
from blastlens.domain.examination_answer import answer_examination, count_cells
from blastlens.domain.field import FieldSummary
from blastlens.domain.finding import Finding
from blastlens.domain.labels import LABELS, Label
from blastlens.domain.prediction import Prediction
from blastlens.inference.classifier import Classifier
from blastlens.training.data.dataset import find_examples
from blastlens.training.packaging.examination_calibration import START, find_least_cells, fit_constants
from blastlens.training.packaging.examination_samples import (
    SIZES,
    Drawing,
    LabelledField,
    draw_examinations,
    draw_mixtures,
    read_fields,
)
from blastlens.training.packaging.examination_scores import MIXTURE, score_fields
from tests.answers import MODEL, QUALITY, field_summary
from tests.model.folders import draw_data
from tests.tiny_field import fixed_scale, write_tiny_field

BLASTS = {Label.BENIGN: 0.01, Label.EARLY_PRE_B: 0.4, Label.PRE_B: 0.8, Label.PRO_B: 0.9}


def make_field(generator, label: Label, slide: int, right: float) -> LabelledField:
    """A field of a slide: its staining is the slide's, and it is read rightly with a probability."""
    likely = label if generator.random() < right else LABELS[int(generator.integers(4))]
    sure = float(generator.uniform(0.7, 0.99))
    probabilities = {one: sure if one is likely else (1 - sure) / 3 for one in LABELS}
    cells = int(generator.integers(5, 15))
    summary = FieldSummary(field_summary().pixel_size, 1, cells, blasts=int(generator.binomial(cells, BLASTS[label])))
    found = Prediction(likely, probabilities, (likely,), QUALITY, MODEL, summary)
    stain = slide * np.ones(6) + generator.normal(0, 0.01, 6)
    return LabelledField(found, label, label, f"{label}-{slide}-{int(generator.integers(3))}", stain)


def make_fields(seed: int = 0, right=lambda slide: 0.97) -> list[LabelledField]:
    """Ten slides of each label with six fields each."""
    generator = np.random.default_rng(seed)
    return [
        make_field(generator, label, slide, right(slide)) for label in LABELS for slide in range(10) for _ in range(6)
    ]


@pytest.fixture(scope="module")
def fields() -> list[LabelledField]:
    return make_fields()


def test_an_examination_holds_fields_of_one_label_each_once(fields):
    for each in draw_examinations(fields, draws=3):
        assert len(each.fields) == min(each.size, 60)
        assert len({id(one) for one in each.fields}) == len(each.fields)
        own = {id(field.prediction) for field in fields if field.label is each.label}
        assert {id(one) for one in each.fields} <= own


def test_fields_of_like_staining_are_mostly_of_one_slide_and_others_are_not(fields):
    slides = {id(field.prediction): round(float(field.stain.mean())) for field in fields}
    numbers = {
        drawing: np.mean(
            [
                len({slides[id(one)] for one in each.fields})
                for each in draw_examinations(fields, sizes=(5,), draws=20)
                if each.drawing is drawing
            ]
        )
        for drawing in Drawing
    }
    assert numbers[Drawing.ALIKE] == 1
    assert numbers[Drawing.ANY] > 2


def test_the_same_seed_draws_the_same_and_another_seed_does_not(fields):
    first, again, other = (draw_examinations(fields, draws=2, seed=seed) for seed in (0, 0, 1))
    assert first == again
    assert first != other


def test_one_field_of_a_mixture_is_leukemic_and_its_label_is_the_truth(fields):
    labels = {id(field.prediction): field.label for field in fields}
    drawn = draw_mixtures(fields, draws=5)
    assert {each.size for each in drawn} == set(SIZES[1:])
    for each in drawn:
        found = [labels[id(one)] for one in each.fields]
        assert found.count(Label.BENIGN) == len(found) - 1
        assert each.truth in found and each.truth is not Label.BENIGN
    assert draw_mixtures([field for field in fields if field.label is Label.BENIGN]) == []


def test_fitted_constants_cover_the_truth_and_call_no_leukemia_benign(fields):
    constants = fit_constants(fields)
    scores = score_fields(make_fields(seed=1), constants)
    assert scores["all"]["coverage"] >= 0.985
    assert scores["all"]["benign_alone"] == 0
    assert scores["50 of any staining"]["accuracy"] == 1.0
    assert scores["50 of any staining"]["insufficient"] == 0
    assert scores[MIXTURE]["benign_alone"] <= 0.05 * scores[MIXTURE]["examinations"]
    assert constants.set_threshold <= START.set_threshold


def test_fields_of_a_slide_that_err_together_are_taken_for_more_alike():
    apart = fit_constants(make_fields(right=lambda slide: 0.9))
    together = fit_constants(make_fields(right=lambda slide: 1.0 if slide else 0.0))
    assert together.correlation > apart.correlation


def test_the_share_of_blasts_in_benign_smears_is_the_upper_limit_of_what_was_counted(fields):
    constants = fit_constants(fields)
    cells, blasts = count_cells([field.prediction for field in fields if field.label is Label.BENIGN])
    assert blasts / cells < constants.benign_blasts < 0.05
    benign = [each for each in draw_examinations(fields) if each.truth is Label.BENIGN]
    answers = [answer_examination(each.fields, constants) for each in benign]
    assert np.mean([found is not None and found.excess_blasts for found in answers]) < 0.05


def test_the_least_number_of_cells_shows_a_share_of_blasts_nineteen_times_in_twenty():
    constants = replace(START, benign_blasts=0.03)
    number = find_least_cells(0.2, constants)
    generator = np.random.default_rng(0)
    blasts = generator.binomial(number, 0.2, 4_000)
    fields = {int(count): _short_answer(number, int(count), constants) for count in np.unique(blasts)}
    assert np.mean([fields[int(count)] is not Finding.HARMLESS for count in blasts]) == pytest.approx(0.955, abs=0.02)
    assert find_least_cells(0.5, constants) < number < find_least_cells(0.1, constants)
    assert find_least_cells(0.03, constants) == 200


def _short_answer(cells: int, blasts: int, constants) -> Finding:
    """Return what an examination of one field shows that is benign by its probabilities."""
    given = make_field(np.random.default_rng(0), Label.BENIGN, 0, 1.0).prediction
    found = replace(given, field=FieldSummary(field_summary().pixel_size, 1, cells, blasts=blasts))
    answer = answer_examination([found], constants)
    assert answer is not None
    return answer.suspicion


def test_without_a_field_that_could_be_read_nothing_is_calibrated():
    with pytest.raises(InvalidData, match="cannot be calibrated"):
        fit_constants([])


def test_without_benign_fields_no_number_of_blasts_is_too_many(fields):
    constants = fit_constants([field for field in fields if field.label is not Label.BENIGN])
    assert constants.benign_blasts == 1.0 and constants.least_white_cells == 200


def test_only_fields_that_can_be_read_are_kept(tmp_path):
    data = draw_data(tmp_path / "data", images=2)
    examples = find_examples(data)
    examples[0].path.write_bytes(b"\xff\xd8\xff\xe0 broken")
    with fixed_scale():
        found = read_fields(Classifier(write_tiny_field(tmp_path / "package"), 1), examples)
    assert len(found) == len(examples) - 1
    assert [field.label for field in found] == [example.label for example in examples[1:]]
