"""Measured scores in the shipped packages' manifests."""

from dataclasses import replace

import pytest

from blastlens.domain.errors import InvalidData, Reason
from blastlens.domain.labels import LABELS, SCREENING_LABELS, Label
from blastlens.domain.prediction import Prediction, Rejection
from blastlens.inference.classifier import Classifier
from blastlens.inference.manifest import FIELDS_AS, digest_of
from blastlens.inference.package import SCREENING, SHIPPED, load_package
from blastlens.local.demo.smears import drawn_smears
from blastlens.training.data.dataset import find_examples
from blastlens.training.data.leakage import EvaluationSubset, select_examples
from blastlens.training.data.splits import SplitPlan
from tests.effort import sample

MEASURED = load_package(SHIPPED).manifest.measured


def test_it_was_right_on_95_percent_of_the_groups_it_never_saw():
    assert MEASURED["validation"]["accuracy"] >= 0.95


def test_its_label_is_the_float_models_in_99_5_percent_and_its_probabilities_are_within_0_03():
    assert MEASURED["label_agreement"] >= 0.995
    assert MEASURED["largest_difference"] <= 0.03


def test_its_recall_was_measured_for_every_class():
    assert set(MEASURED["validation"]["recall"]) == {str(label) for label in LABELS}


def test_the_screening_package_knows_two_classes_and_a_limit_of_white_and_is_under_4_mb():
    manifest = load_package(SCREENING).manifest
    assert manifest.classes == SCREENING_LABELS
    assert manifest.measured["validation"]["accuracy"] >= 0.95
    assert set(manifest.measured["validation"]["recall"]) == {str(label) for label in SCREENING_LABELS}
    assert manifest.calibration.greatest_white is not None
    assert sum(file.stat().st_size for file in SCREENING.iterdir()) < 4_000_000


@pytest.mark.parametrize("folder", [SHIPPED, SCREENING], ids=lambda folder: folder.name)
def test_the_older_manifest_of_a_shipped_package_still_determines_its_evaluation_images(data_folder, folder):
    data = data_folder / "taleqani-all"
    trained = load_package(folder).manifest.training_data
    judged_by = select_examples(trained, find_examples(data, data / "overlap_groups.csv"), EvaluationSubset())
    assert (len(judged_by.examples), judged_by.overlap_with_training) == (291, 0)
    with pytest.raises(InvalidData, match="split differently: with another group file"):
        select_examples(trained, find_examples(data), EvaluationSubset())


@pytest.mark.parametrize("folder", [SHIPPED, SCREENING], ids=lambda folder: folder.name)
def test_only_the_constants_of_examinations_differ_from_the_package_whose_figures_it_cites(folder):
    found = load_package(folder).manifest
    cited = found.measured.get(FIELDS_AS)
    if cited is None:  # measured under its own digest
        return
    kept = {name: value for name, value in found.measured.items() if name not in (FIELDS_AS, "validation_examinations")}
    assert digest_of(replace(found, version=cited["version"], examination=None, measured=kept)) == cited["digest"]


@pytest.mark.slow
def test_served_file_by_file_it_is_as_right_on_the_validation_part_as_when_it_was_made(data_folder):
    data = data_folder / "taleqani-all"
    package = load_package(SHIPPED)
    plan = SplitPlan.of_plain(package.manifest.training_data["split"])
    examples = sample(plan.split(find_examples(data, data / "overlap_groups.csv")).validation)
    classifier = Classifier(package, threads=1)
    answers = [classifier.read_bytes(example.path.read_bytes()).answer for example in examples]
    right = [
        answer.label == example.label
        for answer, example in zip(answers, examples, strict=True)
        if isinstance(answer, Prediction)
    ]
    assert len(right) >= 0.98 * len(examples)
    # One image may turn on another processor's rounding, and the rejected ones were not all right.
    assert sum(right) / len(right) == pytest.approx(MEASURED["validation"]["accuracy"], abs=2.5 / len(right))


def test_the_demos_drawings_are_classified_as_what_they_are_drawn_like():
    classifier = Classifier(load_package(SHIPPED), threads=1)
    clear, contradicting, few = (smear.fields for smear in drawn_smears())
    like = [(Label.PRE_B, field) for field in sample((*clear, *contradicting[:-1]), 4)]
    for label, field in (*like, (Label.BENIGN, contradicting[-1])):
        answer = classifier.read_bytes(field.data).answer
        assert isinstance(answer, Prediction)
        assert (answer.label, answer.is_certain) == (label, True)
    rejected = [classifier.read_bytes(field.data).answer for field in few[-2:]]
    assert [answer.reason for answer in rejected if isinstance(answer, Rejection)] == [
        Reason.NO_STAINED_CELLS,
        Reason.TRUNCATED,
    ]
