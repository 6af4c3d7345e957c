"""OpenAPI parts of one route: its texts, its success and its problems."""

from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any

from blastlens.functions.clinician.models.common import ProblemDetails
from blastlens.functions.clinician.problems import CONTENT_TYPE, STATUSES, ProblemKind


def describe_route(
    handle: Callable[..., Any],
    status: HTTPStatus,
    problems: Iterable[ProblemKind],
    media_type: str | None = None,
    more: dict[int, Any] | None = None,
) -> dict[str, Any]:
    """Return the arguments by which the resolver's `route` describes a route.

    Args:
        handle: answers the request; its docstring's first line is the summary, its annotations are validated.
        status: status where it succeeds.
        problems: kinds of problems that it answers.
        media_type: of an answer that is not JSON by a model.
        more: further responses by status.
    """
    summary, _, description = (handle.__doc__ or "").partition("\n")
    return {
        "summary": summary.rstrip("."),
        "description": " ".join(description.split()) or summary,
        "responses": {int(status): _success(media_type), **(more or {}), **_problem_responses(problems)},
        "operation_id": handle.__name__,
        "status_code": int(status),
    }


def problem_texts(kinds: Iterable[ProblemKind]) -> dict[int, str]:
    """Return the description of a response for each status of these kinds of problems, in their order."""
    by_status: dict[int, list[str]] = {}
    for kind in kinds:
        by_status.setdefault(int(STATUSES[kind]), []).append(str(kind).replace("_", "-"))
    return {status: f"Problem: {', '.join(names)}" for status, names in sorted(by_status.items())}


def _success(media_type: str | None) -> Any:
    """Return the OpenAPI response of success; Powertools adds the model where there is one."""
    content = {} if media_type is None else {"content": {media_type: {"schema": {"type": "object"}}}}
    return {"description": "The answer.", **content}


def _problem_responses(kinds: Iterable[ProblemKind]) -> dict[int, Any]:
    content = {CONTENT_TYPE: {"model": ProblemDetails}}
    return {status: {"description": text, "content": content} for status, text in problem_texts(kinds).items()}
