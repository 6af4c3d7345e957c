"""Requests that are refused before they are routed."""

import base64
import json
from typing import Any

import pytest

from blastlens.functions.clinician.problems import Problem, ProblemKind
from blastlens.functions.request_guard import refuse_malformed
from tests.unit.functions.http_events import request

PATH = "/v1/worklist"
LIMIT = 100


def refusal(method: str, path: str, body: str | None = None, content_type: str = "", **more: Any) -> ProblemKind | None:
    """Return why a request is refused; None where it is not."""
    event = request(method, path, body, headers={"content-type": content_type}) | more
    try:
        refuse_malformed(event, LIMIT)
    except Problem as problem:
        return problem.kind
    return None


def nested(levels: int) -> str:
    return '{"a": ' + "[" * (levels - 1) + "]" * (levels - 1) + "}"


@pytest.mark.parametrize(
    ("method", "body", "content_type"),
    [
        ("GET", None, ""),
        ("GET", "what a GET carries is not read", "text/plain"),
        ("DELETE", None, ""),
        ("DELETE", "", "application/json"),
        ("POST", None, ""),
        ("POST", "{}", "application/json"),
        ("POST", '{"a": [1.5, null, {}]}', " Application/JSON; charset=utf-8"),
        ("POST", nested(16), "application/json"),
        ("POST", '{"a": "' + "b" * (LIMIT - 9) + '"}', "application/json"),
    ],
)
def test_json_objects_and_requests_without_a_body_pass(method: str, body: str | None, content_type: str):
    assert refusal(method, PATH, body, content_type) is None


@pytest.mark.parametrize("body", ["[]", "null", '"a"', "1", "{", '{"a": NaN}', '{"a": -Infinity}', nested(17), "ü"])
def test_what_is_not_a_json_object_is_refused(body: str):
    assert refusal("POST", PATH, body, "application/json") is ProblemKind.NOT_JSON


@pytest.mark.parametrize("body", ["[" * 100_000, '{"a": ' + "9" * 5000 + "}"])
def test_json_that_python_cannot_parse_is_refused(body: str):
    event = request("POST", PATH, body)
    with pytest.raises(Problem) as refused:
        refuse_malformed(event, 10**6)
    assert refused.value.kind is ProblemKind.NOT_JSON


@pytest.mark.parametrize("content_type", ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
def test_a_body_of_another_content_type_is_refused(content_type: str):
    assert refusal("POST", PATH, "{}", content_type) is ProblemKind.NOT_JSON


def test_a_content_type_is_refused_without_a_body_as_well():
    assert refusal("POST", PATH, None, "multipart/form-data") is ProblemKind.NOT_JSON


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (base64.b64encode(b'{"a": 1}').decode(), None),
        (base64.b64encode(b"\xff\xfe").decode(), ProblemKind.NOT_JSON),
        ("no base64", ProblemKind.NOT_JSON),
    ],
)
def test_base64_is_decoded_before(body: str, expected: ProblemKind | None):
    assert refusal("POST", PATH, body, "application/json", isBase64Encoded=True) is expected


def test_a_body_beyond_the_limit_is_refused_before_it_is_parsed():
    assert refusal("POST", PATH, "[" * (LIMIT + 1), "application/json") is ProblemKind.TOO_LARGE
    assert refusal("DELETE", PATH, "x" * (LIMIT + 1)) is ProblemKind.TOO_LARGE
    assert refusal("POST", PATH, json.dumps({"a": "b" * LIMIT}), "text/plain") is ProblemKind.TOO_LARGE


@pytest.mark.parametrize("end", ["\n", "\r", "\0", "\u2028", "\u202e"])
def test_a_path_with_what_cannot_be_printed_is_not_found(end: str):
    assert refusal("GET", PATH + end) is ProblemKind.NOT_FOUND
    assert refusal("GET", PATH) is None
