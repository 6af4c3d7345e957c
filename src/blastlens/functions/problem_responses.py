"""Problems as responses of a Lambda function, by RFC 9457."""

import json
from collections.abc import Sequence
from typing import Any

from blastlens.functions.clinician.languages import catalogue_of
from blastlens.functions.clinician.problems import CONTENT_TYPE, Problem, WrongValue, make_body
from blastlens.functions.clinician.requests import InvalidRequest, describe_wrong
from blastlens.functions.telemetry import Event


def problem_response(event: Event, problem: Problem, errors: Sequence[WrongValue] = ()) -> dict[str, Any]:
    """Return a problem as the response of a Lambda function, in the language that the request prefers."""
    body = make_body(problem, catalogue_of(event), errors)
    headers = {"Content-Type": CONTENT_TYPE}
    return {"statusCode": body["status"], "headers": headers, "body": json.dumps(body, ensure_ascii=False)}


def invalid_response(event: Event, error: InvalidRequest) -> dict[str, Any]:
    """Return the response to a request with wrong values, all of which are named."""
    problem, values = describe_wrong(error.wrong, catalogue_of(event))
    return problem_response(event, problem, values)
