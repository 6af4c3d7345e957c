from dataclasses import replace

import pytest

from blastlens.inference.manifest import FIELDS_AS
from blastlens.inference.package import SCREENING, SHIPPED, load_package
from docs.evaluations import digest_for_fields, load_examinations
from docs.examination_tables import NOT_MEASURED, examinations_sentence, examinations_table, find_examinations
from docs.make_model_card import _fields_as
from tests.tiny_package import manifest

SCORES = {
    "examinations": 200,
    "white_cells": 91.5,
    "accuracy": 0.995,
    "coverage": 0.99,
    "set_size": 1.25,
    "contradictions": 0.1,
    "benign_alone": 2,
    "harmless": 44,
    "benign": 50,
    "insufficient": 0.22,
}
MIXED = {**SCORES, "examinations": 300, "benign_alone": 7, "harmless": 0, "benign": 0}
RUN = {
    "package": {"name": "fusion", "version": "1.0.0", "digest": manifest().identity.digest},
    "constants": {"least_white_cells": 60},
    "validation": {"10 of any staining": SCORES, "all": SCORES, "benign with one field of leukemia": MIXED},
}


def test_each_kind_of_examination_is_a_row():
    rows = examinations_table(RUN).splitlines()
    assert "| 10 of any staining | 200 | 92 | 0.9950 | 0.9900 | 1.2500 | 2 of 150 | 44 of 50 | 22% |" in rows
    # The likeliest label of a mixture is benign, so its accuracy would be read wrongly.
    assert "| benign with one field of leukemia | 300 | 92 |  | 0.9900 | 1.2500 | 7 of 300 |  | 22% |" in rows


def test_the_sentence_says_how_many_leukemias_are_benign_alone():
    sentence = examinations_sentence(RUN)
    assert "with 60 white cells or more" in sentence
    assert "of 150 drawn examinations of leukemia 2 are benign with no other label" in sentence
    assert "7 of 300 are" in sentence


def test_the_scores_of_a_package_are_found_by_its_digest():
    assert find_examinations([{"package": {"digest": "5f"}}, RUN], manifest()) is RUN
    assert find_examinations([], manifest()) is None
    assert (examinations_table(None), examinations_sentence(None)) == (NOT_MEASURED, "not measured.")


@pytest.mark.parametrize("folder", [SHIPPED, SCREENING], ids=lambda folder: folder.name)
def test_a_shipped_package_has_constants_of_examinations_and_their_scores(folder):
    shipped = load_package(folder).manifest
    assert shipped.examination is not None
    run = find_examinations(load_examinations(), shipped)
    assert run is not None
    assert run["constants"] == vars(shipped.examination)
    assert run["validation"] == shipped.measured["validation_examinations"]
    assert run["validation"]["all"]["benign_alone"] == 0


def test_a_package_is_measured_under_its_own_digest_unless_it_answers_fields_as_an_older_one():
    own = manifest()
    assert digest_for_fields(own) == own.identity.digest
    assert "measured with this package" in _fields_as(own)
    older = {"name": "fusion", "version": "0.9.0", "digest": "7a" * 32}
    newer = replace(own, measured={FIELDS_AS: older})
    assert digest_for_fields(newer) == "7a" * 32
    assert "`fusion` 0.9.0" in _fields_as(newer)
