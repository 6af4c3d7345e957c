"""Record of each access of a clinician, written before the response is returned."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from http import HTTPStatus
from typing import Any

from blastlens.cloud.audit_trail import AuditTrail
from blastlens.domain.access import Access
from blastlens.domain.errors import ServiceFault
from blastlens.functions.access_control import ids_of_path, request_id_of, subject_of, subjects_of
from blastlens.functions.callers import address_of
from blastlens.functions.clinician.problems import Problem, ProblemKind
from blastlens.functions.clinician.requests import RequestState
from blastlens.functions.problem_responses import problem_response
from blastlens.functions.telemetry import Event, Telemetry

Resolved = dict[str, Any]
"""Response of a Lambda function to an HTTP API, payload format 2.0."""


@dataclass(frozen=True)
class AccessRecord:
    """Writes a record of each result and of each link that a response shows.

    Attributes:
        trail: the audit trail.
        clock: returns the time (UTC).
        telemetry: log and metrics.
    """

    trail: AuditTrail
    clock: Callable[[], datetime]
    telemetry: Telemetry

    def respond(self, event: Event, state: RequestState, resolve: Callable[[], Resolved]) -> Resolved:
        """Return the response of `resolve`; a problem in its place where the access could not be recorded."""
        response = resolve()
        if not state.is_recorded:
            return response
        try:
            self.trail.write(self._accesses(event, state, response))
        except ServiceFault as fault:
            self.telemetry.item_failed("audit trail", fault)
            return problem_response(event, Problem(ProblemKind.NOT_RECORDED))
        return response

    def _accesses(self, event: Event, state: RequestState, response: Mapping[str, Any]) -> list[Access]:
        ids = {"clinic_id": state.user.clinic_id} | ids_of_path(event["rawPath"]) | state.ids
        seen = subject_of(ids)
        first = Access(
            at=self.clock(),
            caller=state.user.identity,
            address=address_of(event),
            action=state.action,
            status=int(response["statusCode"]),
            request_id=request_id_of(event),
            subject=seen,
            upload_id=ids.get("upload_id"),
        )
        shown = dict.fromkeys(one for one in subjects_of(_body_of(response), ids) if one != seen)
        begin = [first] if seen.examination_id or not shown else []
        links = [
            replace(first, subject=subject, upload_id=upload_id, action=f"link {kind}")
            for subject, upload_id, kind in state.links
        ]
        return begin + [replace(first, subject=one) for one in shown] + links


def _body_of(response: Mapping[str, Any]) -> object:
    """Return what a response shows; nothing of a problem."""
    if int(response["statusCode"]) >= HTTPStatus.BAD_REQUEST:
        return None
    return json.loads(response.get("body") or "null")
