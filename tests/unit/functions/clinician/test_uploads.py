"""Uploads from the page."""

from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest
import requests

from blastlens.cloud.tables.tombstones import Tombstones
from blastlens.domain.patient import PatientId
from tests.answers import BUCKET, NOON, rejection
from tests.aws import CONTENTS_TABLE, EXAMINATIONS_TABLE
from tests.unit.functions.clinician.conftest import PLACE, Clinic

UPLOAD: dict[str, Any] = {
    "patient_id": "patient-41",
    "examination_id": "examination-1",
    "extension": "png",
    "content_length": 5,
}

_OF_A_CLOCK = "8f0e1a52-cd2b-11f0-9d3a-0242ac120002"
_RANDOM = "3f2b8c1e-7a4d-4f6b-9c0d-5e1a2b3c4d5f"
"""A UUID 1 and a UUID 4: the same in every process, because they name tests."""


def start(clinic: Clinic, **changes: Any) -> tuple[int, Any]:
    return clinic.ask("POST", "/v1/uploads", {key: one for key, one in (UPLOAD | changes).items() if one is not None})


def send(started: Any, data: bytes = b"smear") -> int:
    headers = {**started["headers"], "Content-Length": str(len(data))}
    return requests.request(started["method"], started["url"], data=data, headers=headers, timeout=5).status_code


def test_an_image_is_stored_once_where_the_answer_says(clinic: Clinic):
    status, started = start(clinic, pixel_size_um=0.25, taken_at="2026-11-20T09:30:15Z", examination_fields=6)
    assert status == 201
    assert started["key"] == f"uploads/{clinic.id}/patient-41/examination-1/{started['upload_id']}.png"
    assert send(started) == 200
    stored = clinic.aws.s3.get_object(Bucket=BUCKET, Key=started["key"])
    assert stored["ContentType"] == "image/png" and stored["Body"].read() == b"smear"
    assert stored["Metadata"] == {
        "pixel-size-um": "0.250000",
        "pixel-size-from": "metadata",
        "taken-at": "2026-11-20T09:30:15.000Z",
        "examination-complete": "true",
        "examination-fields": "6",
    }
    assert send(started, b"other") == 412


EDGE: dict[str, Any] = {
    "digest": "0123456789abcdef" * 4,
    "probabilities": {"malignant": 0.87661, "benign": 0.12339},
    "set": ["malignant", "benign"],
}

BEYOND_ONE = {"benign": 0.250251, "early_pre_b": 0.250251, "pre_b": 0.250251, "pro_b": 0.250151}
"""Their sum is nearly 1, and no longer after they are rounded."""


def test_the_verdict_of_the_screening_at_the_microscope_travels_with_the_image(clinic: Clinic):
    status, started = start(clinic, edge=EDGE)
    assert (status, started["ignored"]) == (201, [])
    expected = {
        "edge-digest": EDGE["digest"],
        "edge-probabilities": "benign=0.1234,malignant=0.8766",
        "edge-set": "malignant,benign",
    }
    assert {f"x-amz-meta-{key}": value for key, value in expected.items()}.items() <= started["headers"].items()
    signed = parse_qs(urlsplit(started["url"]).query)["X-Amz-SignedHeaders"][0].split(";")
    assert {f"x-amz-meta-{key}" for key in expected} <= set(signed)
    assert send(started) == 200
    assert clinic.aws.s3.head_object(Bucket=BUCKET, Key=started["key"])["Metadata"] == expected


@pytest.mark.parametrize(
    "edge",
    [
        "benign",
        [],
        {},
        EDGE | {"digest": "0" * 63},
        EDGE | {"name": "Erika"},
        EDGE | {"set": []},
        EDGE | {"set": ["benign"]},
        EDGE | {"set": ["early_pre_b"]},
        EDGE | {"probabilities": {"malignant": 1, "benign": 1}},
        EDGE | {"probabilities": {"malignant": 0.5, "benign": 0.5, "other": 0}},
        EDGE | {"probabilities": {"malignant": "NaN", "benign": 0.5}},
        {**EDGE, "probabilities": BEYOND_ONE, "set": ["benign"]},
    ],
)
def test_an_image_is_not_refused_for_a_verdict_that_cannot_be_used(clinic: Clinic, edge: Any):
    status, started = start(clinic, edge=edge)
    assert (status, started["ignored"]) == (201, ["edge"])
    assert started["headers"] == {"If-None-Match": "*", "Content-Type": "image/png"}


def test_the_address_covers_the_length_and_that_there_is_no_other_image(clinic: Clinic):
    _, started = start(clinic)
    query = parse_qs(urlsplit(started["url"]).query)
    signed = set(query["X-Amz-SignedHeaders"][0].split(";"))
    assert signed >= {"content-length", "content-type", "host", "if-none-match"}
    assert started["headers"] == {"If-None-Match": "*", "Content-Type": "image/png"}
    assert query["X-Amz-Expires"] == ["900"] and started["expires_in"] == 900


def test_an_address_is_recorded_with_the_patient_and_the_image_that_it_is_for(clinic: Clinic):
    _, started = start(clinic)
    (access,) = clinic.accesses()
    assert (access["action"], access["status"]) == ("POST /v1/uploads", 201)
    assert (access["patient_id"], access["examination_id"]) == ("patient-41", "examination-1")
    assert access["upload_id"] == started["upload_id"]


def test_an_image_without_an_examination_begins_one(clinic: Clinic):
    _, started = start(clinic, examination_id=None)
    assert started["examination_id"] == started["upload_id"]
    assert started["key"] == f"uploads/{clinic.id}/patient-41/{started['upload_id']}.png"


