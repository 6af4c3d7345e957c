import base64
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from blastlens.cloud.tables.results import ResultsTable
from blastlens.domain.upload import MAX_BYTES, Upload, parse_key
from blastlens.functions.api import make_handler
from blastlens.functions.routes import ApiDependencies
from tests.answers import BUCKET, NOON, lambda_context, prediction, rejection, result
from tests.aws import Services
from tests.unit.functions.asking import asking
from tests.unit.functions.corpus import event

PLACE = "/clinics/clinic-7/patients/patient-41/uploads/upload-0001"


@pytest.fixture
def parts(aws: Services) -> ApiDependencies:
    return ApiDependencies(aws.images, aws.results, aws.examinations, BUCKET, clock=lambda: NOON, trail=aws.trail)


@pytest.fixture
def ask(parts: ApiDependencies, recorded):
    return asking(parts, recorded)


UPLOADS = "/clinics/clinic-7/patients/patient-41/uploads"
JPEG = {"extension": "jpg"}


def test_an_upload_is_started_with_an_id_of_ours_and_a_form_to_post(ask):
    status, answer = ask("POST", UPLOADS, JPEG)
    upload = parse_key(answer["key"])
    assert status == 201
    assert (upload.clinic_id, upload.patient_id, upload.upload_id) == ("clinic-7", "patient-41", answer["upload_id"])
    assert answer["fields"]["key"] == answer["key"]
    assert answer["max_bytes"] == MAX_BYTES


@pytest.mark.parametrize(("um", "text"), [(0.25, "0.250000"), (10, "10.000000"), (1e-2, "0.010000")])
def test_a_form_declares_the_pixel_size_that_the_client_states(ask, um: float, text: str):
    status, answer = ask("POST", UPLOADS, JPEG | {"pixel_size_um": um})
    assert status == 201
    assert answer["fields"]["x-amz-meta-pixel-size-um"] == text
    policy = json.loads(base64.b64decode(answer["fields"]["policy"]))
    assert {"x-amz-meta-pixel-size-um": text} in policy["conditions"]


def test_a_form_declares_when_the_image_was_taken(ask):
    status, answer = ask("POST", UPLOADS, JPEG | {"taken_at": "2026-11-20T09:30:15.250Z"})
    assert status == 201
    field = {"x-amz-meta-taken-at": "2026-11-20T09:30:15.250Z"}
    assert answer["fields"].items() >= field.items()
    assert field in json.loads(base64.b64decode(answer["fields"]["policy"]))["conditions"]


def test_an_upload_is_a_field_of_the_examination_that_the_client_names(ask):
    status, answer = ask("POST", UPLOADS, JPEG | {"examination_id": "examination-1", "examination_fields": 8})
    assert status == 201 and answer["examination_id"] == "examination-1"
    assert parse_key(answer["key"]).examination_id == "examination-1"
    declared = {"x-amz-meta-examination-complete": "true", "x-amz-meta-examination-fields": "8"}
    assert answer["fields"].items() >= declared.items()
    alone = ask("POST", UPLOADS, JPEG)[1]
    assert alone["examination_id"] == alone["upload_id"]


def test_no_two_uploads_share_an_id(ask):
    ids = {ask("POST", UPLOADS, JPEG)[1]["upload_id"] for _ in range(20)}
    assert len(ids) == 20


UNUSABLE_PIXEL_SIZES: tuple[object, ...] = (0, -0.25, 1e9, 10**400, "0.25", True, [], float("nan"))

