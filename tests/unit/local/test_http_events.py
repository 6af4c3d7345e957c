import base64

from blastlens.local.event_sources.invocation import InvocationResult
from blastlens.local.http.http_events import Request, http_event, http_response
from blastlens.local.http.routes import Match

MATCH = Match("GET /clinics/{clinic_id}/results", {"clinic_id": "c 1"})


def request(**changes):
    given = {
        "method": "GET",
        "path": "/clinics/c%201/results",
        "query": "limit=5&status=A&status=B",
        "headers": [("Host", "127.0.0.1:1"), ("Cookie", "a=1; b=2"), ("X-Two", "1"), ("x-two", "2")],
        "body": b"",
        "address": "127.0.0.1",
    }
    return Request(**(given | changes))


def test_a_request_becomes_an_event_of_payload_format_2():
    event = http_event(request(), MATCH)
    assert event["version"] == "2.0"
    assert event["routeKey"] == event["requestContext"]["routeKey"] == MATCH.key
    assert event["rawPath"] == event["requestContext"]["http"]["path"] == "/clinics/c 1/results"
    assert event["pathParameters"] == {"clinic_id": "c 1"}
    assert event["rawQueryString"] == "limit=5&status=A&status=B"
    assert event["queryStringParameters"] == {"limit": "5", "status": "A,B"}
    assert event["cookies"] == ["a=1", "b=2"]
    assert event["headers"] == {"host": "127.0.0.1:1", "x-two": "1,2"}
    assert event["requestContext"]["http"]["method"] == "GET"
    assert "body" not in event


def test_text_is_handed_over_as_text_and_bytes_in_base_64():
    json_body = request(body=b'{"a": 1}', headers=[("content-type", "application/json; charset=utf-8")])
    assert http_event(json_body, MATCH)["body"] == '{"a": 1}'
    bytes_body = http_event(request(body=b"\x89PNG", headers=[("content-type", "image/png")]), MATCH)
    assert bytes_body["isBase64Encoded"]
    assert base64.b64decode(bytes_body["body"]) == b"\x89PNG"


def test_an_answer_becomes_a_response():
    payload = {"statusCode": 201, "headers": {"Content-Type": "application/json"}, "cookies": ["a=1"], "body": "{}"}
    response = http_response(InvocationResult("id", payload))
    assert (response.status, response.body) == (201, b"{}")
    assert response.headers == (("content-type", "application/json"), ("set-cookie", "a=1"))


def test_an_encoded_body_is_decoded():
    payload = {"statusCode": 200, "body": base64.b64encode(b"\x00\x01").decode(), "isBase64Encoded": True}
    assert http_response(InvocationResult("id", payload)).body == b"\x00\x01"


def test_an_answer_without_a_status_is_taken_as_json():
    response = http_response(InvocationResult("id", {"a": 1}))
    assert (response.status, response.body) == (200, b'{"a": 1}')


def test_a_failed_function_gives_an_internal_server_error_without_details():
    response = http_response(InvocationResult("id", error="secret"))
    assert response.status == 500
    assert b"secret" not in response.body
