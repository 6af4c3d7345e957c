"""Records as FHIR: validity, and codes."""

import json
from dataclasses import replace

import pytest

from blastlens.domain.fhir import make_diagnostic_report
from blastlens.domain.fhir_references import TARGETS, check_references
from blastlens.domain.field import Caution
from blastlens.domain.labels import LABELS, Label
from blastlens.domain.notification_plan import Standing
from blastlens.domain.prediction import Prediction
from blastlens.domain.record import Record
from tests.answers import (
    TAKEN,
    field_summary,
    prediction,
    record,
    rejection,
    result,
    screening,
    sign_off,
    unreadable_result,
)

RECORDS: dict[str, Record] = {
    **{str(label): record(result(prediction(label))) for label in LABELS},
    "uncertain": record(result(prediction(Label.BENIGN, (Label.PRO_B,)))),
    "screened": record(result(screening())),
    "signed": record(signed_off=sign_off(Label.EARLY_PRE_B)),
    "open and signed": record(result(prediction(Label.PRE_B, (Label.PRO_B,))), signed_off=sign_off(Label.PRE_B)),
    "signed otherwise": record(signed_off=sign_off(Label.BENIGN)),
    "rejected": record(result(rejection())),
    "of a field": record(result(replace(prediction(), field=field_summary(*Caution)))),
    "taken": record(result(taken_at=TAKEN)),
    "of no clinic": record(unreadable_result()),
}
NOON_TEXT = "2026-11-22T12:00:00.000Z"
EVERY = pytest.mark.parametrize("stored", RECORDS.values(), ids=RECORDS.keys())


def codes(resource: object) -> set[str]:
    """Every code in a resource, whatever its depth."""
    if isinstance(resource, list):
        return {code for one in resource for code in codes(one)}
    if not isinstance(resource, dict):
        return set()
    own = {f"{resource['system']}|{resource['code']}"} if {"system", "code"} <= resource.keys() else set()
    return own | {code for one in resource.values() for code in codes(one)}


@EVERY
def test_a_report_is_one_by_the_specification(stored: Record):
    library = pytest.importorskip(
        "fhir.resources.R4B.diagnosticreport", reason="needs fhir.resources: make install EXTRAS=export"
    )
    report = make_diagnostic_report(stored)
    read = library.DiagnosticReport.model_validate(report)
    assert [one.id for one in read.contained or ()] == [one["id"] for one in report.get("contained", ())]


@EVERY
def test_nothing_is_coded_but_by_the_two_codes_that_were_verified(stored: Record):
    assert codes(make_diagnostic_report(stored)) <= {"http://loinc.org|5909-7", "http://snomed.info/sct|277571004"}


def test_a_report_holds_an_observation_for_each_class_and_one_for_the_finding():
    report = make_diagnostic_report(RECORDS["pre_b"])
    values = {one["id"]: one["valueQuantity"]["value"] for one in report["contained"] if "valueQuantity" in one}
    assert values == {"class-benign": 0.01, "class-early-pre-b": 0.01, "class-pre-b": 0.97, "class-pro-b": 0.01}
    assert [one["reference"] for one in report["result"]] == ["#finding", *(f"#{name}" for name in values)]


def test_an_unsigned_report_is_preliminary_and_has_no_coded_conclusion():
    report = make_diagnostic_report(RECORDS["pre_b"])
    assert report["status"] == "preliminary" and "conclusionCode" not in report
    assert "not a diagnosis" in report["conclusion"]


def test_a_signed_report_is_final_and_contains_the_signed_finding():
    report = make_diagnostic_report(RECORDS["signed otherwise"])
    assert report["status"] == "final"
    assert report["conclusionCode"] == [{"text": "Benign (hematogones)"}]
    assert report["contained"][0]["valueCodeableConcept"] == {"text": "Benign (hematogones)"}
    assert "does not rule leukemia out" in report["conclusion"]
    assert report["resultsInterpreter"] == [{"type": "Practitioner", "display": "Dr. Vogel"}]


DISEASE = "http://snomed.info/sct|277571004"


@EVERY
def test_a_disease_is_coded_only_where_it_is_signed_and_nothing_else_is_open(stored: Record):
    answer = stored.result.answer
    is_settled = stored.signed_off is not None and isinstance(answer, Prediction) and answer.is_certain
    found = {code for code in codes(make_diagnostic_report(stored)) if "snomed" in code}
    assert found <= ({DISEASE} if is_settled else set())


def test_a_signed_leukemia_is_coded():
    report = make_diagnostic_report(RECORDS["signed"])
    assert codes(report["conclusionCode"]) == {DISEASE} == codes(report["contained"][0]["valueCodeableConcept"])


def test_a_report_is_effective_when_the_image_was_taken_or_else_uploaded():
    for stored, time in ((record(result(taken_at=TAKEN)), "2026-11-20T09:30:15.250Z"), (record(), NOON_TEXT)):
        report = make_diagnostic_report(stored)
        resources = [report, *(one for one in report["contained"] if one["resourceType"] == "Observation")]
        assert {one["effectiveDateTime"] for one in resources} == {time}


@EVERY
def test_every_reference_targets_a_type_that_r4_admits(stored: Record):
    check_references(make_diagnostic_report(stored))


@EVERY
def test_the_clinic_performs_the_report_and_the_software_is_the_device_of_its_observations(stored: Record):
    report = make_diagnostic_report(stored)
    devices = {one["id"]: one for one in report.get("contained", ()) if one["resourceType"] == "Device"}
    observations = [one for one in report.get("contained", ()) if one["resourceType"] == "Observation"]
    if stored.result.upload is None:
        assert "performer" not in report
    else:
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
        check_references(make_diagnostic_report(record()) | change)


def test_an_open_set_is_headed_uncertain_and_the_likeliest_label_comes_last():
    report = make_diagnostic_report(RECORDS["uncertain"])
    names = "Not ruled out: Pro-B ALL, Benign (hematogones). Likeliest: Benign (hematogones)."
    text = f"Uncertain: have it read first. {names}"
    assert report["contained"][0]["valueCodeableConcept"] == {"text": text}
    assert text in report["conclusion"] and "does not rule leukemia out" in report["conclusion"]


def test_a_computed_finding_notes_its_cautions_and_a_signed_one_does_not():
    stored = result(replace(prediction(), field=field_summary(Caution.UNNAMED_CELLS)))
    computed, signed = make_diagnostic_report(record(stored)), make_diagnostic_report(record(stored, None, sign_off()))
    assert "the model cannot name 2" in computed["contained"][0]["note"][0]["text"]
    assert "cannot name" not in json.dumps(signed)


@pytest.mark.parametrize("name", ["pre_b", "signed", "rejected"])
def test_a_report_that_replaces_an_earlier_one_says_so(name: str):
    assert "replaces an earlier one" in make_diagnostic_report(RECORDS[name], Standing.REPLACES)["conclusion"]
    assert "replaces" not in make_diagnostic_report(RECORDS[name])["conclusion"]


def test_screening_is_not_coded_as_a_kind_of_leukemia():
    assert codes(make_diagnostic_report(RECORDS["screened"])) == {"http://loinc.org|5909-7"}


def test_a_rejected_upload_is_a_cancelled_report_with_the_reason():
    report = make_diagnostic_report(RECORDS["rejected"])
    assert (report["status"], "result" in report) == ("cancelled", False)
    assert "blurred" in report["conclusion"]


def test_nothing_of_a_key_that_breaks_the_contract_leaves():
    assert "Jane" not in json.dumps(make_diagnostic_report(RECORDS["of no clinic"]))
