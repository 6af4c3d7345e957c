"""The worklist with its filters and cursors."""

import base64
import itertools
import json
from dataclasses import replace
from datetime import timedelta

import pytest

from blastlens.cloud.tables import filtered_worklist
from blastlens.cloud.tables.examination_items import rank_of
from blastlens.cloud.tables.examinations import ExaminationCursor
from blastlens.cloud.tables.filtered_worklist import SECTIONS
from blastlens.cloud.tables.results import InvalidCursor
from blastlens.domain.edge_comparison import EdgeTotals
from blastlens.domain.examination import Examination, ExaminationStatus
from blastlens.domain.labels import Label
from blastlens.domain.signature import Conclusion, SignatureKind
from blastlens.domain.worklist import Show, WorklistFilter
from tests.answers import NOON, TAKEN
from tests.examinations import examination, examination_answer, signature, totals
from tests.unit.functions.clinician.conftest import Clinic

INSUFFICIENT, SIGNED, RETRACTED = (
    ExaminationStatus.INSUFFICIENT,
    ExaminationStatus.SIGNED,
    ExaminationStatus.RETRACTED,
)
BENIGN = totals(examination_answer(Label.BENIGN))
UNCERTAIN = totals(examination_answer(Label.BENIGN, Label.PRE_B))
FEW = totals(examination_answer(Label.PRE_B, missing_cells=40))
FEW_BENIGN = totals(examination_answer(Label.BENIGN, missing_cells=40))
DISAGREEING = totals(examination_answer(Label.BENIGN), edge=EdgeTotals(8, 3, True))
KINDS = {
    "leukemia": examination(),
    "benign": examination(counted=BENIGN),
    "uncertain": examination(counted=UNCERTAIN),
    "few": examination(INSUFFICIENT, counted=FEW),
    "few-benign": examination(INSUFFICIENT, counted=FEW_BENIGN),
    "unreadable": examination(INSUFFICIENT, counted=totals(None, fields_read=0)),
    "open": examination(ExaminationStatus.OPEN, counted=UNCERTAIN),
    "signed": examination(SIGNED, signature()),
    "signed-benign": examination(SIGNED, signature(conclusion=Conclusion.NO_LEUKEMIA), counted=UNCERTAIN),
    "disagreeing": examination(counted=DISAGREEING),
    "signed-disagreeing": examination(SIGNED, signature(conclusion=Conclusion.BENIGN), counted=DISAGREEING),
    "one-field-disagrees": examination(counted=totals(edge=EdgeTotals(8, 1, False))),
    "retracted": examination(RETRACTED, signature(), signature(SignatureKind.RETRACT), counted=UNCERTAIN),
}
SHOWN = {
    "all": set(KINDS),
    "unsigned": set(KINDS) - {"signed", "signed-benign", "signed-disagreeing"},
    "malignant": {"leukemia", "few", "signed", "one-field-disagrees"},
    "uncertain": {"uncertain", "open", "retracted"},
    "insufficient": {"few", "few-benign", "unreadable"},
    "disagreeing": {"disagreeing", "signed-disagreeing"},
}


def names(answer) -> list[str]:
    return [one["examination_id"] for one in answer["examinations"]]


@pytest.fixture(scope="module")
def filled(shared) -> Clinic:
    """A clinic with an examination of each kind, which no test changes."""
    clinic = Clinic(*shared)
    for name, one in KINDS.items():
        clinic.put(one, name=name)
    return clinic


def pages(clinic: Clinic, **query: str) -> list[str]:
    """The names of all pages."""
    found: list[str] = []
    while True:
        status, answer = clinic.ask("GET", "/v1/worklist", None, query)
        assert status == 200, answer
        found += names(answer)
        if answer["next"] is None:
            return found
        query["next"] = answer["next"]


@pytest.mark.parametrize("show", SHOWN)
@pytest.mark.parametrize("limit", ["3", "100"])
def test_a_filter_shows_what_it_names_each_once_however_long_a_page_is(filled: Clinic, show: str, limit: str):
    found = pages(filled, show=show, limit=limit)
    assert set(found) == SHOWN[show] and len(found) == len(set(found))


def test_unsigned_and_urgent_examinations_come_first(filled: Clinic):
    _, answer = filled.ask("GET", "/v1/worklist")
    urgencies = [(one["status"] in ("SIGNED", "AMENDED"), one["urgency"]) for one in answer["examinations"]]
    order = ["high", "unknown", "routine"]
    assert urgencies == sorted(urgencies, key=lambda one: (one[0], order.index(one[1])))
    assert answer["as_of"] == "2026-11-22T12:00:00.000Z"


def test_every_section_that_a_filter_reads_holds_all_that_it_admits():
    conclusions = [signature(conclusion=one) for one in Conclusion]
    history: list[tuple] = [(), *((one,) for one in conclusions), (signature(), signature(SignatureKind.RETRACT))]
    counted = [BENIGN, UNCERTAIN, FEW, FEW_BENIGN, DISAGREEING, totals(), totals(None)]
    made = [
        examination(status, *signed, counted=one)
        for status, signed, one in itertools.product(ExaminationStatus, history, counted)
        if (status in (SIGNED, ExaminationStatus.AMENDED)) == (len(signed) == 1)
        and (status is RETRACTED) == (len(signed) == 2)
    ]
    for show in Show:
        admitted = [one for one in made if WorklistFilter(show).admits(one)]
        assert admitted and all(rank_of(one).startswith(SECTIONS[show]) for one in admitted), show


