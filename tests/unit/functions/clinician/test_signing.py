"""Signatures of the page: who signs, what was seen, and what was confirmed."""

from dataclasses import replace
from typing import Any

import pytest

from blastlens.domain.examination import Examination, ExaminationStatus
from blastlens.domain.labels import Label
from blastlens.domain.review import Moves
from blastlens.domain.signature import SignatureKind
from tests.answers import field_record
from tests.examinations import BASIS, OTHERS, examination, examination_answer, signature, totals
from tests.reviews import move, review_event
from tests.unit.functions.clinician.conftest import PLACE, Clinic, claims

SEEN = {"basis": BASIS, "signatures": 0}
ACCEPT = {"kind": "accept", **SEEN}


def sign(clinic: Clinic, body: dict[str, Any], verb: str = "sign", **more: Any) -> tuple[int, Any]:
    return clinic.ask("POST", f"{PLACE}/{verb}", body, role="signer", **more)


def test_the_signer_is_the_user_of_the_token_and_a_repeated_request_signs_once(clinic: Clinic):
    clinic.put()
    (status, signed), again = (sign(clinic, ACCEPT) for _ in range(2))
    assert status == 200 and again == (200, signed)
    (entry,) = signed["history"]
    assert (entry["signed_by"], entry["conclusion"], signed["status"]) == ("Dr. Vogel", "pre_b", "SIGNED")
    status, problem = sign(clinic, ACCEPT | {"signed_by": "Dr. Amsel"})
    assert (status, problem["errors"][0]["field"]) == (422, "signed_by")


def test_an_amendment_and_a_retraction_keep_what_was_signed(clinic: Clinic):
    clinic.put()
    sign(clinic, ACCEPT)
    seen = {"basis": BASIS, "signatures": 1}
    _, amended = sign(clinic, seen | {"conclusion": "pro_b", "reason": "second look"}, "amend")
    assert (amended["status"], [one["conclusion"] for one in amended["history"]]) == ("AMENDED", ["pre_b", "pro_b"])
    _, retracted = sign(clinic, seen | {"signatures": 2, "reason": "smears were swapped"}, "retract")
    assert (retracted["status"], len(retracted["history"])) == ("RETRACTED", 3)


UNSURE = totals(replace(examination_answer(missing_cells=60), contradicts=True), uncertain_cells=4)
ALL = ["uncertain_cells_seen", "few_cells_considered", "contradiction_considered"]


@pytest.mark.parametrize("left_out", [*ALL, None])
def test_what_applies_has_to_be_confirmed_and_the_refusal_names_what_is_missing(clinic: Clinic, left_out: str | None):
    clinic.put(examination(ExaminationStatus.INSUFFICIENT, counted=UNSURE))
    _, shown = clinic.ask("GET", PLACE)
    assert shown["checks"] == ALL
    body = {"kind": "correct", "conclusion": "not_assessable", **SEEN}
    status, answer = sign(clinic, body | {"checks": [one for one in reversed(ALL) if one != left_out]}, language="de")
    if left_out is None:
        assert (status, answer["history"][0]["checks"]) == (200, ALL)
    else:
        assert (status, answer["type"]) == (409, "urn:blastlens:problem:checks-missing")
        assert answer["missing"] == [left_out] and answer["detail"].startswith(
            "Bestätigen Sie vor der Unterschrift: Ich"
        )
        assert answer["examination"]["status"] == "INSUFFICIENT"


def test_of_two_signers_at_once_the_second_sees_what_the_first_signed(clinic: Clinic):
    clinic.put()
    sign(clinic, ACCEPT)
    amsel = claims(clinic.id, "signer", sub="other", name="Dr. Amsel")
    status, problem = sign(clinic, {"kind": "correct", "conclusion": "pro_b", **SEEN}, claims=amsel)
    assert status == 409 and "Meanwhile it was signed as Pre-B ALL by Dr. Vogel" in problem["detail"]
    assert problem["examination"]["history"][0]["signed_by"] == "Dr. Vogel"


def test_a_signature_on_what_changed_is_refused_with_what_changed(clinic: Clinic):
    stored = clinic.put()
    status, problem = sign(clinic, ACCEPT | {"basis": "cd" * 32})
    assert (status, problem["type"]) == (412, "urn:blastlens:problem:changed")
    assert "Fields now: 8 read, 1 refused, 0 excluded" in problem["detail"]
    assert problem["examination"]["basis"] == BASIS
    move_a_cell(clinic, stored)
    status, problem = sign(clinic, ACCEPT | {"moves": 0})
    assert status == 412 and "1 moves now, 0 when you looked" in problem["detail"]
    assert sign(clinic, ACCEPT | {"moves": 1})[0] == 200


def move_a_cell(clinic: Clinic, stored: Examination) -> None:
    moved = Moves((move(field_record(1)),))
    assert clinic.aws.reviews.add(review_event(moved), stored)


@pytest.mark.parametrize(
    ("verb", "body", "fields"),
    [
        ("sign", {"kind": "correct"}, ["conclusion"]),
        ("amend", {}, ["conclusion", "reason"]),
        ("amend", {"conclusion": "pro_b", "reason": "  "}, ["reason"]),
        ("retract", {}, ["reason"]),
        ("retract", {"reason": "swapped", "conclusion": "pro_b"}, ["conclusion"]),
        ("retract", {"reason": "two\nlines"}, ["reason"]),
        ("sign", {"kind": "amend", "signatures": -1, "checks": ["nothing"]}, ["kind", "signatures", "checks.0"]),
    ],
)
def test_everything_that_a_signature_lacks_is_named_at_once(clinic: Clinic, verb: str, body, fields: list[str]):
    clinic.put()
    status, problem = sign(clinic, SEEN | body, verb)
    assert status == 422 and sorted(one["field"] for one in problem["errors"]) == sorted(fields)


def test_a_held_examination_is_signed_after_a_person_has_released_it(clinic: Clinic):
    clinic.put(examination(ExaminationStatus.OPEN, counted=totals(shared_with=OTHERS)))
    status, problem = sign(clinic, ACCEPT)
    assert status == 409 and "another patient of the clinic has the same image" in problem["detail"]
    (status, released), again = (sign(clinic, {"basis": BASIS}, "release") for _ in range(2))
    assert status == 200 and again == (200, released)
    assert released["released"]["released_by"] == "Dr. Vogel" and released["status"] == "READY"
    assert sign(clinic, ACCEPT)[0] == 200


def test_an_answer_that_leaves_classes_open_has_to_be_concluded(clinic: Clinic):
    clinic.put(examination(counted=totals(examination_answer(Label.PRE_B, Label.BENIGN))))
    status, problem = sign(clinic, ACCEPT, language="de")
    assert status == 409 and "Die Antwort lässt offen: Gutartig (Hämatogone), Prä-B-ALL." in problem["detail"]


def test_an_examination_that_was_signed_again_after_a_retraction_shows_both(clinic: Clinic):
    clinic.put(examination(ExaminationStatus.RETRACTED, signature(), signature(SignatureKind.RETRACT)))
    _, signed = sign(clinic, ACCEPT | {"signatures": 2})
    assert [one["kind"] for one in signed["history"]] == ["accept", "retract", "accept"]
