"""Routes of reviews: moves of cells, exclusions, comments, opinions."""

import json
import uuid
from dataclasses import replace
from typing import Any

import pytest

from blastlens.domain.cell_file import encode_cells
from blastlens.domain.examination import Examination, ExaminationStatus
from blastlens.domain.examination_totals import total_fields
from blastlens.domain.field import CellKind
from blastlens.domain.labels import Label
from blastlens.domain.result import Artifacts, Custody, Result
from blastlens.domain.upload import ExaminationId
from tests.answers import BUCKET, CELL, CONSTANTS, MODEL, field_summary, prediction
from tests.examinations import examination, signature
from tests.unit.functions.clinician.conftest import EXAMINATION, PATIENT, PLACE, Clinic, claims

ACCEPT = {"kind": "accept", "signatures": 0, "checks": ["uncertain_cells_seen"]}
AMSEL = {"sub": "other", "name": "Dr. Amsel"}


def new_id() -> str:
    return str(uuid.uuid4())


def write_field(clinic: Clinic, upload_id: str, label: Label = Label.PRE_B, cells: int = 24) -> Result:
    """Store a field with its file of cells, all of which are benign."""
    summary = field_summary()
    key = f"artifacts/{clinic.id}/{PATIENT}/{EXAMINATION}/{upload_id}/v1/d/cells.json"
    found = [replace(CELL, kind=CellKind.BENIGN)] * cells
    clinic.aws.s3.put_object(Bucket=BUCKET, Key=key, Body=encode_cells(summary, MODEL, (640, 480), [], found))
    custody = Custody(upload_id, constants=CONSTANTS)
    answer = replace(prediction(label), field=summary)
    return clinic.write(upload_id, answer=answer, artifacts=Artifacts(cells=key), custody=custody)


def put_computed(clinic: Clinic) -> Examination:
    """Store the examination as its fields come to it."""
    records = clinic.aws.results.fields(ExaminationId(clinic.id, PATIENT, EXAMINATION))
    return clinic.put(examination(ExaminationStatus.READY, counted=total_fields(records).totals))


@pytest.fixture
def smear(clinic: Clinic) -> list[Result]:
    """An examination of two fields, of which one shows leukemia and the other benign."""
    fields = [write_field(clinic, "field-1"), write_field(clinic, "field-2", Label.BENIGN)]
    put_computed(clinic)
    return fields


def a_move(field: Result, cell: int = 0, kind: str = "pre_b") -> dict[str, Any]:
    assert field.upload is not None
    return {"upload_id": field.upload.upload_id, "reading": field.id.reading, "cell": cell, "kind": kind}


def test_a_cell_that_is_moved_changes_the_differential_at_once(clinic: Clinic, smear: list[Result]):
    body = {"id": new_id(), "moves": [a_move(smear[0]), a_move(smear[0], 1, "not_a_cell")]}
    answers = [clinic.ask("POST", f"{PLACE}/cells/moves", body, role="signer") for _ in range(2)]
    (status, moved), again = answers[0], answers[1]
    assert status == 200 and again == answers[0], "the same request again is stored once"
    assert moved["review"]["moves"] == 2
    found = moved["differential"]
    assert (found["cells"], found["blasts"], found["moved"]) == (47, 1, 2)
    assert (found["by_kind"]["benign"], found["by_kind"]["pre_b"]) == (42, 1)
    _, cells = clinic.ask("GET", f"{PLACE}/cells")
    (field,) = [one for one in cells["fields"] if one["upload_id"] == "field-1"]
    assert field["cells"][0]["kind"] == "benign" and field["cells"][0]["moved"]["kind"] == "pre_b"
    assert field["cells"][0]["moved"]["by"] == "Dr. Vogel" and field["cells"][2]["moved"] is None


@pytest.mark.parametrize("change", [{"cell": 24}, {"reading": "field-1#v0#gone"}, {"upload_id": "field-9"}])
def test_a_cell_that_is_not_there_is_refused_with_the_examination_as_it_is(clinic: Clinic, smear, change):
    body = {"id": new_id(), "moves": [a_move(smear[0]) | change]}
    status, problem = clinic.ask("POST", f"{PLACE}/cells/moves", body, role="signer")
    assert status == 409 and "no such cell" in problem["detail"]
    assert problem["examination"]["examination_id"] == EXAMINATION


