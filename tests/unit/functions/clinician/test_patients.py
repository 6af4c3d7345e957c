"""A patient's view, and the codes that open the patient's page."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from blastlens.cloud.tables.tombstones import Tombstones
from blastlens.domain.patient import PatientId
from blastlens.domain.patient_access import CODE_LIFETIME, MAX_WRONG_PINS, hash_code, make_code
from tests.answers import NOON
from tests.aws import CONTENTS_TABLE, EXAMINATIONS_TABLE
from tests.examinations import examination, totals
from tests.unit.functions.clinician.conftest import PATIENT, Clinic

PLACE = f"/v1/patients/{PATIENT}"
CODES = f"{PLACE}/access-codes"
PAGE = {"origin": "https://d111111abcdef8.cloudfront.net"}


def made(clinic: Clinic, **more: Any) -> dict[str, Any]:
    status, body = clinic.ask("POST", CODES, role="signer", headers=PAGE, **more)
    assert status == 201, body
    return dict(body)


def test_a_patients_examinations_are_listed_newest_first_with_the_codes(clinic):
    clinic.put(examination(), name="older")
    clinic.put(examination(counted=totals(last_taken_at=NOON + timedelta(days=1))), name="newer")
    code = made(clinic)
    status, body = clinic.ask("GET", PLACE)
    assert status == 200
    assert [one["examination_id"] for one in body["examinations"]] == ["newer", "older"]
    assert body["access_codes"] == [
        {
            "id": code["id"],
            "made_at": body["access_codes"][0]["made_at"],
            "expires_at": code["expires_at"],
            "revoked_at": None,
            "blocked": False,
            "last_used_at": None,
        }
    ]
    shown = {one.get("examination_id") for one in clinic.accesses() if one["action"].startswith("GET")}
    assert shown == {"newer", "older"}


def test_code_and_pin_are_shown_once_and_stored_nowhere(clinic):
    clinic.put()
    code = made(clinic)
    assert datetime.fromisoformat(code["expires_at"]) == NOON + CODE_LIFETIME
    found = clinic.aws.access.find(hash_code(code["code"]))
    assert found is not None and found.id == code["id"] and found.made_by == "user/8f1e"
    assert found.patient == PatientId(clinic.id, PATIENT) and found.pin.matches(code["pin"])
    _, shown = clinic.ask("GET", PLACE)
    assert code["code"] not in str(shown) and code["pin"] not in str([shown["access_codes"], clinic.accesses()])
    assert code["code"] not in str(clinic.accesses())


def test_the_link_is_to_the_page_that_asks_and_no_server_gets_the_code_of_it(clinic):
    clinic.put()
    code = made(clinic)
    assert code["url"] == f"{PAGE['origin']}/p/#{code['code']}"


@pytest.mark.parametrize("origin", [{}, {"origin": "null"}, {"origin": "https://a.example/x"}, {"origin": "http://a"}])
def test_the_link_for_a_caller_that_is_not_the_page_has_no_address(clinic, origin):
    clinic.put()
    status, body = clinic.ask("POST", CODES, role="admin", headers=origin)
    assert status == 201 and body["url"] == f"/p/#{body['code']}"


def test_a_reader_neither_makes_nor_revokes_codes(clinic):
    clinic.put()
    code = made(clinic)
    assert clinic.ask("POST", CODES)[0] == 403
    assert clinic.ask("DELETE", f"{CODES}/{code['id']}")[0] == 403
    assert len(clinic.aws.access.codes_of(PatientId(clinic.id, PATIENT))) == 1


def test_a_code_is_made_for_a_patient_with_an_examination_only(clinic):
    for method, path in (("POST", CODES), ("GET", PLACE)):
        status, body = clinic.ask(method, path, role="signer")
        assert status == 404 and "check the patient's id" in body["detail"]
    assert clinic.aws.access.codes_of(PatientId(clinic.id, PATIENT)) == []


def test_nothing_is_made_or_shown_of_a_patient_who_was_erased(clinic):
    tombstones = Tombstones(clinic.aws.dynamodb, EXAMINATIONS_TABLE, CONTENTS_TABLE)
    tombstones.add(PatientId(clinic.id, PATIENT), NOON)
    for method, path in (("POST", CODES), ("GET", PLACE)):
        assert clinic.ask(method, path, role="signer")[0] == 410


def test_a_code_is_revoked_once_and_stays_listed(clinic):
    clinic.put()
    code = made(clinic)
    answers = [clinic.ask("DELETE", f"{CODES}/{code['id']}", role="admin") for _ in range(2)]
    assert [status for status, _ in answers] == [200, 200]
    assert answers[0][1]["revoked_at"] == answers[1][1]["revoked_at"]
    _, shown = clinic.ask("GET", PLACE)
    assert [one["revoked_at"] for one in shown["access_codes"]] == [answers[0][1]["revoked_at"]]


def test_a_code_of_another_clinic_or_patient_is_not_there(clinic):
    clinic.put()
    foreign = make_code(PatientId("another", PATIENT), "user/x", NOON).stored
    clinic.aws.access.add(foreign)
    assert clinic.ask("DELETE", f"{CODES}/{foreign.id}", role="admin")[0] == 404
    assert clinic.aws.access.codes_of(foreign.patient)[0].revoked_at is None
    _, shown = clinic.ask("GET", PLACE)
    assert shown["access_codes"] == []


def test_a_blocked_code_is_shown_as_such(clinic):
    clinic.put()
    found = clinic.aws.access.find(hash_code(made(clinic)["code"]))
    assert found is not None and all(clinic.aws.access.count_attempt(found, NOON) for _ in range(MAX_WRONG_PINS))
    _, shown = clinic.ask("GET", PLACE)
    assert [one["blocked"] for one in shown["access_codes"]] == [True]
