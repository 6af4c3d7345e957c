"""Reports of examinations as FHIR: validity, states and codes."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from blastlens.domain.edge_comparison import NOTHING_COMPARED, EdgeTotals
from blastlens.domain.examination import Examination, ExaminationStatus
from blastlens.domain.fhir import make_diagnostic_report
from blastlens.domain.fhir_references import TARGETS, check_references
from blastlens.domain.labels import Label
from blastlens.domain.signature import Conclusion, SignatureKind
from tests.answers import NOON, TAKEN
from tests.examinations import OTHERS, examination, examination_answer, signature, totals
from tests.unit.domain.test_texts import answers, late, signed

AMENDED = examination(ExaminationStatus.AMENDED, signature(), signature(SignatureKind.AMEND))
EXAMINATIONS: dict[str, Examination] = {
    **dict(answers()),
    **{f"signed {one}": signed(one) for one in Conclusion},
    "amended": AMENDED,
    "retracted": signed(None),
    "open and signed": replace(signed(Conclusion.PRE_B), totals=totals(examination_answer(Label.PRE_B, Label.PRO_B))),
    "unreadable and signed": replace(signed(Conclusion.NOT_ASSESSABLE), totals=totals(None, fields_read=0)),
    "late": late(signature()),
    "held": examination(ExaminationStatus.OPEN, counted=totals(shared_with=OTHERS)),
}
EVERY = pytest.mark.parametrize("stored", EXAMINATIONS.values(), ids=EXAMINATIONS.keys())


def codes(resource: object) -> set[str]:
    """Every code in a resource, whatever its depth."""
    if isinstance(resource, list):
        return {code for one in resource for code in codes(one)}
    if not isinstance(resource, dict):
        return set()
    own = {f"{resource['system']}|{resource['code']}"} if {"system", "code"} <= resource.keys() else set()
    return own | {code for one in resource.values() for code in codes(one)}


@EVERY
def test_a_report_is_one_by_the_specification(stored: Examination):
    library = pytest.importorskip(
        "fhir.resources.R4B.diagnosticreport", reason="needs fhir.resources: make install EXTRAS=export"
    )
    report = make_diagnostic_report(stored)
    read = library.DiagnosticReport.model_validate(report)
    assert [one.id for one in read.contained or ()] == [one["id"] for one in report.get("contained", ())]


@EVERY
def test_nothing_is_coded_but_by_the_two_codes_that_were_verified(stored: Examination):
    assert codes(make_diagnostic_report(stored)) <= {"http://loinc.org|5909-7", "http://snomed.info/sct|277571004"}


def test_a_report_holds_observations_of_finding_cells_blasts_and_each_class():
    report = make_diagnostic_report(EXAMINATIONS["pre_b-certain"])
    values = {one["id"]: one["valueQuantity"]["value"] for one in report["contained"] if "valueQuantity" in one}
    classes = {"class-benign": 0.01, "class-early-pre-b": 0.01, "class-pre-b": 0.97, "class-pro-b": 0.01}
    assert values == {"white-cells": 240, "blasts": 0.75, **classes}
    assert [one["reference"] for one in report["result"]] == ["#finding", *(f"#{name}" for name in values)]


@pytest.mark.parametrize("history", [(), (signature(),)])
def test_a_report_is_the_same_to_the_byte_whatever_a_screening_at_the_microscope_said(history):
    status = ExaminationStatus.SIGNED if history else ExaminationStatus.READY
    plain, screened = (
        examination(status, *history, counted=totals(edge=edge)) for edge in (NOTHING_COMPARED, EdgeTotals(8, 8, True))
    )
    assert json.dumps(make_diagnostic_report(screened)) == json.dumps(make_diagnostic_report(plain))


def test_an_unsigned_report_is_preliminary_and_has_no_coded_conclusion():
    report = make_diagnostic_report(EXAMINATIONS["pre_b-certain"])
    assert report["status"] == "preliminary" and "conclusionCode" not in report
    assert "not a diagnosis" in report["conclusion"]


def test_a_report_says_what_an_excluded_field_shows_unless_leukemia_is_signed():
    answer = examination_answer(Label.BENIGN, Label.PRE_B)
    counted = totals(answer, fields_excluded=1, hides_leukemia=True)
    said = "Leukemia is open because of a field that a person excluded"
    for history, is_said in (((), True), ((signature(conclusion=Conclusion.BENIGN),), True), ((signature(),), False)):
        status = ExaminationStatus.SIGNED if history else ExaminationStatus.READY
        report = make_diagnostic_report(examination(status, *history, counted=counted))
        assert (said in report["conclusion"]) is is_said
        assert (said in report["contained"][0]["note"][0]["text"]) is is_said
    assert "1 excluded by a person, 10 in all" in make_diagnostic_report(examination(counted=counted))["conclusion"]


def test_a_signed_report_is_final_and_contains_the_signed_finding():
    report = make_diagnostic_report(EXAMINATIONS["signed benign"])
    assert report["status"] == "final"
    assert report["conclusionCode"] == [{"text": "Benign (hematogones)"}]
    assert report["contained"][0]["valueCodeableConcept"] == {"text": "Benign (hematogones)"}
    assert "does not rule leukemia out" in report["conclusion"]
    assert report["resultsInterpreter"] == [{"type": "Practitioner", "display": "Dr. Vogel"}]


def test_a_report_that_was_signed_again_is_amended_and_says_why():
    report = make_diagnostic_report(AMENDED)
    assert {report["status"], *(one["status"] for one in report["contained"] if "status" in one)} == {"amended"}
    assert "Signed: Pro-B ALL. Reason: second look" in report["conclusion"]


def test_a_retracted_report_is_entered_in_error_and_holds_no_finding():
    report = make_diagnostic_report(EXAMINATIONS["retracted"])
    assert report["status"] == "entered-in-error" and "contained" not in report and "conclusionCode" not in report
    assert "must not be used" in report["conclusion"] and "second look" in report["conclusion"]
    assert "Pre-B" not in json.dumps(report)


def test_a_report_signed_anew_after_a_retraction_is_amended():
    history = (signature(), signature(SignatureKind.RETRACT), signature(SignatureKind.CORRECT))
    assert make_diagnostic_report(examination(ExaminationStatus.SIGNED, *history))["status"] == "amended"


def test_an_examination_that_could_not_be_read_is_cancelled_until_somebody_signs():
    report = make_diagnostic_report(EXAMINATIONS["unreadable"])
    assert (report["status"], "result" in report) == ("cancelled", False)
    assert "No field of this examination could be read" in report["conclusion"]
    assert make_diagnostic_report(EXAMINATIONS["unreadable and signed"])["status"] == "final"


def test_a_held_examination_is_registered_without_its_answer():
    report = make_diagnostic_report(EXAMINATIONS["held"])
    assert (report["status"], "result" in report) == ("registered", False)
    assert "another patient" in report["conclusion"] and "Pre-B" not in json.dumps(report)


@pytest.mark.parametrize("name", ["signed other_disease", "signed not_assessable"])
def test_neither_another_disease_nor_a_smear_that_is_not_assessable_reads_as_benign(name: str):
    report = make_diagnostic_report(EXAMINATIONS[name])
    assert "benign" not in report["conclusion"].lower() and codes(report["conclusionCode"]) == set()


DISEASE = "http://snomed.info/sct|277571004"


@EVERY
def test_a_disease_is_coded_only_where_its_kind_is_signed_and_nothing_else_is_open(stored: Examination):
    answer = stored.totals.answer
    kinds = (Conclusion.EARLY_PRE_B, Conclusion.PRE_B, Conclusion.PRO_B)
    is_signed = bool(stored.history) and stored.history[-1].conclusion in kinds
    is_settled = is_signed and answer is not None and len(answer.prediction_set) == 1
    found = {code for code in codes(make_diagnostic_report(stored)) if "snomed" in code}
    assert found == ({DISEASE} if is_settled else set())


def test_a_signed_leukemia_is_coded_in_conclusion_and_finding():
    report = make_diagnostic_report(EXAMINATIONS["signed early_pre_b"])
    assert codes(report["conclusionCode"]) == {DISEASE} == codes(report["contained"][0]["valueCodeableConcept"])


def test_a_report_is_effective_when_the_last_field_was_taken_and_issued_when_it_was_signed():
    later = signature(SignatureKind.AMEND, signed_at=NOON + timedelta(days=1))
    report = make_diagnostic_report(examination(ExaminationStatus.AMENDED, signature(), later))
    resources = [report, *(one for one in report["contained"] if one["resourceType"] == "Observation")]
    assert {one["effectiveDateTime"] for one in resources} == {"2026-11-20T09:39:15.250Z"}
    assert TAKEN.minute == 30 and report["issued"] == "2026-11-23T12:00:00.000Z"


@EVERY
def test_every_reference_targets_a_type_that_r4_admits(stored: Examination):
    check_references(make_diagnostic_report(stored))


@EVERY
def test_the_clinic_performs_the_report_and_the_software_is_the_device_of_its_observations(stored: Examination):
    report = make_diagnostic_report(stored)
    devices = {one["id"]: one for one in report.get("contained", ()) if one["resourceType"] == "Device"}
    observations = [one for one in report.get("contained", ()) if one["resourceType"] == "Observation"]
    assert [one["type"] for one in report["performer"]] == ["Organization"]
    assert report["performer"][0]["identifier"]["value"] == "clinic-7"
    assert all(devices[one["device"]["reference"][1:]]["version"] for one in observations)


@pytest.mark.parametrize("path", TARGETS)
def test_the_table_of_reference_targets_agrees_with_the_librarys_own(path: str):
    library = pytest.importorskip("fhir.resources.R4B", reason="needs fhir.resources: make install EXTRAS=export")
    kind, element = path.split(".")
    fields = {field.alias or name: field for name, field in library.get_fhir_model_class(kind).model_fields.items()}
    admitted = set(fields[element].json_schema_extra["enum_reference_types"])
    added = {"Organization", "Procedure", "Practitioner", "Medication", "Substance"} if element == "subject" else set()
    assert admitted == TARGETS[path] | added, "R4B differs from R4 in the subjects only"


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"performer": [{"type": "Device", "display": "blastlens"}]}, "performer refers to Device"),
        ({"performer": [{"display": "blastlens"}]}, "no known type"),
        ({"subject": {"reference": "Practitioner/7"}}, "subject refers to Practitioner"),
        ({"subject": {"reference": "Patient/7", "type": "Device"}}, "states the type Device"),
        ({"result": [{"reference": "#software"}]}, "result refers to Device"),
        ({"result": [{"reference": "#nothing"}]}, "not contained"),
        ({"result": []}, "nothing refers to"),
        ({"encounter": {"reference": "Encounter/7"}}, "not in the table"),
    ],
)
def test_a_reference_that_r4_does_not_admit_is_refused(change: dict[str, object], why: str):
    with pytest.raises(ValueError, match=why):
        check_references(make_diagnostic_report(examination()) | change)


def test_an_open_set_is_headed_uncertain_and_the_likeliest_label_comes_last():
    report = make_diagnostic_report(EXAMINATIONS["benign-uncertain"])
    names = "Not ruled out: Early Pre-B ALL, Benign (hematogones). Likeliest: Benign (hematogones)."
    text = f"Uncertain: have it read first. {names}"
    assert report["contained"][0]["valueCodeableConcept"] == {"text": text}
    assert text in report["conclusion"] and "does not rule leukemia out" in report["conclusion"]


def test_a_contradiction_and_missing_cells_are_stated_in_the_finding():
    for name, said in (("contradicts", "contradict one another"), ("insufficient-benign", "about 60 more are needed")):
        report = make_diagnostic_report(EXAMINATIONS[name])
        assert said in report["conclusion"] and said in report["contained"][0]["valueCodeableConcept"]["text"]


def test_fields_after_a_signature_are_named_in_its_report():
    assert "came after the signature" in make_diagnostic_report(EXAMINATIONS["late"])["conclusion"]


def test_screening_is_not_coded_as_a_kind_of_leukemia():
    assert codes(make_diagnostic_report(EXAMINATIONS["screening-malignant-certain"])) == {"http://loinc.org|5909-7"}
    assert codes(make_diagnostic_report(EXAMINATIONS["signed malignant"])) == {"http://loinc.org|5909-7"}
