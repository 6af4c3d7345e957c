"""Routes of examinations."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from blastlens.domain.examination import Examination, ExaminationStatus, Meaning, Told
from blastlens.domain.labels import Label
from blastlens.domain.record import Audience
from blastlens.domain.result import Custody
from blastlens.domain.signature import Conclusion, SignatureKind
from blastlens.domain.upload import ExaminationId, Upload
from blastlens.functions.routes import ApiDependencies
from tests.answers import BUCKET, MODEL, NOON, prediction, rejection, result
from tests.aws import Services
from tests.examinations import BASIS, CALLER, EXAMINATION, OTHERS, examination, examination_answer, signature, totals
from tests.unit.functions.asking import Ask, asking

PLACE = "/clinics/clinic-7/patients/patient-41/examinations/examination-1"
LIST = "/clinics/clinic-7/examinations"
ACCEPT = {"kind": "accept", "signed_by": "Dr. Vogel", "basis": BASIS, "signatures": 0}
CORRECT = ACCEPT | {"kind": "correct", "conclusion": "other_disease"}
AMEND = {"conclusion": "pro_b", "reason": "second look", "signed_by": "Dr. Amsel", "basis": BASIS, "signatures": 1}
RETRACT = {"reason": "wrong patient", "signed_by": "Dr. Amsel", "basis": BASIS, "signatures": 1}
RELEASE = {"released_by": "Dr. Vogel", "basis": BASIS}


@pytest.fixture
def parts(aws: Services) -> ApiDependencies:
    return ApiDependencies(aws.images, aws.results, aws.examinations, BUCKET, clock=lambda: NOON, trail=aws.trail)


@pytest.fixture
def ask(parts: ApiDependencies, recorded) -> Ask:
    return asking(parts, recorded)


@pytest.fixture
def stored(aws: Services) -> Examination:
    one = examination()
    assert aws.examinations.put(one, None)
    return one


def put(aws: Services, one: Examination) -> None:
    assert aws.examinations.put(one, None)


def field(upload_id: str, version: str = "v1", sequencer: str = "0A", **changes: Any):
    upload = Upload("clinic-7", "patient-41", upload_id, "jpg", "examination-1")
    answer = changes.pop("answer", prediction())
    return replace(result(answer, upload, version, sequencer), **changes)


def test_an_examination_is_shown_with_its_answer_history_and_what_people_were_told(ask: Ask, aws: Services):
    told = Told(Meaning.LEUKEMIA, NOON, BASIS, NOON)
    history = (signature(), signature(SignatureKind.AMEND))
    put(aws, examination(ExaminationStatus.AMENDED, *history, told={Audience.CLINIC: (told,)}))
    status, shown = ask("GET", PLACE)
    assert status == 200
    assert (shown["status"], shown["finding"], shown["signatures"]) == ("AMENDED", "leukemia", 2)
    assert shown["fields"] == {
        "read": 8,
        "rejected": {"blurred": 1},
        "excluded": 0,
        "declared": None,
        "waiting_for_model": 0,
    }
    assert (shown["answer"]["white_cells"], shown["answer"]["blast_interval"]) == (240, [0.69, 0.8])
    assert [one["conclusion"] for one in shown["history"]] == ["pre_b", "pro_b"]
    assert [one["replaces"] for one in shown["history"]] == [None, "pre_b"]
    assert shown["told"]["clinic"][0]["meaning"] == "leukemia" and shown["told"]["patient"] == []
    assert "arn:" not in json.dumps(shown)


def test_an_examination_that_is_not_there_is_not_found(ask: Ask):
    for method, path, body in (
        ("GET", PLACE, None),
        ("GET", f"{PLACE}/fields", None),
        ("POST", f"{PLACE}/sign", ACCEPT),
        ("POST", f"{PLACE}/release", RELEASE),
    ):
        status, answer = ask(method, path, body)
        assert (status, answer["message"].partition(",")[0]) == (404, "there is no such examination")


def test_a_worklist_shows_unsigned_and_urgent_examinations_of_one_clinic_first(ask: Ask, aws: Services):
    benign = totals(examination_answer(Label.BENIGN))
    rows = {
        "signed": examination(ExaminationStatus.SIGNED, signature()),
        "benign": examination(counted=benign),
        "urgent": examination(),
        "later": examination(counted=totals(uploaded_at=NOON + timedelta(minutes=1))),
    }
    for name, row in rows.items():
        put(aws, replace(row, id=ExaminationId("clinic-7", "patient-41", name)))
    put(aws, replace(examination(), id=ExaminationId("clinic-8", "patient-41", "other")))
    _, first = ask("GET", LIST, query={"limit": "3"})
    _, second = ask("GET", LIST, query={"limit": "3", "next": first["next"]})
    listed = [one["examination_id"] for one in first["examinations"] + second["examinations"]]
    assert listed == ["later", "urgent", "benign", "signed"]
    assert second["next"] is None
    assert ask("GET", "/clinics/clinic-8/examinations", query={"next": first["next"]})[0] == 400


def test_the_fields_are_shown_in_the_order_of_their_images_with_the_reading_that_counts(ask: Ask, aws: Services):
    put(aws, examination())
    older = prediction(model=replace(MODEL, digest="0" * 64))
    same = Custody(same_as="clinic-7/patient-9/examination-2")
    for one in (
        field("b", taken_at=NOON),
        field("a", taken_at=NOON + timedelta(minutes=1), custody=same),
        field("b", "v0", "09", taken_at=NOON),
        field("b", answer=older, taken_at=NOON),
        field("c", answer=rejection(), taken_at=NOON + timedelta(minutes=2)),
    ):
        assert aws.results.write(one)
    _, page = ask("GET", f"{PLACE}/fields", query={"limit": "2"})
    _, last = ask("GET", f"{PLACE}/fields", query={"limit": "2", "next": page["next"]})
    fields = page["fields"] + last["fields"]
    assert [one["upload_id"] for one in fields] == ["b", "a", "c"] and last["next"] is None
    assert [one["same_as"] for one in fields] == [None, "clinic-7/patient-9/examination-2", None]
    counting = [one["reading"] for one in fields[0]["readings"] if one["counts"]]
    assert counting == [field("b").id.reading] and len(fields[0]["readings"]) == 3
    assert fields[2]["readings"][0]["reason"] == "blurred"


def test_an_examination_is_accepted_by_a_name_and_by_the_proven_identity(ask: Ask, aws: Services, stored: Examination):
    status, shown = ask("POST", f"{PLACE}/sign", ACCEPT)
    now = aws.examinations.get(EXAMINATION)
    assert (status, shown["status"], shown["history"][0]["conclusion"]) == (200, "SIGNED", "pre_b")
    assert now is not None and (now.revision, now.status) == (stored.revision + 1, ExaminationStatus.SIGNED)
    assert now.history == (signature(conclusion=Conclusion.PRE_B),) and now.history[0].caller == CALLER
    assert ask("GET", PLACE)[1] == shown


def test_a_history_grows_and_keeps_what_was_replaced(ask: Ask, stored: Examination):
    assert ask("POST", f"{PLACE}/sign", CORRECT)[1]["finding"] == "other_disease"
    assert ask("POST", f"{PLACE}/amend", AMEND)[1]["status"] == "AMENDED"
    retracted = ask("POST", f"{PLACE}/retract", RETRACT | {"signatures": 2})[1]
    assert (retracted["status"], retracted["finding"]) == ("RETRACTED", None)
    signed = ask("POST", f"{PLACE}/sign", ACCEPT | {"signatures": 3})[1]
    kinds = ["correct", "amend", "retract", "accept"]
    assert [one["kind"] for one in signed["history"]] == kinds
    assert [one["replaces"] for one in signed["history"]] == [None, "other_disease", "pro_b", None]
    assert signed["history"][2]["reason"] == "wrong patient"


def test_of_two_people_at_once_one_wins_and_the_other_is_shown_what_was_signed(ask: Ask, stored: Examination):
    assert ask("POST", f"{PLACE}/sign", ACCEPT)[0] == 200
    status, answer = ask("POST", f"{PLACE}/sign", CORRECT | {"signed_by": "Dr. Amsel"}, caller="arn:aws:iam::1:user/a")
    assert status == 409
    assert "Meanwhile it was signed as Pre-B ALL by Dr. Vogel on 22 November 2026, 12:00 UTC" in answer["message"]
    assert answer["examination"]["history"][0]["signed_by"] == "Dr. Vogel"


def test_a_conclusion_about_fields_that_changed_is_refused_with_those_there_are(ask: Ask, stored: Examination):
    status, answer = ask("POST", f"{PLACE}/sign", ACCEPT | {"basis": "of yesterday"})
    assert status == 412
    assert "The fields changed after you looked" in answer["message"]
    assert answer["examination"]["basis"] == BASIS and answer["examination"]["signatures"] == 0


@pytest.mark.parametrize("body", [ACCEPT, CORRECT])
def test_the_same_signature_sent_again_is_stored_once(parts, aws: Services, recorded, stored: Examination, body):
    def lose(**_: Any) -> None:
        raise ReadTimeoutError(endpoint_url="dynamodb")

    aws.dynamodb.meta.events.register("after-call.dynamodb.PutItem", lose)
    assert asking(parts, recorded)("POST", f"{PLACE}/sign", body)[0] == 503
    aws.dynamodb.meta.events.unregister("after-call.dynamodb.PutItem", lose)
    later = replace(parts, clock=lambda: NOON + timedelta(minutes=1))
    status, shown = asking(later, recorded)("POST", f"{PLACE}/sign", body)
    assert status == 200
    assert [one["signed_at"] for one in shown["history"]] == ["2026-11-22T12:00:00.000Z"]


def test_the_same_words_of_another_caller_are_another_signature(ask: Ask, stored: Examination):
    assert ask("POST", f"{PLACE}/sign", ACCEPT)[0] == 200
    assert ask("POST", f"{PLACE}/sign", ACCEPT, caller="arn:aws:iam::1:user/another")[0] == 409


def test_nothing_is_signed_by_nobody(ask: Ask, aws: Services, stored: Examination):
    status, answer = ask("POST", f"{PLACE}/sign", ACCEPT, caller="")
    assert status == 401 and "nobody is authenticated" in answer["message"]
    now = aws.examinations.get(EXAMINATION)
    assert now is not None and now.history == ()


def test_a_held_examination_is_signed_after_its_release(ask: Ask, aws: Services):
    put(aws, examination(ExaminationStatus.OPEN, counted=totals(shared_with=OTHERS)))
    assert ask("GET", PLACE)[1]["held"] is True
    status, answer = ask("POST", f"{PLACE}/sign", ACCEPT)
    assert status == 409 and "another patient of the clinic has the same image" in answer["message"]
    for _ in range(2):
        status, released = ask("POST", f"{PLACE}/release", RELEASE)
        assert (status, released["held"], released["status"]) == (200, False, "READY")
    assert released["released"] == {"released_by": "Dr. Vogel", "released_at": "2026-11-22T12:00:00.000Z"}
    assert ask("POST", f"{PLACE}/release", RELEASE | {"released_by": "Dr. Amsel"})[0] == 409
    assert ask("POST", f"{PLACE}/sign", ACCEPT)[0] == 200


@pytest.mark.parametrize(
    ("route", "body", "why"),
    [
        ("sign", ACCEPT | {"kind": "amend"}, "kind has to be one of accept, correct"),
        ("sign", {**ACCEPT, "kind": None}, "kind is missing"),
        ("sign", CORRECT | {"conclusion": None}, "conclusion is missing: choose one of benign"),
        ("sign", CORRECT | {"conclusion": "leukemia"}, "conclusion has to be one of benign"),
        ("sign", CORRECT | {"conclusion": ["pre_b"]}, "conclusion has to be one of benign"),
        ("sign", ACCEPT | {"signed_by": " "}, "signed_by has to be a name of 1 to 200"),
        ("sign", ACCEPT | {"signed_by": "x" * 201}, "signed_by has to be a name of 1 to 200"),
        ("sign", ACCEPT | {"signed_by": "Dr.\nVogel"}, "without line breaks"),
        ("sign", ACCEPT | {"signed_by": "\N{RIGHT-TO-LEFT OVERRIDE}legoV"}, "invisible characters"),
        ("sign", ACCEPT | {"basis": ""}, "basis is missing"),
        ("sign", ACCEPT | {"signatures": None}, "signatures has to be the number"),
        ("sign", ACCEPT | {"signatures": True}, "signatures has to be the number"),
        ("sign", ACCEPT | {"signatures": -1}, "signatures has to be the number"),
        ("sign", ACCEPT | {"reason": 7}, "reason has to be a text"),
        ("amend", AMEND | {"reason": " "}, "reason is missing: say why the signature is to amend"),
        ("amend", AMEND | {"reason": "x" * 1001}, "one line of at most 1000 characters"),
        ("amend", AMEND | {"conclusion": None}, "conclusion is missing"),
        ("retract", RETRACT | {"reason": None}, "reason is missing"),
        ("retract", RETRACT | {"conclusion": "pre_b"}, "a retraction has no conclusion"),
        ("release", RELEASE | {"basis": None}, "basis is missing"),
        ("release", {"basis": BASIS}, "released_by is missing"),
        ("sign", [], "the body has to be a JSON object"),
        ("sign", "no json", "the body has to be a JSON object"),
    ],
    ids=str,
)
def test_a_request_that_lacks_something_says_what_and_stores_nothing(ask: Ask, aws: Services, route, body, why):
    put(aws, examination(ExaminationStatus.SIGNED, signature()) if route in ("amend", "retract") else examination())
    before = aws.examinations.get(EXAMINATION)
    status, answer = ask("POST", f"{PLACE}/{route}", body)
    assert status == 400 and why in answer["message"]
    assert aws.examinations.get(EXAMINATION) == before


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", LIST),
        ("GET", PLACE),
        ("GET", f"{PLACE}/fields"),
        *(("POST", f"{PLACE}/{one}") for one in ("sign", "amend", "retract", "release")),
        ("GET", f"{PLACE}/uploads/u/state"),
    ],
)
def test_a_route_takes_neither_unknown_query_parameters_nor_ids_that_break_the_contract(ask: Ask, method, path):
    status, answer = ask(method, path, None, {"status": "READY"})
    assert status == 400 and "unknown query parameter" in answer["message"]
    assert ask(method, path.replace("clinic-7", "Jane Doe"))[0] == 400
    assert ask(method, path.replace("examination-1", "a b"))[0] == (400 if "examination-1" in path else 200)
