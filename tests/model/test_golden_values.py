"""Golden values, which a refactoring must not change.

Probabilities may differ between processors by rounding.
"""

import pytest

from tests.effort import in_soak
from tests.model import golden_values
from tests.model.golden_values import stored


def same_answers(found, wanted):
    for package, answers in wanted.items():
        pairs = answers.items() if isinstance(answers, dict) else enumerate(answers)
        for key, answer in pairs:
            now = found[package][key]
            assert {k: v for k, v in now.items() if k != "probabilities"} == {
                k: v for k, v in answer.items() if k != "probabilities"
            }, (package, key)
            assert now.get("probabilities", []) == pytest.approx(answer.get("probabilities", []), abs=1e-3)


def test_both_packages_answer_drawn_smears_as_before():
    same_answers(golden_values.answers_on_drawn_smears(), stored("answers_on_drawn_smears"))


def test_both_packages_answer_real_images_as_before(data_folder):
    same_answers(golden_values.answers_on_real_images(data_folder), stored("answers_on_real_images"))


def test_every_kind_of_split_has_the_parts_that_it_had():
    assert golden_values.splits_of_drawn_smears() == stored("splits_of_drawn_smears")


def test_every_kind_of_split_of_real_images_has_the_parts_that_it_had(data_folder):
    assert golden_values.splits_of_real_images(data_folder) == stored("splits_of_real_images")


def test_seeds_draw_the_images_that_they_drew():
    found, wanted = golden_values.draws(), stored("draws")
    assert found.keys() == wanted.keys()
    for name, means in wanted.items():
        assert found[name] == pytest.approx(means, abs=0.05), name


@in_soak
@pytest.mark.slow
@pytest.mark.timeout(900)
def test_small_trainings_of_every_kind_of_stage_end_where_they_ended():
    found, wanted = golden_values.small_trainings_in_two_threads(), stored("small_trainings")
    assert found.keys() == wanted.keys()
    for name, probabilities in found.items():
        for now, before in zip(probabilities, wanted[name], strict=True):
            assert now == pytest.approx(before, abs=0.02), name
