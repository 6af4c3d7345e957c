"""Access to the API: 404 for another clinic's ids, and a record of each access."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from http import HTTPStatus
from typing import Any

from blastlens.cloud.audit_trail import AuditTrail
from blastlens.domain.access import Access, Subject
from blastlens.domain.errors import ServiceFault
from blastlens.domain.upload import is_valid_id
from blastlens.functions.callers import Caller, read_caller
from blastlens.functions.telemetry import Event, Telemetry

Response = dict[str, Any]

_LEVELS = {
    "clinics": "clinic_id",
    "patients": "patient_id",
    "examinations": "examination_id",
    "uploads": "upload_id",
    "fields": "upload_id",
}
"""Segment of a path → name of the id that follows it."""

_UNRECORDED = "/state"
"""End of the route that says whether an image has arrived, and nothing of a result; microscopes poll it."""


@dataclass(frozen=True)
class AccessControl:
    """Compares the caller with the path, and records each access before it responds.

    Attributes:
        trail: the audit trail.
        clock: returns the time (UTC).
        telemetry: log and metrics.
    """

    trail: AuditTrail
    clock: Callable[[], datetime]
    telemetry: Telemetry

    def respond(self, event: Event, resolve: Callable[[], Response]) -> Response:
        """Return the response of `resolve`.

        Return 404 without calling it where the path is another clinic's than the caller's, and 500 or 503 in its place
        where the access could not be recorded: nobody sees a result without a record of it.
        """
        caller, ids = read_caller(event), ids_of_path(event["rawPath"])
        if caller.may_see(ids.get("clinic_id")):
            response = resolve()
        else:
            # API Gateway refuses such a request by the policy of the clinic's role: that policy is too wide.
            self.telemetry.count("OtherClinicRefused")
            self.telemetry.logger.warning("another clinic's path refused", request_id=request_id_of(event))
            response = _error(HTTPStatus.NOT_FOUND, "Not found")
        if str(event.get("routeKey", "")).endswith(_UNRECORDED):
            return response
        try:
            self.trail.write(self._accesses(event, caller, ids, response))
        except ServiceFault as fault:
            self.telemetry.item_failed("audit trail", fault)
            status = HTTPStatus.SERVICE_UNAVAILABLE if fault.can_retry else HTTPStatus.INTERNAL_SERVER_ERROR
            return _error(status, "the access could not be recorded and is refused: try again")
        return response

    def _accesses(
        self, event: Event, caller: Caller, ids: Mapping[str, str], response: Mapping[str, Any]
    ) -> list[Access]:
        seen = subject_of(ids)
        first = Access(
            at=self.clock(),
            caller=caller.identity,
            address=caller.address,
            action=str(event.get("routeKey", "unknown")),
            status=int(response["statusCode"]),
            request_id=request_id_of(event),
            subject=seen,
            upload_id=ids.get("upload_id"),
        )
        shown = dict.fromkeys(one for one in subjects_of(_body_of(response), ids) if one != seen)
        begin = [first] if seen.examination_id or not shown else []
        return begin + [replace(first, subject=one) for one in shown]


def ids_of_path(path: str) -> dict[str, str]:
    """Return the ids of a path, by name. Anything that is not a valid id may be a person's name, and is left out."""
    ids: dict[str, str] = {}
    segments = iter(path.split("/"))
    for segment in segments:
        if segment in _LEVELS and is_valid_id(value := next(segments, "")):
            ids.setdefault(_LEVELS[segment], value)
    return ids


def subjects_of(view: object, ids: Mapping[str, str]) -> Iterator[Subject]:
    """Yield what a response shows.

    Every object of it that names a patient or an examination is a subject; what it does not name is that of the object
    around it, and of the path.
    """
    if isinstance(view, list):
        # Outlines of cells are many pairs of numbers.
        for one in view:
            if isinstance(one, dict) or (isinstance(one, list) and one and isinstance(one[0], dict | list)):
                yield from subjects_of(one, ids)
    if isinstance(view, dict):
        named = {name: view[name] for name in _LEVELS.values() if isinstance(view.get(name), str)}
        own = {**ids, **{name: value for name, value in named.items() if is_valid_id(value)}}
        if own != ids:
            yield subject_of(own)
        for value in view.values():
            yield from subjects_of(value, own)


def subject_of(ids: Mapping[str, str]) -> Subject:
    """Return the subject of ids by name; an upload without an examination has the upload's id."""
    examination = ids.get("examination_id") or ids.get("upload_id")
    return Subject(ids.get("clinic_id"), ids.get("patient_id"), examination)


def _body_of(response: Mapping[str, Any]) -> object:
    """Return what a response shows; nothing of an error, or of anything that is not JSON."""
    if int(response["statusCode"]) >= HTTPStatus.BAD_REQUEST:
        return None
    try:
        return json.loads(response.get("body") or "null")
    except (TypeError, ValueError):
        return None


def request_id_of(event: Event) -> str:
    """Return the id of a request, which also stands in the log of the API."""
    return str(event["requestContext"].get("requestId", "unknown"))


def _error(status: HTTPStatus, message: str) -> Response:
    body = json.dumps({"statusCode": int(status), "message": message})
    return {"statusCode": int(status), "headers": {"Content-Type": "application/json"}, "body": body}