def test_cells_whose_file_is_gone_cannot_be_moved(clinic: Clinic, smear: list[Result]):
    clinic.aws.s3.delete_object(Bucket=BUCKET, Key=smear[0].artifacts.cells)
    status, _ = clinic.ask("POST", f"{PLACE}/cells/moves", {"id": new_id(), "moves": [a_move(smear[0])]}, role="signer")
    assert status == 409


def test_an_excluded_field_changes_the_answer_at_once_and_taking_it_back_restores_it(clinic: Clinic, smear):
    _, before = clinic.ask("GET", PLACE)
    body = {"id": new_id(), "reason": "smudged", "basis": before["basis"]}
    place = f"{PLACE}/fields/field-1/exclusion"
    (status, out), again = (clinic.ask("POST", place, body, role="signer") for _ in range(2))
    assert status == 200 and again == (200, out)
    assert (before["finding"], out["finding"], out["fields"]["excluded"]) == ("uncertain", "uncertain", 1)
    assert out["hides_leukemia"] and "contradiction_considered" in out["checks"]
    assert "Leukemia is open because of a field that a person excluded" in out["summary"]
    assert out["review"]["exclusions"]["field-1"]["reason"] == "smudged" and out["differential"]["cells"] == 24
    _, fields = clinic.ask("GET", f"{PLACE}/fields")
    assert [one["excluded"] is not None for one in fields["fields"]] == [True, False]
    (status, back), twice = (clinic.ask("DELETE", place, role="signer") for _ in range(2))
    assert status == 200 and twice == (200, back)
    assert {name: back[name] for name in ("finding", "basis", "fields")} == {
        name: before[name] for name in ("finding", "basis", "fields")
    }


def test_an_exclusion_of_what_was_not_seen_is_refused_with_what_there_is_now(clinic: Clinic, smear):
    body = {"id": new_id(), "reason": "smudged", "basis": "seen before"}
    status, problem = clinic.ask("POST", f"{PLACE}/fields/field-1/exclusion", body, role="signer")
    assert (status, problem["type"]) == (412, "urn:blastlens:problem:changed")
    assert "2 read" in problem["detail"] and problem["examination"]["fields"]["read"] == 2
    for method, sent in (("POST", body | {"basis": None}), ("DELETE", None)):
        status, problem = clinic.ask(method, f"{PLACE}/fields/field-9/exclusion", sent, role="signer")
        assert (status, problem["type"]) == (404, "urn:blastlens:problem:field-missing")


def test_an_exclusion_while_fields_arrive_is_to_be_tried_again(clinic: Clinic, smear):
    write_field(clinic, "field-3")
    body = {"id": new_id(), "reason": "smudged"}
    status, problem = clinic.ask("POST", f"{PLACE}/fields/field-1/exclusion", body, role="signer", language="de")
    assert status == 503 and "in einigen Sekunden" in problem["detail"]


def test_nothing_that_a_signature_rests_on_changes_under_it(clinic: Clinic, smear):
    _, seen = clinic.ask("GET", PLACE)
    asked = {
        "kind": "correct",
        "conclusion": "pre_b",
        "signatures": 0,
        "basis": seen["basis"],
        "checks": seen["checks"],
    }
    assert clinic.ask("POST", f"{PLACE}/sign", asked, role="signer")[0] == 200
    for path, body in (
        ("/cells/moves", {"id": new_id(), "moves": [a_move(smear[0])]}),
        ("/fields/field-1/exclusion", {"id": new_id(), "reason": "smudged"}),
    ):
        status, problem = clinic.ask("POST", PLACE + path, body, role="signer")
        assert status == 409 and "retract the signature first" in problem["detail"]
        assert problem["examination"]["status"] == "SIGNED"
    assert clinic.ask("POST", f"{PLACE}/comments", {"id": new_id(), "text": "seen"})[0] == 200


