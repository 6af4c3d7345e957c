"""The public routes of a patient: sign-in, signed results, messages."""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from blastlens.cloud.push_key import PushKey
from blastlens.domain.access import Subject
from blastlens.domain.errors import ServiceFault
from blastlens.domain.examination import ExaminationStatus
from blastlens.domain.patient import PatientId
from blastlens.domain.patient_access import (
    CODE_LIFETIME,
    MAX_BROWSERS,
    MAX_WRONG_PINS,
    SESSION_LIFETIME,
    NewCode,
    PinHash,
    make_code,
)
from blastlens.domain.signature import Conclusion, SignatureKind
from blastlens.domain.text_catalogue import Language, load_catalogue
from blastlens.domain.upload import ExaminationId
from blastlens.functions.clinician.requests import MAX_WRONG
from tests.answers import NOON
from tests.aws import Services
from tests.examinations import examination, signature, totals
from tests.unit.functions.patient_page.conftest import ENDPOINT, KEYS, OTHER, PATIENT, Ask, asking


def handed_out(aws: Services, patient: PatientId = PATIENT) -> NewCode:
    new = make_code(patient, "user/dr-vogel", NOON)
    aws.access.add(new.stored)
    return new


def signed_in(aws: Services, ask: Ask, patient: PatientId = PATIENT) -> str:
    new = handed_out(aws, patient)
    status, body = ask("POST", "session", {"code": new.code, "pin": new.pin})
    assert status == 201
    return str(body["session"])


def wrong(pin: str) -> str:
    return f"{(int(pin) + 1) % 10**6:06d}"


def accesses(aws: Services, patient: PatientId = PATIENT) -> list[tuple[str, str, int, str | None]]:
    found = aws.trail.read(Subject(patient.clinic_id, patient.patient_id))
    return [(one.caller, one.action, one.status, one.subject.examination_id) for one in found]


def store(aws: Services, name: str, *history: Any, **changes: Any) -> None:
    status = ExaminationStatus.SIGNED if history else ExaminationStatus.READY
    one = examination(status, *history, **changes)
    assert aws.examinations.put(replace(one, id=ExaminationId("clinic-7", "patient-41", name)), None)


def test_code_and_pin_open_a_session_of_fifteen_minutes(aws, ask, parts):
    new = handed_out(aws)
    status, body = ask("POST", "session", {"code": f" {new.code[:13].upper()}-{new.code[13:]}", "pin": new.pin})
    assert status == 201
    assert body["clinic"] == {"name": "Labor am See", "contact": ["Seeweg 1", "+49 1"]} and body["language"] == "de"
    assert datetime.fromisoformat(body["expires_at"]) == NOON + SESSION_LIFETIME
    assert body["push_key"] == parts.push_key.public_key()
    assert accesses(aws) == [(f"patient-code/{new.stored.id}", "POST /p/v1/session", 201, None)]


@pytest.mark.parametrize("language", Language)
def test_unknown_wrong_expired_and_revoked_are_answered_by_the_same_sentence(aws, ask, clock, language):
    new, revoked = handed_out(aws), handed_out(aws)
    aws.access.revoke(PATIENT, revoked.stored.id, NOON)
    answers = [
        ask("POST", "session", {"code": "0" * 26, "pin": new.pin}, language=language),
        ask("POST", "session", {"code": "no code at all", "pin": new.pin}, language=language),
        ask("POST", "session", {"code": new.code, "pin": wrong(new.pin)}, language=language),
        ask("POST", "session", {"code": revoked.code, "pin": revoked.pin}, language=language),
    ]
    clock.now = NOON + CODE_LIFETIME
    answers.append(ask("POST", "session", {"code": new.code, "pin": new.pin}, language=language))
    assert [status for status, _ in answers] == [401] * 5
    (sentence,) = {json.dumps(body) for _, body in answers}
    assert load_catalogue(language).fill("problems.sign_in_refused.detail") in json.loads(sentence)["detail"]


def test_a_pin_is_compared_whether_there_is_such_a_code_or_not(aws, ask, monkeypatch):
    new, compared = handed_out(aws), []
    compare = PinHash.matches

    def matches(self: PinHash, pin: str) -> bool:
        compared.append(pin)
        return compare(self, pin)

    monkeypatch.setattr(PinHash, "matches", matches)
    aws.access.revoke(PATIENT, new.stored.id, NOON)
    for code in ("0" * 26, "not a code", new.code):
        ask("POST", "session", {"code": code, "pin": new.pin})
    assert compared == [new.pin] * 3


def test_five_wrong_pins_block_the_code_for_the_right_one_as_well(aws, ask, recorded):
    new = handed_out(aws)
    given = [ask("POST", "session", {"code": new.code, "pin": wrong(new.pin)}) for _ in range(MAX_WRONG_PINS)]
    assert [status for status, _ in given] == [401, 401, 401, 401, 403]
    status, body = ask("POST", "session", {"code": new.code, "pin": new.pin})
    assert status == 403 and body["type"] == "urn:blastlens:problem:code-blocked" and "new code" in body["detail"]
    assert sum("SignInRefused" in line for line in recorded.lines) == 6
    assert [status for _, _, status, _ in accesses(aws)] == [401] * 6


