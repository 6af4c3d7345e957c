"""docs/api.md against the template's routes and the function's responses."""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from blastlens.domain.field import Caution, PixelSizeSource
from blastlens.domain.labels import Label
from blastlens.domain.upload import EXTENSIONS
from blastlens.functions.api import FORM_SECONDS, ApiDependencies, make_handler
from blastlens.functions.requests import DEFAULT_LIMIT, MAX_LIMIT
from blastlens.local.http.routes import match_route
from blastlens.local.stack.template import find_template, read_template
from tests.answers import BUCKET, NOON, field_summary, lambda_context, prediction, result
from tests.aws import Services
from tests.unit.functions.corpus import event

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
    if isinstance(value, Mapping):
        return {name: shape(one) for name, one in value.items() if name not in ("fields", "probabilities")}
    if isinstance(value, list) and value and isinstance(value[0], Mapping):
        return [shape(value[0])]
    return None


def test_every_route_of_the_template_is_on_the_page_and_nothing_else():
    assert set(SECTIONS) == routes_of_the_template()


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


@pytest.mark.parametrize("route", SECTIONS)
def test_an_example_gets_the_response_that_the_page_shows(route: str, aws: Services, recorded):
    stored = result(replace(prediction(), field=field_summary(Caution.UNNAMED_CELLS)))
    aws.results.write(stored)
    method, path, body = request_of(route)
    if body and "reading" in body:
        body["reading"] = stored.id.reading
    asked = event("api-sign-off") | {"rawPath": path, "body": json.dumps(body), "queryStringParameters": None}
    asked["requestContext"]["http"] |= {"method": method, "path": path}
    parts = ApiDependencies(aws.images, aws.results, BUCKET, clock=lambda: NOON, trail=aws.trail)
    answer = make_handler(parts, recorded.telemetry)(asked, lambda_context())
    status = re.search(r"^Status (\d+)", SECTIONS[route], flags=re.MULTILINE)
    assert status is not None and answer["statusCode"] == int(status[1])
    got, shown = shape(json.loads(answer["body"])), shape(example(route))
    if "results" in shown:
        got["results"] = shown["results"]
    assert got == shown


def test_the_limits_on_the_page_are_those_of_the_code():
    start, worklist = (
        SECTIONS["POST /clinics/{clinic_id}/patients/{patient_id}/uploads"],
        SECTIONS["GET /clinics/{clinic_id}/results"],
    )
    assert all(f"`{extension}`" in start for extension in EXTENSIONS)
    assert example("POST /clinics/{clinic_id}/patients/{patient_id}/uploads")["expires_in"] == FORM_SECONDS
    assert f"1 to {MAX_LIMIT} | {DEFAULT_LIMIT} |" in worklist
    sign_off = next(section for route, section in SECTIONS.items() if route.endswith("/sign-off"))
    assert all(f"`{label}`" in sign_off for label in Label)


def test_the_page_explains_every_caution_and_every_source_of_a_pixel_size():
    shown = SECTIONS["GET /clinics/{clinic_id}/patients/{patient_id}/uploads/{upload_id}"]
    assert all(f"| `{caution}` |" in shown for caution in Caution)
    assert all(f"`{source}`" in shown for source in PixelSizeSource)
