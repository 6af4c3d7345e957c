"""docs/api.md against the template's routes and the function's responses."""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from blastlens.domain.declared_examination import MAX_FIELDS
from blastlens.domain.examination import Examination, ExaminationStatus, Meaning, Told
from blastlens.domain.field import Caution, PixelSizeSource
from blastlens.domain.finding import Finding
from blastlens.domain.labels import Label
from blastlens.domain.record import Audience
from blastlens.domain.signature import Conclusion
from blastlens.domain.upload import EXTENSIONS, Upload
from blastlens.functions.requests import DEFAULT_LIMIT, MAX_LIMIT
from blastlens.functions.routes import ApiDependencies
from blastlens.functions.signature_requests import MAX_NAME_LENGTH, MAX_REASON_LENGTH
from blastlens.functions.upload_routes import FORM_SECONDS
from blastlens.local.http.routes import match_route
from blastlens.local.stack.template import find_template, read_template
from tests.answers import BUCKET, NOON, field_summary, prediction, result, verdict
from tests.aws import Services
from tests.examinations import BASIS, OTHERS, examination, signature, totals
from tests.unit.functions.asking import asking

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "api.md").read_text("utf-8")
# One section for each route: its heading is followed by the route alone in a paragraph.
SECTIONS = {
    match[1]: section
    for section in re.split(r"^## ", PAGE, flags=re.MULTILINE)
    if (match := re.search(r"^`((?:GET|POST|PUT|DELETE|ANY) /\S+)`$", section, flags=re.MULTILINE))
}


def routes_of_the_template() -> set[str]:
    resources = read_template(find_template())["Resources"].values()
    events = [one for resource in resources for one in resource["Properties"].get("Events", {}).values()]
    return {f"{one['Properties']['Method']} {one['Properties']['Path']}" for one in events if one["Type"] == "HttpApi"}


def example(route: str) -> Any:
    """Return the last JSON of a route's section: its response."""
    return json.loads(re.findall(r"```json\n(.*?)```", SECTIONS[route], flags=re.DOTALL)[-1])


def curl(route: str) -> str:
    (command,) = re.findall(r"```sh\n(.*?)```", SECTIONS[route], flags=re.DOTALL)
    return str(command)


def request_of(route: str) -> tuple[str, str, Any]:
    """Return method, path and body of a route's curl example."""
    command = curl(route)
    address = re.search(r'"\$API(/[^"?]*)', command)
    body = re.search(r"-d '(.*)'", command)
    assert address is not None
    return "GET" if body is None else "POST", address[1], json.loads(body[1]) if body else None


def shape(value: Any) -> Any:
    """Return the names of an object, of its objects, and of the first object of each list."""
    if isinstance(value, Mapping) and "policy" not in value:  # the fields of an upload form are S3's
        return {name: shape(one) for name, one in value.items() if name not in ("probabilities", "rejected")}
    if isinstance(value, list) and value and isinstance(value[0], Mapping):
        return [shape(value[0])]
    return None


def test_every_route_of_devices_and_scripts_is_on_the_page_and_nothing_else():
    # Those of clinicians are in docs/openapi.json and those of patients in docs/openapi-patient.json, which have tests.
    rest = {one for one in routes_of_the_template() if not one.partition(" ")[2].startswith(("/v1/", "/p/v1/"))}
    assert set(SECTIONS) == rest


@pytest.mark.parametrize("route", SECTIONS)
def test_a_route_has_a_signed_example_its_permission_and_its_errors(route: str):
    method, path, _ = request_of(route)
    match = match_route(SECTIONS, method, path)
    assert match is not None and match.key == route
    assert '--aws-sigv4 "aws:amz:$AWS_REGION:execute-api"' in curl(route)
    permission = re.search(r"^Permission: `(GET|POST)(/\S+)`", SECTIONS[route], flags=re.MULTILINE)
    assert permission is not None
    assert f"{permission[1]} {permission[2]}" == re.sub(r"\{\w+\}", "*", route.replace("{clinic_id}", "CLINIC"))
    assert re.search(r"^Errors: 400", SECTIONS[route], flags=re.MULTILINE)