UNUSABLE_TIMES: tuple[object, ...] = ("", "2026-11-20", "2026-11-22T12:06:00Z", "1999-01-01T00:00:00Z", 1e9, True, [])


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/clinics/a%2Fb/patients/patient-41/uploads", JPEG),
        ("/clinics/clinic-7/patients/Jane Doe/uploads", JPEG),
        (UPLOADS, {"extension": "gif"}),
        (UPLOADS, {"extension": 7}),
        *((UPLOADS, JPEG | {"pixel_size_um": um}) for um in UNUSABLE_PIXEL_SIZES),
        *((UPLOADS, JPEG | {"taken_at": taken_at}) for taken_at in UNUSABLE_TIMES),
        *((UPLOADS, JPEG | {"examination_id": one}) for one in ("", "a b", 7, ["e"])),
        *((UPLOADS, JPEG | {"examination_id": "e", "examination_fields": one}) for one in (0, 100_000, True, "8", 1.5)),  # type: ignore[dict-item]
        (UPLOADS, JPEG | {"examination_fields": 8}),
        (UPLOADS, {}),
        (UPLOADS, []),
        (UPLOADS, None),
        (UPLOADS, "no json"),
        (UPLOADS, "[" * 100_000),
    ],
    ids=lambda value: str(value)[:60],
)
def test_an_upload_that_would_break_the_contract_is_not_started(ask, path: str, body: Any):
    status, answer = ask("POST", path, body)
    assert status == 400
    assert answer["message"]


def test_a_worklist_shows_one_clinics_results_newest_first(ask, aws: Services):
    for number, clinic in enumerate(["clinic-7", "clinic-7", "clinic-8"]):
        upload = Upload(clinic, "patient-41", f"u{number}", "jpg")
        aws.results.write(result(upload=upload, uploaded_at=NOON + timedelta(minutes=number)))
    status, answer = ask("GET", "/clinics/clinic-7/results")
    assert status == 200
    assert [one["upload_id"] for one in answer["results"]] == ["u1", "u0"]
    assert answer["next"] is None


def test_a_worklist_is_continued_by_the_cursor_of_its_page(ask, aws: Services):
    for number in range(3):
        upload = Upload("clinic-7", "patient-41", f"u{number}", "jpg")
        aws.results.write(result(upload=upload, uploaded_at=NOON + timedelta(minutes=number)))
    _, first = ask("GET", "/clinics/clinic-7/results", query={"limit": "2"})
    _, second = ask("GET", "/clinics/clinic-7/results", query={"limit": "2", "next": first["next"]})
    assert [one["upload_id"] for one in first["results"] + second["results"]] == ["u2", "u1", "u0"]
    assert ask("GET", "/clinics/clinic-8/results", query={"next": first["next"]})[0] == 400


@pytest.mark.parametrize("query", [{"limit": "0"}, {"limit": "101"}, {"limit": "x"}, {"next": "x"}, {"next": "W10="}])
def test_a_page_that_cannot_be_is_refused(ask, query: dict[str, str]):
    assert ask("GET", "/clinics/clinic-7/results", query=query)[0] == 400


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", UPLOADS, JPEG),
        ("GET", "/clinics/clinic-7/results", None),
        ("GET", PLACE, None),
        ("GET", f"{PLACE}/state", None),
    ],
)
def test_an_unknown_query_parameter_is_refused_and_not_repeated(ask, aws: Services, method: str, path: str, body: Any):
    aws.results.write(result())
    status, answer = ask(method, path, body, {"status": "CLASSIFIED"})
    assert status == 400
    assert "unknown query parameter" in answer["message"] and "status" not in answer["message"]
    assert ask(method, path, body, {"X-Amz-Signature": "of the request"})[0] < 300


def test_a_result_is_shown_with_all_that_the_contract_names(ask, aws: Services):
    aws.results.write(result(prediction()))
    status, answer = ask("GET", PLACE)
    (reading,) = answer["readings"]
    assert status == 200
    assert (reading["status"], reading["label"], reading["signed_off"]) == ("CLASSIFIED", "pre_b", None)
    assert sum(reading["probabilities"].values()) == pytest.approx(1)
    assert reading["model"]["name"] == "fusion"
    assert reading["quality"]["focus"] == 312.5
    assert reading["reason"] is None


def test_a_rejection_is_shown_with_its_reason_and_sentence(ask, aws: Services):
    aws.results.write(result(rejection()))
    (reading,) = ask("GET", PLACE)[1]["readings"]
    assert (reading["status"], reading["reason"], reading["label"]) == ("REJECTED", "blurred", None)
    assert reading["message"] == "The image is blurred: focus again."


