import base64
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from blastlens.cloud.tables.results import ResultsTable
from blastlens.domain.upload import MAX_BYTES, Upload, parse_key
from blastlens.functions.api import ApiDependencies, make_handler
from tests.answers import BUCKET, NOON, lambda_context, prediction, rejection, result
from tests.aws import Services
from tests.unit.functions.corpus import event

PLACE = "/clinics/clinic-7/patients/patient-41/uploads/upload-0001"


@pytest.fixture
def parts(aws: Services) -> ApiDependencies:
    return ApiDependencies(aws.images, aws.results, BUCKET, clock=lambda: NOON, trail=aws.trail)


@pytest.fixture
def ask(parts: ApiDependencies, recorded):
    return asking(parts, recorded)


def asking(parts: ApiDependencies, recorded):
    handler = make_handler(parts, recorded.telemetry)

    def ask(method: str, path: str, body: Any = None, query: dict[str, str] | None = None) -> tuple[int, Any]:
        request = event("api-sign-off") | {"rawPath": path, "queryStringParameters": query}
        request["requestContext"]["http"] |= {"method": method, "path": path}
        request["body"] = body if isinstance(body, str) else json.dumps(body)
        answer = handler(request, lambda_context())
        assert answer["headers"].items() >= {("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff")}
        return answer["statusCode"], json.loads(answer["body"])

    return ask


UPLOADS = "/clinics/clinic-7/patients/patient-41/uploads"
JPEG = {"extension": "jpg"}


def signed(**changes: Any) -> dict[str, Any]:
    return {"reading": result().id.reading, "signed_by": "Dr. Vogel", "label": "pre_b"} | changes


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
        ("POST", f"{PLACE}/sign-off", signed()),
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
    assert ask("POST", f"{PLACE}/sign-off", signed())[0] == 404


def test_a_result_is_signed_by_a_name_and_by_the_proven_identity(ask, aws: Services):
    aws.results.write(result())
    status, answer = ask("POST", f"{PLACE}/sign-off", signed(label="pro_b"))
    record = aws.results.get(result().id)
    assert status == 200
    assert answer == {"signed_by": "Dr. Vogel", "label": "pro_b", "signed_at": "2026-11-22T12:00:00.000Z"}
    assert record is not None and record.signed_off is not None
    assert record.signed_off.caller == "arn:aws:sts::123456789012:assumed-role/clinic-7/dr-vogel"
    assert ask("GET", PLACE)[1]["readings"][0]["signed_off"] == answer


def test_a_result_is_signed_once(ask, aws: Services):
    aws.results.write(result())
    assert ask("POST", f"{PLACE}/sign-off", signed())[0] == 200
    assert ask("POST", f"{PLACE}/sign-off", signed(label="benign"))[0] == 409
    assert ask("GET", PLACE)[1]["readings"][0]["signed_off"]["label"] == "pre_b"


def test_a_different_second_sign_off_is_refused_with_the_first(ask, aws: Services):
    aws.results.write(result())
    ask("POST", f"{PLACE}/sign-off", signed())
    message = ask("POST", f"{PLACE}/sign-off", signed(signed_by="Dr. Amsel", label="benign"))[1]["message"]
    assert message == "the result is signed already: pre_b, by Dr. Vogel, 2026-11-22T12:00:00.000Z"


def test_the_same_signature_sent_again_is_answered_as_the_first_time(parts: ApiDependencies, aws: Services, recorded):
    aws.results.write(result())
    later = replace(parts, clock=lambda: NOON + timedelta(minutes=1))
    first = asking(parts, recorded)("POST", f"{PLACE}/sign-off", signed())
    assert first[0] == 200
    assert asking(later, recorded)("POST", f"{PLACE}/sign-off", signed()) == first


def test_a_repeated_sign_off_gets_the_stored_one(ask, aws: Services):
    aws.results.write(result())

    def lose(**_: Any) -> None:
        raise ReadTimeoutError(endpoint_url="dynamodb")

    aws.dynamodb.meta.events.register("after-call.dynamodb.UpdateItem", lose)
    assert ask("POST", f"{PLACE}/sign-off", signed())[0] == 503
    aws.dynamodb.meta.events.unregister("after-call.dynamodb.UpdateItem", lose)
    assert ask("POST", f"{PLACE}/sign-off", signed())[0] == 200


def test_a_rejection_cannot_be_signed(ask, aws: Services):
    aws.results.write(result(rejection()))
    status, answer = ask("POST", f"{PLACE}/sign-off", signed())
    assert (status, answer["message"]) == (409, "the image was rejected: there is no result to sign")


def test_a_reading_that_was_not_shown_cannot_be_signed(ask, aws: Services):
    aws.results.write(result())
    assert ask("POST", f"{PLACE}/sign-off", signed(reading="v2#d"))[0] == 404


@pytest.mark.parametrize(
    "body",
    [
        signed(label="leukemia"),
        signed(label=None),
        signed(signed_by=" "),
        signed(signed_by="x" * 201),
        signed(signed_by="Dr.\nVogel"),
        signed(signed_by="\N{RIGHT-TO-LEFT OVERRIDE}legoV"),
        signed(reading=None),
        {},
    ],
    ids=str,
)
def test_a_sign_off_that_lacks_something_is_refused(ask, aws: Services, body: Any):
    aws.results.write(result())
    assert ask("POST", f"{PLACE}/sign-off", body)[0] == 400
    assert ask("GET", PLACE)[1]["readings"][0]["signed_off"] is None


@pytest.mark.parametrize("path", ["/", "/clinics", "/clinics/a b/results", f"{PLACE}/more"])
def test_another_address_is_not_found_or_refused(ask, path: str):
    assert ask("GET", path)[0] in (400, 404)


def test_a_service_error_is_returned_without_details(aws: Services, parts: ApiDependencies, recorded):
    elsewhere = ApiDependencies(parts.images, ResultsTable(aws.dynamodb, "elsewhere"), BUCKET, parts.clock, parts.trail)
    answer = make_handler(elsewhere, recorded.telemetry)(event("api-result"), lambda_context())
    assert answer["statusCode"] == 500
    assert json.loads(answer["body"])["message"] == "the service failed"
    assert "patient-41" not in recorded.text


@pytest.mark.parametrize("name", ["api-start-upload", "api-worklist", "api-result", "api-sign-off"])
def test_the_requests_of_the_corpus_find_their_routes(parts: ApiDependencies, recorded, name: str):
    answer = make_handler(parts, recorded.telemetry)(event(name), lambda_context())
    assert json.loads(answer["body"]).get("message") != "Not found"


STATE = f"{PLACE}/state"


def test_an_upload_of_which_nothing_has_arrived_has_no_state(ask):
    assert ask("GET", STATE)[0] == 404


def test_an_upload_is_stored_before_it_is_answered(ask, aws: Services):
    aws.upload("uploads/clinic-7/patient-41/upload-0001.tiff")
    status, answer = ask("GET", STATE)
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


def test_the_state_of_a_rejected_upload_has_the_next_step(ask, aws: Services):
    aws.results.write(result(rejection()))
    _, answer = ask("GET", STATE)
    assert (answer["status"], answer["reason"]) == ("REJECTED", "blurred")
    assert answer["message"] == rejection().message


def test_a_state_is_asked_for_with_valid_ids(ask):
    assert ask("GET", "/clinics/clinic-7/patients/Jane Doe/uploads/u/state")[0] == 400
