"""Requests to the api function, as API Gateway passes them on."""

import json
from collections.abc import Callable
from typing import Any

from blastlens.functions.api import make_handler
from blastlens.functions.routes import ApiDependencies
from tests.answers import lambda_context
from tests.unit.functions.corpus import event

Ask = Callable[..., tuple[int, Any]]


def asking(parts: ApiDependencies, recorded: Any) -> Ask:
    """Return a function that sends a request and returns its status and its JSON.

    Its caller is Dr. Vogel, or the one given; an empty one is nobody.
    """
    handler = make_handler(parts, recorded.telemetry)

    def ask(
        method: str, path: str, body: Any = None, query: dict[str, str] | None = None, caller: str | None = None
    ) -> tuple[int, Any]:
        request = event("api-sign") | {"rawPath": path, "queryStringParameters": query}
        request["requestContext"]["http"] |= {"method": method, "path": path}
        if caller is not None:
            request["requestContext"]["authorizer"]["iam"]["userArn"] = caller or None
        request["body"] = body if isinstance(body, str) else json.dumps(body)
        answer = handler(request, lambda_context())
        assert answer["headers"].items() >= {("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff")}
        return answer["statusCode"], json.loads(answer["body"])

    return ask