def stored_examination(route: str) -> Examination:
    """Return an examination in the state that the example of a route needs."""
    told = {Audience.CLINIC: (Told(Meaning.LEUKEMIA, NOON, BASIS, NOON),)}
    last = route.rpartition("/")[2]
    if last in ("amend", "retract"):
        return examination(ExaminationStatus.SIGNED, signature(), told=told)
    if last == "release":
        return examination(ExaminationStatus.OPEN, counted=totals(shared_with=OTHERS), told=told)
    return examination(counted=totals(declared_fields=9), told=told)


@pytest.mark.parametrize("route", SECTIONS)
def test_an_example_gets_the_response_that_the_page_shows(route: str, aws: Services, recorded):
    answer = replace(prediction(), field=field_summary(Caution.UNNAMED_CELLS))
    field = Upload("clinic-7", "patient-41", "upload-0001", "jpg", "examination-1")
    for one in (result(answer), result(answer, field)):
        assert aws.results.write(replace(one, edge=verdict(Label.MALIGNANT)))
    aws.examinations.put(stored_examination(route), None)
    method, path, body = request_of(route)
    if body and "basis" in body:
        body["basis"] = BASIS
    parts = ApiDependencies(aws.images, aws.results, aws.examinations, BUCKET, clock=lambda: NOON, trail=aws.trail)
    status, got = asking(parts, recorded)(method, path, body)
    stated = re.search(r"^Status (\d+)", SECTIONS[route], flags=re.MULTILINE)
    assert stated is not None and status == int(stated[1]), got
    shown = example(route)
    if "The fields that changed:" in SECTIONS[route]:
        got = {name: got[name] for name in shown}
        without_digests = json.loads(json.dumps(got).replace(BASIS, "64 HEXADECIMAL DIGITS"))
        assert without_digests == shown
    for name in ("results", "examinations"):
        if name in shown:
            got[name] = shown[name]
    assert shape(got) == shape(shown)


def test_the_limits_on_the_page_are_those_of_the_code():
    start, worklist = (
        SECTIONS["POST /clinics/{clinic_id}/patients/{patient_id}/uploads"],
        SECTIONS["GET /clinics/{clinic_id}/results"],
    )
    assert all(f"`{extension}`" in start for extension in EXTENSIONS)
    assert example("POST /clinics/{clinic_id}/patients/{patient_id}/uploads")["expires_in"] == FORM_SECONDS
    assert f"1 to {MAX_LIMIT} | {DEFAULT_LIMIT} |" in worklist
    assert f"1 to {MAX_LIMIT} | {DEFAULT_LIMIT} |" in SECTIONS["GET /clinics/{clinic_id}/examinations"]
    assert f"1 to {MAX_FIELDS:,}." in start


def test_the_page_explains_every_caution_and_every_source_of_a_pixel_size():
    shown = SECTIONS["GET /clinics/{clinic_id}/patients/{patient_id}/uploads/{upload_id}"]
    assert all(f"| `{caution}` |" in shown for caution in Caution)
    assert all(f"`{source}`" in shown for source in PixelSizeSource)


def test_the_page_explains_every_state_conclusion_and_finding():
    shown = SECTIONS["GET /clinics/{clinic_id}/patients/{patient_id}/examinations/{examination_id}"]
    sign = SECTIONS["POST /clinics/{clinic_id}/patients/{patient_id}/examinations/{examination_id}/sign"]
    assert all(f"| `{status}` |" in shown for status in ExaminationStatus)
    assert all(f"`{finding}`" in shown for finding in Finding)
    assert all(f"`{conclusion}`" in sign for conclusion in Conclusion)
    assert f"1 to {MAX_NAME_LENGTH} characters" in sign and f"at most {MAX_REASON_LENGTH} characters" in sign
