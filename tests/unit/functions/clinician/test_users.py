"""Who gets in, and as what."""

import json

import pytest

from blastlens.domain.clinic import Clinic as OnboardedClinic
from blastlens.domain.text_catalogue import Language
from blastlens.functions.clinician.requests import MAX_WRONG
from tests.unit.functions.clinician.conftest import Clinic, claims


def test_a_user_is_shown_with_name_clinic_and_roles(clinic: Clinic):
    name = f"Laboratory {clinic.id}"
    clinic.aws.clinics.put(OnboardedClinic(clinic.id, name, f"{clinic.id}@lab.example", Language.GERMAN, "topic"))
    status, me = clinic.ask("GET", "/v1/me", role="signer")
    assert (status, me) == (
        200,
        {
            "name": "Dr. Vogel",
            "clinic_id": clinic.id,
            "clinic_name": name,
            "roles": ["reader", "signer"],
            "language": "de",
            "stage": "test",
        },
    )


def test_a_clinic_without_notices_is_named_by_its_id(clinic: Clinic):
    _, me = clinic.ask("GET", "/v1/me")
    assert (me["clinic_name"], me["language"]) == (clinic.id, "en")


@pytest.mark.parametrize(
    ("groups", "status", "name"),
    [
        ("", 403, "no-clinic"),
        ("[]", 403, "no-clinic"),
        ("[strange clinic.nurse]", 403, "no-clinic"),
        ("[a.reader b.reader]", 403, "no-clinic"),
        ("[a.reader a.signer]", 200, ""),
        ("[x/../a.reader]", 403, "no-clinic"),
    ],
)
def test_a_user_of_no_clinic_or_of_several_gets_a_sentence(clinic: Clinic, groups: str, status: int, name: str):
    got, body = clinic.ask("GET", "/v1/me", claims=claims(clinic.id) | {"cognito:groups": groups})
    assert got == status
    if name:
        assert body["type"] == f"urn:blastlens:problem:{name}" and "administrator" in body["detail"]


@pytest.mark.parametrize("change", [{"token_use": "access"}, {"name": ""}, {"sub": ""}])
def test_only_an_id_token_with_a_name_gets_in(clinic: Clinic, change: dict[str, str]):
    status, body = clinic.ask("GET", "/v1/me", claims=claims(clinic.id) | change)
    assert status == 401 and body["type"] == "urn:blastlens:problem:not-signed-in"


def test_problems_are_written_in_the_language_of_the_request(clinic: Clinic):
    details = {
        language: clinic.ask("GET", "/v1/nothing", language=language)[1]["detail"]
        for language in ("en", "de-AT,en;q=0.5", "fr", "en;q=0.1,de;q=0.9", "de;q=x")
    }
    assert "go back to the list" in details["en"] and details["fr"] == details["en"] == details["de;q=x"]
    assert "zurück zur Liste" in details["de-AT,en;q=0.5"] and details["en;q=0.1,de;q=0.9"] == details["de-AT,en;q=0.5"]


def test_an_unknown_address_is_a_problem(clinic: Clinic):
    assert clinic.ask("GET", "/v1/nothing")[0] == 404
    assert clinic.ask("PUT", "/v1/me")[0] == 404


def test_all_wrong_values_of_a_request_are_named_at_once(clinic: Clinic):
    status, body = clinic.ask(
        "GET", "/v1/worklist", None, {"show": "x", "limit": "0", "from": "2026", "to": "2026-13-01"}
    )
    assert status == 422
    assert {one["field"] for one in body["errors"]} == {"show", "limit", "from"}
    assert "x" not in [word for one in body["errors"] for word in one["message"].split()]


def test_an_unknown_parameter_is_refused_because_a_misspelled_filter_shows_too_much(clinic: Clinic):
    status, body = clinic.ask("GET", "/v1/worklist", None, {"pateint": "patient-41"})
    assert status == 422 and "show" in body["errors"][0]["message"]


@pytest.mark.parametrize("body", ["[]", "text", '"text"', "[{}]", "[" * 5000, "NaN"])
def test_a_body_that_is_no_object_is_refused(clinic: Clinic, body: str):
    assert clinic.ask("POST", "/v1/uploads", body)[1]["type"] == "urn:blastlens:problem:not-json"


def test_a_form_is_refused_as_a_body(clinic: Clinic):
    form = {"headers": {"content-type": "application/x-www-form-urlencoded"}}
    assert clinic.ask("POST", "/v1/uploads", "a=1", **form)[1]["type"] == "urn:blastlens:problem:not-json"


def test_a_form_without_a_body_is_refused_as_well(clinic: Clinic):
    form = {"headers": {"content-type": "multipart/form-data"}}
    assert clinic.ask("POST", "/v1/uploads", None, **form)[1]["type"] == "urn:blastlens:problem:not-json"


def test_of_many_wrong_values_the_first_are_named_and_none_at_length(clinic: Clinic):
    many = {f"{'name' * 50}-{number}": 1 for number in range(2000)}
    status, problem = clinic.ask("POST", "/v1/uploads", many)
    assert status == 422 and len(problem["errors"]) == MAX_WRONG
    assert len(json.dumps(problem)) < 30_000


def test_a_body_beyond_a_mebibyte_is_too_large(clinic: Clinic):
    status, problem = clinic.ask("POST", "/v1/uploads", {"patient_id": "p" * 2**20})
    assert status == 413 and problem["type"] == "urn:blastlens:problem:too-large"
