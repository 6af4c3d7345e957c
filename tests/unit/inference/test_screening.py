"""Screening package: manifest, answers and texts."""

import json
from dataclasses import replace

import pytest
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

from blastlens.cli.answer_formats import format_answer, to_plain_answer
from blastlens.cloud.tables.items import item_of, record_of
from blastlens.domain.errors import DamagedPackage
from blastlens.domain.examination import Meaning
from blastlens.domain.examination_answer import answer_examination
from blastlens.domain.examination_totals import CAREFUL
from blastlens.domain.labels import SCREENING_LABELS, Label
from blastlens.domain.notice_texts import format_clinic_text
from blastlens.domain.patient_texts import format_patient_text
from blastlens.domain.prediction import Prediction
from blastlens.imaging.kmeans_segmentation import LabSettings, segment_by_colour
from blastlens.imaging.synthetic import draw_smear
from blastlens.inference.classifier import Classifier
from blastlens.inference.manifest import digest_of
from blastlens.inference.manifest_json import from_json, to_json
from blastlens.inference.package import write_manifest
from tests.answers import PAGE, result
from tests.examinations import examination, totals
from tests.tiny_screening import write_tiny_screening

SMEAR = draw_smear(1, Label.PRE_B).image


@pytest.fixture
def package(tmp_path):
    return write_tiny_screening(tmp_path)


@pytest.fixture
def reading(package):
    return Classifier(package, threads=1).read(SMEAR)


def test_a_manifest_names_its_way_to_find_blasts_and_is_read_back(package):
    text = to_json(package.manifest)
    assert json.loads(text)["segmentation"]["method"] == "lab"
    assert from_json(text) == package.manifest


def test_an_unknown_segmentation_method_is_refused(package):
    values = json.loads(to_json(package.manifest))
    values["segmentation"]["method"] = "by eye"
    with pytest.raises(DamagedPackage, match="invalid value"):
        from_json(json.dumps(values))


def test_the_digest_covers_how_blasts_are_found(package):
    other = replace(package.manifest, segmentation=LabSettings(clusters=4))
    assert digest_of(other) != digest_of(package.manifest)


def test_benign_and_one_kind_of_leukemia_are_not_screening_labels(package):
    with pytest.raises(DamagedPackage, match="does not know"):
        write_manifest(package.folder, replace(package.manifest, classes=(Label.BENIGN, Label.PRE_B)))


def test_the_blasts_are_those_of_k_means(reading):
    assert (reading.mask == segment_by_colour(SMEAR, LabSettings())).all()


def test_the_answer_has_a_probability_for_benign_and_for_malignant(reading):
    assert isinstance(reading.answer, Prediction)
    assert tuple(reading.answer.probabilities) == SCREENING_LABELS
    assert sum(reading.answer.probabilities.values()) == pytest.approx(1.0)


def test_the_heat_map_has_the_size_of_the_image(reading):
    assert reading.heat.shape == SMEAR.shape[:2]


def test_the_answer_reads_the_same_after_it_was_in_the_table(reading):
    stored = {name: TypeSerializer().serialize(value) for name, value in item_of(result(reading.answer)).items()}
    read = record_of({name: TypeDeserializer().deserialize(value) for name, value in stored.items()}).result.answer
    assert isinstance(read, Prediction)
    assert (read.label, read.prediction_set, read.model) == (
        reading.answer.label,
        reading.answer.prediction_set,
        reading.answer.model,
    )
    assert dict(read.probabilities) == pytest.approx(dict(reading.answer.probabilities), abs=1e-9)


def test_no_text_and_no_json_of_the_answer_names_a_kind_of_leukemia(reading):
    answer = reading.answer
    one = examination(counted=totals(answer_examination([answer], CAREFUL)))
    texts = format_clinic_text(one, Meaning(str(one.totals.finding)), PAGE) + format_patient_text(one)
    shown = format_answer("smear.png", answer) + json.dumps(to_plain_answer("smear.png", answer))
    assert set(to_plain_answer("smear.png", answer)["probabilities"]) == {"benign", "malignant"}
    assert not any(kind in texts + shown for kind in ("Early", "Pre-B", "Pro-B", "early_pre_b", "pre_b", "pro_b"))