def test_no_upload_gets_the_id_of_another(clinic: Clinic):
    assert len({start(clinic)[1]["upload_id"] for _ in range(5)}) == 5


def test_a_request_that_is_repeated_with_its_own_id_gets_the_same_place_and_one_image(clinic: Clinic):
    own = str(uuid4())
    places = [start(clinic, upload_id=own)[1] for _ in range(2)]
    assert {one["upload_id"] for one in places} == {own}
    assert places[0]["key"] == places[1]["key"] == f"uploads/{clinic.id}/patient-41/examination-1/{own}.png"
    assert [send(one) for one in places] == [200, 412]
    state = clinic.ask("GET", f"/v1/patients/patient-41/examinations/examination-1/uploads/{own}/state")
    assert state[0] == 200 and state[1]["state"] == "stored"


def test_an_own_id_leads_to_the_image_that_is_there_whatever_ending_the_next_request_names(clinic: Clinic):
    own = str(uuid4())
    assert send(start(clinic, upload_id=own)[1]) == 200
    status, again = start(clinic, upload_id=own, extension="jpg", content_length=7)
    assert (status, again["key"]) == (201, f"uploads/{clinic.id}/patient-41/examination-1/{own}.png")
    assert send(again, b"another") == 412
    found = clinic.aws.s3.list_objects_v2(Bucket=BUCKET, Prefix=f"uploads/{clinic.id}/patient-41/")["Contents"]
    assert [one["Key"] for one in found] == [again["key"]]


@pytest.mark.parametrize(
    "given",
    ["microscope-3_0123456789abcdef0123456789abcdef", "examination-1", "", _OF_A_CLOCK, _RANDOM.upper(), "../x"],
)
def test_an_id_that_may_be_another_uploads_is_refused(clinic: Clinic, given: str):
    status, body = start(clinic, upload_id=given)
    assert status == 422
    assert [error["field"] for error in body["errors"]] == ["upload_id"]


def test_all_that_is_wrong_with_an_upload_is_named_at_once_and_nothing_of_it_is_repeated(clinic: Clinic):
    status, body = start(
        clinic, patient_id="Erika Mustermann", extension="gif", content_length=0, pixel_size_um=99, name="Erika"
    )
    assert status == 422
    assert {one["field"] for one in body["errors"]} == {
        "patient_id",
        "extension",
        "content_length",
        "pixel_size_um",
        "name",
    }
    assert "Erika" not in str(body)


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"taken_at": "yesterday"}, {"taken_at"}),
        ({"taken_at": "2999-01-01T00:00:00Z", "examination_fields": 3, "examination_id": None}, None),
        ({"content_length": True}, {"content_length"}),
        ({"content_length": 26 * 1024**2}, {"content_length"}),
        ({"content_length": 1.5}, {"content_length"}),
        ({"pixel_size_um": "NaN"}, {"pixel_size_um"}),
        ({"patient_id": None}, {"patient_id"}),
        ({"examination_fields": 0}, {"examination_fields"}),
    ],
)
def test_an_upload_with_a_wrong_value_is_refused_before_it_is_sent(clinic: Clinic, changes, fields):
    status, body = start(clinic, **changes)
    assert status == 422
    assert {one["field"] for one in body["errors"]} == (fields or {"taken_at", "examination_fields"})


def test_nothing_is_stored_for_a_patient_who_was_erased(clinic: Clinic):
    Tombstones(clinic.aws.dynamodb, EXAMINATIONS_TABLE, CONTENTS_TABLE).add(PatientId(clinic.id, "patient-41"), NOON)
    status, body = start(clinic)
    assert (status, body["type"]) == (410, "urn:blastlens:problem:patient-erased")
    assert start(clinic, patient_id="patient-42")[0] == 201


def test_nobody_waits_for_the_answer_to_an_image_of_an_erased_patient(clinic: Clinic):
    Tombstones(clinic.aws.dynamodb, EXAMINATIONS_TABLE, CONTENTS_TABLE).add(PatientId(clinic.id, "patient-41"), NOON)
    clinic.aws.upload(f"uploads/{clinic.id}/patient-41/examination-1/field-1.jpg")
    status, body = clinic.ask("GET", f"{PLACE}/uploads/field-1/state")
    assert (status, body["type"]) == (410, "urn:blastlens:problem:patient-erased")


def test_the_state_of_an_upload_goes_from_nothing_to_stored_to_answered(clinic: Clinic):
    place = f"{PLACE}/uploads/field-1/state"
    status, body = clinic.ask("GET", place)
    assert (status, body["type"]) == (404, "urn:blastlens:problem:upload-missing")
    clinic.aws.upload(f"uploads/{clinic.id}/patient-41/examination-1/field-1.jpg")
    assert clinic.ask("GET", place)[1]["state"] == "stored"
    clinic.write(answer=rejection())
    _, state = clinic.ask("GET", place)
    assert (state["state"], state["status"], state["reason"]) == ("answered", "REJECTED", "blurred")
    assert "label" not in state and clinic.accesses() == []


def test_the_state_of_an_image_without_an_examination_is_found_by_its_own_id(clinic: Clinic):
    _, started = start(clinic, examination_id=None)
    upload_id = started["upload_id"]
    clinic.aws.upload(started["key"])
    place = f"/v1/patients/patient-41/examinations/{upload_id}/uploads/{upload_id}/state"
    assert clinic.ask("GET", place)[1]["state"] == "stored"