def test_a_right_pin_forgets_the_wrong_ones(aws, ask):
    new = handed_out(aws)
    for _ in range(2):
        for _ in range(MAX_WRONG_PINS - 1):
            assert ask("POST", "session", {"code": new.code, "pin": wrong(new.pin)})[0] == 401
        assert ask("POST", "session", {"code": new.code, "pin": new.pin})[0] == 201


def test_signed_results_are_shown_newest_first_and_nothing_that_nobody_has_signed(aws, ask):
    token = signed_in(aws, ask)
    day = timedelta(days=1)
    store(aws, "unsigned")
    store(aws, "older", signature(conclusion=Conclusion.BENIGN))
    store(aws, "newer", signature(), counted=totals(last_taken_at=NOON + day))
    retraction = signature(SignatureKind.RETRACT)
    store(aws, "withdrawn", signature(), retraction, counted=totals(last_taken_at=NOON - day))
    status, body = ask("GET", "examinations", token=token)
    assert status == 200
    found = {one["examination_id"]: one for one in body["examinations"]}
    assert set(found) == {"older", "newer", "withdrawn"} and body["examinations"][0]["examination_id"] == "newer"
    assert (found["newer"]["finding"], found["withdrawn"]["finding"]) == ("leukemia", None)
    assert "These images alone do not rule out leukemia." in found["older"]["text"]
    assert all(one["next_step"] and one["title"] for one in found.values())
    assert len(found["withdrawn"]["history"]) == 2
    shown = [name for _, action, _, name in accesses(aws) if action == "GET /p/v1/examinations"]
    assert sorted(map(str, shown)) == ["newer", "older", "withdrawn"]


def test_results_of_another_patient_are_not_shown(aws, ask):
    store(aws, "signed", signature())
    token = signed_in(aws, ask, OTHER)
    assert ask("GET", "examinations", token=token) == (200, {"examinations": []})
    assert (f"patient-code/{aws.access.codes_of(OTHER)[0].id}", "GET /p/v1/examinations", 200, None) in accesses(
        aws, OTHER
    )


@pytest.mark.parametrize(("language", "word"), [("de", "Ergebnis"), ("en", "Result"), ("fr", "Ergebnis")])
def test_texts_have_the_language_of_the_browser_else_of_the_clinic(aws, ask, language, word):
    store(aws, "signed", signature())
    _, body = ask("GET", "examinations", token=signed_in(aws, ask), language=language)
    assert body["examinations"][0]["title"].startswith(word)


@pytest.mark.parametrize("path", [("GET", "examinations"), ("POST", "push-subscriptions")])
def test_without_a_session_nothing_is_shown_or_stored(aws, ask, clock, path):
    body = {"endpoint": ENDPOINT, "keys": KEYS} if path[0] == "POST" else None
    token = signed_in(aws, ask)
    for given in ("", "x", token[:-1], token.upper()):
        status, problem = ask(*path, body, token=given)
        assert status == 401 and "Sign in again" in problem["detail"]
    clock.now = NOON + SESSION_LIFETIME
    assert ask(*path, body, token=token)[0] == 401


def test_signing_out_ends_the_session_at_once(aws, ask):
    token = signed_in(aws, ask)
    assert ask("DELETE", "session", token=token) == (204, None)
    assert ask("DELETE", "session", token=token)[0] == 204 and ask("DELETE", "session")[0] == 204
    assert ask("GET", "examinations", token=token)[0] == 401


def test_nothing_is_shown_whose_access_cannot_be_recorded(aws, ask, monkeypatch):
    store(aws, "signed", signature())
    token, new = signed_in(aws, ask), handed_out(aws)

    def fail(self: Any, accesses: Any) -> None:
        raise ServiceFault("could not write the audit trail")

    monkeypatch.setattr(type(aws.trail), "write", fail)
    for answer in (ask("GET", "examinations", token=token), ask("POST", "session", {"code": new.code, "pin": new.pin})):
        assert answer[0] == 503 and "session" not in answer[1] and "examinations" not in answer[1]


def test_all_wrong_values_are_named_at_once_and_none_is_repeated(ask):
    status, body = ask("POST", "session", {"pin": "Jane Doe", "birthday": "2001-02-03"})
    assert status == 422 and {one["field"] for one in body["errors"]} == {"code", "pin", "birthday"}
    assert "Jane" not in str(body) and "2001" not in str(body)
    assert ask("POST", "session", "{")[0] in (400, 422) and ask("GET", "nothing")[0] == 404


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        ("", "multipart/form-data", 400),
        ("code=1", "multipart/form-data", 400),
        ("code=1&pin=2", "application/x-www-form-urlencoded", 400),
        ('{"code": %s}' % ("9" * 5000), "application/json", 400),
        ("[" * 8000, "application/json", 400),
        (json.dumps({f"name-{number}": 1 for number in range(600)}), "application/json", 413),
        (json.dumps({f"{number}": 1 for number in range(800)}), "application/json", 422),
        ('{"\\ud800": 1}', "application/json", 422),
        ("null", "application/json", 400),
    ],
)
@pytest.mark.parametrize("path", ["session", "push-subscriptions"])
def test_whatever_a_body_holds_the_answer_is_a_small_problem(ask, path, body, content_type, status):
    given, problem = ask("POST", path, body, content_type=content_type)
    assert given == problem["status"] == status and len(json.dumps(problem)) < 20_000
    assert len(problem["errors"]) <= MAX_WRONG