def test_a_colleague_is_asked_and_answers_once(clinic: Clinic):
    clinic.put()
    question = new_id()
    status, review = clinic.ask("POST", f"{PLACE}/opinions", {"id": question, "question": "Pre-B?"})
    assert status == 200 and review["opinions"][0]["answer"] is None
    place, answer = f"{PLACE}/opinions/{question}/answer", {"id": new_id(), "text": "Yes.", "conclusion": "pre_b"}
    status, problem = clinic.ask("POST", place, answer, role="signer")
    assert status == 409 and "another signer has to answer" in problem["detail"]
    amsel = claims(clinic.id, "signer", **AMSEL)
    status, review = clinic.ask("POST", place, answer, claims=amsel)
    assert status == 200 and review["opinions"][0]["answer"] | {"at": ""} == {
        "by": "Dr. Amsel",
        "at": "",
        "text": "Yes.",
        "conclusion": "pre_b",
    }
    status, problem = clinic.ask("POST", place, answer | {"id": new_id()}, claims=amsel)
    assert status == 409 and "answered by Dr. Amsel" in problem["detail"]
    status, problem = clinic.ask("POST", f"{PLACE}/opinions/{new_id()}/answer", answer | {"id": new_id()}, claims=amsel)
    assert status == 409 and "no such question" in problem["detail"]


def test_a_comment_keeps_its_lines_and_is_stored_once(clinic: Clinic):
    clinic.put()
    body = {"id": new_id(), "text": "Field 3:\r\n\tblasts? <script>alert(1)</script>  "}
    answers = [clinic.ask("POST", f"{PLACE}/comments", body) for _ in range(2)]
    assert answers[0] == answers[1]
    (comment,) = answers[0][1]["comments"]
    assert comment["text"] == "Field 3:\n blasts? <script>alert(1)</script>"
    status, problem = clinic.ask("POST", f"{PLACE}/comments", body | {"text": "other"})
    assert status == 409 and "sent before with other content" in problem["detail"]


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/comments", {"text": "\u202egnitirw"}, "text"),
        ("/comments", {"text": "  \n "}, "text"),
        ("/opinions", {"question": "a\x00b"}, "question"),
        ("/fields/field-1/exclusion", {"reason": "two\nlines"}, "reason"),
        ("/cells/moves", {"moves": []}, "moves"),
    ],
)
def test_a_text_that_cannot_be_printed_is_named(clinic: Clinic, path: str, body: dict[str, Any], field: str):
    clinic.put()
    status, problem = clinic.ask("POST", PLACE + path, {"id": new_id()} | body, role="signer")
    assert status == 422 and [one["field"] for one in problem["errors"]] == [field]


def test_a_reader_comments_and_asks_but_changes_nothing(clinic: Clinic, smear):
    place = f"{PLACE}/fields/field-1/exclusion"
    for method, path, body in (
        ("POST", f"{PLACE}/cells/moves", {"id": new_id(), "moves": [a_move(smear[0])]}),
        ("POST", place, {"id": new_id(), "reason": "smudged"}),
        ("DELETE", place, None),
        ("POST", f"{PLACE}/sign", ACCEPT | {"basis": "b"}),
    ):
        status, problem = clinic.ask(method, path, body)
        assert (status, problem["type"]) == (403, "urn:blastlens:problem:role-missing"), path
    assert clinic.ask("POST", f"{PLACE}/comments", {"id": new_id(), "text": "seen"})[0] == 200


def test_another_clinics_examination_is_reviewed_by_nobody(clinic: Clinic, shared, smear):
    other = Clinic(*shared)
    for path, body in (
        ("/cells/moves", {"id": new_id(), "moves": [a_move(smear[0])]}),
        ("/fields/field-1/exclusion", {"id": new_id(), "reason": "smudged"}),
        ("/comments", {"id": new_id(), "text": "seen"}),
        ("/sign", ACCEPT | {"basis": "b"}),
    ):
        assert other.ask("POST", PLACE + path, body, role="signer")[0] == 404, path
    assert clinic.ask("GET", PLACE)[1]["revision"] == 1


def test_every_change_is_in_the_audit_trail(clinic: Clinic):
    clinic.put(examination(ExaminationStatus.SIGNED, signature()))
    clinic.ask("POST", f"{PLACE}/comments", {"id": new_id(), "text": "seen"})
    (access,) = clinic.accesses()
    assert access["action"].startswith("POST /v1/patients/") and access["examination_id"] == EXAMINATION
    assert "seen" not in json.dumps(access)