def test_an_upload_without_an_answer_is_not_found(ask):
    assert ask("GET", PLACE)[0] == 404


def test_images_are_not_signed_one_by_one_any_more(ask, aws: Services):
    aws.results.write(result())
    status, answer = ask("POST", f"{PLACE}/sign-off", {"signed_by": "Dr. Vogel"})
    assert status == 410
    assert "nothing was stored: sign the examination upload-0001" in answer["message"]
    assert ask("POST", "/clinics/clinic-7/patients/Jane Doe/uploads/u/sign-off")[0] == 400


@pytest.mark.parametrize("path", ["/", "/clinics", "/clinics/a b/results", f"{PLACE}/more"])
def test_another_address_is_not_found_or_refused(ask, path: str):
    assert ask("GET", path)[0] in (400, 404)


def test_a_service_error_is_returned_without_details(aws: Services, parts: ApiDependencies, recorded):
    elsewhere = replace(parts, results=ResultsTable(aws.dynamodb, "elsewhere"))
    answer = make_handler(elsewhere, recorded.telemetry)(event("api-result"), lambda_context())
    assert answer["statusCode"] == 500
    assert json.loads(answer["body"])["message"] == "the service failed"
    assert "patient-41" not in recorded.text


@pytest.mark.parametrize(
    "name", ["api-start-upload", "api-worklist", "api-result", "api-sign-off", "api-examinations", "api-sign"]
)
def test_the_requests_of_the_corpus_find_their_routes(parts: ApiDependencies, recorded, name: str):
    answer = make_handler(parts, recorded.telemetry)(event(name), lambda_context())
    assert json.loads(answer["body"]).get("message") != "Not found"


STATE = f"{PLACE}/state"
FIELD_STATE = "/clinics/clinic-7/patients/patient-41/examinations/examination-1/uploads/upload-0001/state"


def test_an_upload_of_which_nothing_has_arrived_has_no_state(ask):
    assert ask("GET", STATE)[0] == 404


@pytest.mark.parametrize(("path", "key"), [(STATE, "upload-0001"), (FIELD_STATE, "examination-1/upload-0001")])
def test_an_upload_is_stored_before_it_is_answered(ask, aws: Services, path: str, key: str):
    aws.upload(f"uploads/clinic-7/patient-41/{key}.tiff")
    status, answer = ask("GET", path)
    assert (status, answer["upload_id"], answer["state"], answer["status"]) == (200, "upload-0001", "stored", None)
    assert answer["stored_at"].endswith("Z")


def test_another_upload_whose_id_begins_alike_is_not_taken_for_it(ask, aws: Services):
    aws.upload("uploads/clinic-7/patient-41/upload-00011.jpg")
    assert ask("GET", STATE)[0] == 404


def test_the_state_of_an_answered_upload_has_no_finding(ask, aws: Services):
    aws.results.write(result())
    _, answer = ask("GET", STATE)
    assert (answer["state"], answer["status"]) == ("answered", "CLASSIFIED")
    assert answer["answered_at"] > answer["stored_at"]
    assert "pre_b" not in json.dumps(answer)


def test_the_state_of_a_field_is_not_that_of_an_image_without_an_examination(ask, aws: Services):
    aws.results.write(result())
    assert ask("GET", FIELD_STATE)[0] == 404
    aws.results.write(result(upload=Upload("clinic-7", "patient-41", "upload-0001", "jpg", "examination-1")))
    assert ask("GET", FIELD_STATE)[1]["state"] == "answered"


def test_the_state_of_a_rejected_upload_has_the_next_step(ask, aws: Services):
    aws.results.write(result(rejection()))
    _, answer = ask("GET", STATE)
    assert (answer["status"], answer["reason"]) == ("REJECTED", "blurred")
    assert answer["message"] == rejection().message


def test_a_state_is_asked_for_with_valid_ids(ask):
    assert ask("GET", "/clinics/clinic-7/patients/Jane Doe/uploads/u/state")[0] == 400
