"""Records as FHIR: validity, and codes."""

import json

import pytest

from blastlens.domain.fhir import make_diagnostic_report
from blastlens.domain.labels import LABELS, Label
from blastlens.domain.record import Record
from tests.answers import prediction, record, rejection, result, screening, sign_off, unreadable_result

RECORDS: dict[str, Record] = {
    **{str(label): record(result(prediction(label))) for label in LABELS},
    "uncertain": record(result(prediction(Label.BENIGN, (Label.PRO_B,)))),
    "screened": record(result(screening())),
    "signed": record(signed_off=sign_off(Label.EARLY_PRE_B)),
    "signed otherwise": record(signed_off=sign_off(Label.BENIGN)),
    "rejected": record(result(rejection())),
    "of no clinic": record(unreadable_result()),
}
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
        "fhir.resources.R4B.diagnosticreport", reason="needs fhir.resources: pip install 'blastlens[export]'"
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
    assert report["resultsInterpreter"] == [{"type": "Practitioner", "display": "Dr. Vogel"}]


def test_screening_is_not_coded_as_a_kind_of_leukemia():
    assert codes(make_diagnostic_report(RECORDS["screened"])) == {"http://loinc.org|5909-7"}


def test_a_rejected_upload_is_a_cancelled_report_with_the_reason():
    report = make_diagnostic_report(RECORDS["rejected"])
    assert (report["status"], "result" in report) == ("cancelled", False)
    assert "blurred" in report["conclusion"]


def test_nothing_of_a_key_that_breaks_the_contract_leaves():
    assert "Jane" not in json.dumps(make_diagnostic_report(RECORDS["of no clinic"]))