def taken(days: int) -> Examination:
    at = TAKEN + timedelta(days=days)
    return examination(counted=totals(first_taken_at=at, last_taken_at=at + timedelta(minutes=5), uploaded_at=NOON))


def test_a_worklist_of_days_shows_what_was_taken_on_them(clinic: Clinic):
    for day in range(4):
        clinic.put(taken(day), name=f"day-{20 + day}")
    assert set(pages(clinic, **{"from": "2026-11-21", "to": "2026-11-22"})) == {"day-21", "day-22"}
    assert set(pages(clinic, **{"from": "2026-11-23"})) == {"day-23"}
    assert set(pages(clinic, to="2026-11-20", limit="1")) == {"day-20"}


def test_a_worklist_of_a_patient_shows_that_one_alone(clinic: Clinic):
    for number in range(3):
        clinic.put(patient="patient-1", name=f"smear-{number}")
        clinic.put(patient="patient-2", name=f"smear-{number}")
    found = pages(clinic, patient="patient-1", limit="2")
    assert sorted(found) == ["smear-0", "smear-1", "smear-2"]
    assert pages(clinic, patient="nobody") == []


def test_a_filter_that_admits_few_goes_on_with_the_next_page(filled: Clinic, monkeypatch):
    monkeypatch.setattr(filtered_worklist, "MOST_READ", 6)
    monkeypatch.setattr(filtered_worklist, "_PAGE", 4)
    _, first = filled.ask("GET", "/v1/worklist", None, {"show": "insufficient", "limit": "1"})
    assert first["next"] is not None
    assert set(pages(filled, show="insufficient", limit="1")) == SHOWN["insufficient"]


def cursor_of(clinic: Clinic, **query: str) -> str:
    return str(clinic.ask("GET", "/v1/worklist", None, {"limit": "1", **query})[1]["next"])


def test_a_cursor_that_was_tampered_with_is_refused(filled: Clinic):
    cursor = cursor_of(filled)
    parts = json.loads(base64.urlsafe_b64decode(cursor))
    forged = [
        cursor[:-8],
        cursor.swapcase(),
        "",
        "%%%",
        *(encoded([*parts[:place], f"{parts[place]}0", *parts[place + 1 :]]) for place in range(4)),
    ]
    for text in forged:
        status, body = filled.ask("GET", "/v1/worklist", None, {"limit": "1", "next": text})
        assert (status, body["type"]) == (400, "urn:blastlens:problem:invalid-cursor"), text


def encoded(parts: list[str]) -> str:
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode()


def test_a_cursor_of_another_clinic_or_filter_is_refused(filled: Clinic, shared):
    cursor = cursor_of(filled)
    other = Clinic(*shared)
    assert other.ask("GET", "/v1/worklist", None, {"next": cursor})[0] == 400
    assert filled.ask("GET", "/v1/worklist", None, {"next": cursor, "show": "unsigned"})[0] == 400
    assert filled.ask("GET", "/v1/worklist", None, {"next": cursor})[0] == 200


@pytest.mark.parametrize(
    "change",
    [
        {"patient": "clinic-x/patient-41"},
        {"patient": "patient-41"},
        {"rank": "12#"},
        {"rank": "02#2026-11-22T12:00:00.000Z#other"},
        {"examination": "other"},
    ],
)
def test_a_place_that_dynamodb_would_fail_at_is_refused_before(clinic: Clinic, change: dict[str, str]):
    one = clinic.put()
    place = ExaminationCursor(one.id.patient, one.id.examination_id, rank_of(one))
    with pytest.raises(InvalidCursor):
        filtered_worklist.read_page(
            clinic.aws.examinations, clinic.id, WorklistFilter(Show.UNSIGNED), 1, replace(place, **change)
        )


def test_every_examination_that_a_worklist_shows_is_recorded(clinic: Clinic):
    clinic.put(name="smear-1")
    clinic.put(name="smear-2", patient="patient-9")
    clinic.ask("GET", "/v1/worklist")
    found = clinic.accesses()
    assert {(one["patient_id"], one["examination_id"]) for one in found} == {
        ("patient-41", "smear-1"),
        ("patient-9", "smear-2"),
    }
    assert {(one["caller"], one["action"], one["status"]) for one in found} == {("user/8f1e", "GET /v1/worklist", 200)}


def test_a_page_that_did_not_change_is_neither_shown_nor_recorded_again(clinic: Clinic):
    stored = clinic.put()
    first = clinic.respond("GET", "/v1/worklist")
    seen = {"if-none-match": f"W/{first['headers']['ETag']}"}
    recorded = len(clinic.accesses())
    again = clinic.respond("GET", "/v1/worklist", headers=seen)
    assert (again["statusCode"], again["body"]) == (304, "") and len(clinic.accesses()) == recorded
    assert clinic.respond("GET", "/v1/worklist", language="de", headers=seen)["statusCode"] == 200
    assert clinic.aws.examinations.put(replace(stored, revision=2), 1)
    assert clinic.respond("GET", "/v1/worklist", headers=seen)["statusCode"] == 200