@pytest.mark.parametrize("end", ["\n", "\r\n", "%0A", "/", "/x"])
@pytest.mark.parametrize("path", ["session", "examinations", "push-subscriptions", f"push-subscriptions/{'a' * 32}"])
def test_a_path_that_only_begins_like_a_route_answers_nothing(aws, ask, path, end):
    token = signed_in(aws, ask)
    assert all(ask(method, path + end, token=token)[0] in (404, 422) for method in ("GET", "DELETE"))
    assert ask("GET", "examinations", token=token)[0] == 200


@pytest.mark.parametrize("time", ["5", True, [], {}])
def test_the_time_of_a_subscription_is_a_number_or_null(aws, ask, time):
    given = {"endpoint": ENDPOINT, "keys": KEYS, "expirationTime": time}
    status, problem = ask("POST", "push-subscriptions", given, token=signed_in(aws, ask))
    assert status == 422 and "expirationTime" in problem["detail"]


def test_an_answer_that_breaks_its_contract_is_a_problem_and_is_counted(aws, ask, recorded, monkeypatch):
    new = handed_out(aws)
    monkeypatch.setattr("blastlens.functions.patient_page.routes.text_of_time", lambda time: None)
    status, problem = ask("POST", "session", {"code": new.code, "pin": new.pin})
    assert status == 500 and problem["type"] == "urn:blastlens:problem:service-failed"
    assert "InvalidAnswer" in recorded.text and new.pin not in recorded.text


def test_messages_are_switched_on_again_and_off(aws, ask, parts):
    token, given = signed_in(aws, ask), {"endpoint": ENDPOINT, "keys": KEYS, "expirationTime": None}
    status, body = ask("POST", "push-subscriptions", given, token=token, language="en")
    assert status == 201
    assert ask("POST", "push-subscriptions", given, token=token)[1] == body
    (browser,) = parts.browsers.of_patient(PATIENT)
    assert (browser.id, browser.endpoint, browser.language) == (body["id"], ENDPOINT, Language.ENGLISH)
    assert browser.expires_at == NOON + CODE_LIFETIME
    other = signed_in(aws, ask, OTHER)
    assert ask("DELETE", f"push-subscriptions/{body['id']}", token=other)[0] == 204
    assert parts.browsers.of_patient(PATIENT) == [browser]
    assert ask("DELETE", f"push-subscriptions/{body['id']}", token=token)[0] == 204
    assert parts.browsers.of_patient(PATIENT) == []


@pytest.mark.parametrize(
    "change",
    [
        {"endpoint": "http://169.254.169.254/latest"},
        {"endpoint": "https://evil.example/fcm.googleapis.com"},
        {"keys": KEYS | {"p256dh": "AA"}},
        {"keys": KEYS | {"p256dh": "BA" + "A" * 85}},  # beside the curve: nothing can be encrypted for it
        {"keys": KEYS | {"auth": "AA"}},
    ],
)
def test_what_is_no_push_service_of_a_browser_is_refused(aws, ask, parts, change):
    given = {"endpoint": ENDPOINT, "keys": KEYS} | change
    status, body = ask("POST", "push-subscriptions", given, token=signed_in(aws, ask))
    assert status == 422 and "another browser" in body["detail"]
    assert parts.browsers.of_patient(PATIENT) == []


def test_a_patient_has_ten_browsers_at_most(aws, ask, parts):
    token = signed_in(aws, ask)
    given = [{"endpoint": f"{ENDPOINT}{number}", "keys": KEYS} for number in range(MAX_BROWSERS + 1)]
    answers = [ask("POST", "push-subscriptions", one, token=token)[0] for one in given]
    assert answers == [201] * MAX_BROWSERS + [409]
    assert ask("POST", "push-subscriptions", given[0], token=token)[0] == 201


def test_results_are_shown_where_the_push_key_cannot_be_read(aws, parts, recorded):
    ask = asking(replace(parts, push_key=PushKey(parts.push_key.client, "no-key")), recorded)
    new = handed_out(aws)
    status, body = ask("POST", "session", {"code": new.code, "pin": new.pin})
    assert status == 201 and body["push_key"] is None


def test_a_clinic_without_a_name_here_is_null(aws, ask):
    aws.clinics.delete("clinic-7")
    new = handed_out(aws)
    _, body = ask("POST", "session", {"code": new.code, "pin": new.pin})
    assert body["clinic"] == {"name": None, "contact": []} and body["language"] == "en"
