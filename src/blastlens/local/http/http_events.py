"""Conversion between HTTP messages and Lambda events (payload format 2.0)."""

import base64
import json
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, unquote

from blastlens.local.event_sources.invocation import ACCOUNT, InvocationResult
from blastlens.local.http.routes import Match

_INTERNAL_ERROR = b'{"message":"Internal Server Error"}'
_TEXT = ("application/json", "application/x-www-form-urlencoded", "text/")


@dataclass(frozen=True)
class Request:
    """An HTTP request.

    Attributes:
        method: GET, POST, ...
        path: percent-encoded, without the query.
        query: the part after the question mark.
        headers: names and values in their order.
        body: the bytes.
        address: of the client.
    """

    method: str
    path: str
    query: str
    headers: Sequence[tuple[str, str]]
    body: bytes
    address: str

    def header(self, name: str) -> str | None:
        """Return the value of a header, the first one where there are several; None without it."""
        return next((value for one, value in self.headers if one.lower() == name.lower()), None)


@dataclass(frozen=True)
class Response:
    """An HTTP response."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


def http_event(request: Request, match: Match, authorizer: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return the Lambda event of a request.

    Args:
        request: the request.
        match: its route.
        authorizer: what the route's authorizer says about the caller; None for a public route.
    """
    headers = _joined((name.lower(), value) for name, value in request.headers)
    cookies = [part for part in headers.pop("cookie", "").split("; ") if part]
    body, is_encoded = _body(request.body, headers.get("content-type", ""))
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": match.key,
        "rawPath": unquote(request.path),
        "rawQueryString": request.query,
        "headers": headers,
        "requestContext": _request_context(request, match, headers, authorizer),
        "isBase64Encoded": is_encoded,
    }
    optional = {
        "cookies": cookies,
        "queryStringParameters": _joined(parse_qsl(request.query, keep_blank_values=True)),
        "pathParameters": match.parameters,
        "body": body,
    }
    return event | {name: value for name, value in optional.items() if value}


def http_response(answer: InvocationResult) -> Response:
    """Return the HTTP response of an invocation's result."""
    if answer.error is not None:
        return Response(500, (("content-type", "application/json"),), _INTERNAL_ERROR)
    payload = answer.payload
    if not isinstance(payload, dict) or "statusCode" not in payload:
        text = payload if isinstance(payload, str) else json.dumps(payload)
        return Response(200, (("content-type", "application/json"),), text.encode())
    headers = {"content-type": "text/plain;charset=UTF-8"}
    headers |= {name.lower(): str(value) for name, value in (payload.get("headers") or {}).items()}
    cookies = [("set-cookie", cookie) for cookie in payload.get("cookies") or []]
    text = payload.get("body") or ""
    body = base64.b64decode(text) if payload.get("isBase64Encoded") else text.encode()
    return Response(int(payload["statusCode"]), (*headers.items(), *cookies), body)


def _request_context(
    request: Request, match: Match, headers: Mapping[str, str], authorizer: Mapping[str, Any] | None
) -> dict[str, Any]:
    now = datetime.now(UTC)
    context = {
        "accountId": ACCOUNT,
        "apiId": "local",
        "domainName": headers.get("host", "localhost"),
        "domainPrefix": "local",
        "http": {
            "method": request.method,
            "path": unquote(request.path),
            "protocol": "HTTP/1.1",
            "sourceIp": request.address,
            "userAgent": headers.get("user-agent", ""),
        },
        "requestId": str(uuid.uuid4()),
        "routeKey": match.key,
        "stage": "$default",
        "time": now.strftime("%d/%b/%Y:%H:%M:%S +0000"),
        "timeEpoch": round(time.time() * 1000),
    }
    return context | ({"authorizer": authorizer} if authorizer else {})


def _joined(pairs: Any) -> dict[str, str]:
    """Join several values of one name by commas, as API Gateway does."""
    joined: dict[str, str] = {}
    for name, value in pairs:
        joined[name] = f"{joined[name]},{value}" if name in joined else value
    return joined


def _body(body: bytes, content_type: str) -> tuple[str | None, bool]:
    if not body:
        return None, False
    if content_type.lower().startswith(_TEXT):
        try:
            return body.decode(), False
        except UnicodeDecodeError:
            pass
    return base64.b64encode(body).decode(), True
