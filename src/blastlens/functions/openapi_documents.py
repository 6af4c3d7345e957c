"""OpenAPI documents, made by a resolver from its routes."""

import json
from collections.abc import Iterable
from dataclasses import fields
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, TypeVar, cast

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
from aws_lambda_powertools.event_handler.openapi.models import HTTPBearer

from blastlens.functions.clinician.problems import CONTENT_TYPE, ProblemKind
from blastlens.functions.route_descriptions import problem_texts

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Dependencies = TypeVar("Dependencies", bound="DataclassInstance")

_PROBLEM_CONTENT = {CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemDetails"}}}
_POWERTOOLS_ERRORS = ("HTTPValidationError", "ResponseValidationError", "ValidationError")
_NO_CONTENT = str(int(HTTPStatus.NO_CONTENT))


def no_clients(dependencies: type[Dependencies]) -> Dependencies:
    """Return dependencies without clients, for an app that describes itself and answers nothing."""
    return dependencies(**dict.fromkeys((field.name for field in fields(dependencies)), cast(Any, None)))


def make_document(
    app: APIGatewayHttpResolver, version: str, title: str, description: str, bearer: dict[str, HTTPBearer]
) -> dict[str, Any]:
    """Return the OpenAPI 3.1 document of every route of an app.

    Args:
        app: the resolver with its routes.
        version: version of blastlens.
        title: title of the document.
        description: what the API is for.
        bearer: security schemes by name.
    """
    text = app.get_openapi_json_schema(
        title=title, version=version, description=description, security_schemes=cast(Any, bearer)
    )
    return _with_own_problems(json.loads(text))


def describe_problems(kinds: Iterable[ProblemKind]) -> dict[str, Any]:
    """Return the responses of kinds of problems by status, for an operation that no resolver describes."""
    return {
        str(status): {"description": text, "content": _PROBLEM_CONTENT} for status, text in problem_texts(kinds).items()
    }


def _with_own_problems(document: dict[str, Any]) -> dict[str, Any]:
    """Return a document without Powertools' own errors, in whose place the routes answer problems."""
    for path in document["paths"].values():
        for operation in path.values():
            operation["responses"] = _own_responses(operation["responses"])
    for name in _POWERTOOLS_ERRORS:
        document["components"]["schemas"].pop(name, None)
    return document


def _own_responses(responses: dict[str, Any]) -> dict[str, Any]:
    own = {
        status: response
        for status, response in responses.items()
        if not any(name in json.dumps(response) for name in _POWERTOOLS_ERRORS)
    }
    own |= describe_problems([ProblemKind.SERVICE_FAILED])
    if _NO_CONTENT in own:
        own[_NO_CONTENT] = {"description": "Done."}
    return dict(sorted(own.items()))
