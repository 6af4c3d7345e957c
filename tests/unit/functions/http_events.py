"""Requests to functions behind the HTTP API, as API Gateway passes them on."""

import json
import uuid
from collections.abc import Mapping
from typing import Any


def request(method: str, path: str, body: Any = None, query: Mapping[str, str] | None = None, **more: Any) -> Any:
    """Return an event of API Gateway, payload format 2.0; without `claims` it has checked no token."""
    headers = {"content-type": "application/json", "accept-language": more.get("language", "en")}
    authorizer = {"authorizer": {"jwt": {"claims": more["claims"], "scopes": None}}} if "claims" in more else {}
    return {
        "version": "2.0",
        "routeKey": "ANY /v1/{proxy+}",
        "rawPath": path,
        "rawQueryString": "",
        "queryStringParameters": query,
        "headers": headers | more.get("headers", {}),
        "body": body if isinstance(body, str) or body is None else json.dumps(body),
        "isBase64Encoded": False,
        "requestContext": {
            "requestId": str(uuid.uuid4()),
            "stage": "$default",
            "http": {"method": method, "path": path, "sourceIp": "203.0.113.9"},
            **authorizer,
        },
    }
