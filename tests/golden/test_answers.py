"""Committed answers to the drawn fields of the corpus, reproduced by Python."""

import json

import pytest

from tests.golden.corpus import ANSWERS, PACKAGES, answer_all
from tests.golden.effort import FIELDS
from tests.golden.fields import list_fields

MEASURED = ("pixel_size_um", "pixel_size_error")


def test_every_field_of_the_corpus_has_a_name_of_its_own_and_a_committed_answer():
    names = [field.name for field in list_fields()]
    stored = json.loads(ANSWERS.read_text())

    assert len(set(names)) == len(names) >= 60
    assert {package: set(answers) for package, answers in stored.items()} == {
        package: {field.name for field in list_fields() if package in field.packages} for package in PACKAGES
    }


@pytest.mark.parametrize("package", PACKAGES)
def test_fields_are_answered_as_they_were(package):
    stored = json.loads(ANSWERS.read_text())[package]
    for name, found in answer_all(FIELDS, package).items():
        wanted = stored[name]
        for part in ("status", "label", "prediction_set", "reason"):
            assert found[part] == wanted[part], (name, part)
        assert found["probabilities"] == pytest.approx(wanted["probabilities"], abs=1e-3), name
        assert found["quality"] == pytest.approx(wanted["quality"], rel=1e-2, abs=1e-4), name
        _compare_fields(name, found["field"], wanted["field"])


def test_the_corpus_has_certain_answers_of_both_kinds_and_many_reasons_of_refusal():
    answers = json.loads(ANSWERS.read_text())["screening"].values()

    assert {tuple(answer["prediction_set"]) for answer in answers} >= {("benign",), ("malignant",)}
    assert len({answer["reason"] for answer in answers if answer["reason"]}) >= 9
    assert len({caution for answer in answers if answer["field"] for caution in answer["field"]["cautions"]}) >= 7


def _compare_fields(name, found, wanted):
    assert (found is None) == (wanted is None), name
    if found is not None:
        for each in MEASURED:
            assert found[each] == (wanted[each] and pytest.approx(wanted[each], rel=1e-2)), (name, each)
        assert {k: v for k, v in found.items() if k not in MEASURED} == {
            k: v for k, v in wanted.items() if k not in MEASURED
        }, name
