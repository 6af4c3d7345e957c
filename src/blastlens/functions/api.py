"""The api function: clinicians start uploads, read their worklist and results, and sign results.

Who may call at all is decided before: API Gateway turns away every request that is not signed by an identity with
leave to invoke the route.
"""

import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response, content_types
from aws_lambda_powertools.event_handler.exceptions import NotFoundError

from blastlens.cloud.images import ImageStore
from blastlens.cloud.tables.results import InvalidPlace, ResultsTable
from blastlens.domain.errors import BlastlensError, ServiceFault
from blastlens.domain.record import Record, SignOff
from blastlens.domain.upload import MAX_BYTES
from blastlens.functions.requests import InvalidRequest, limit_of, named_upload, new_upload, sign_off_of, valid_id
from blastlens.functions.responses import View, page_view, place_of_text, record_view, sign_off_view, state_view
from blastlens.functions.sign_off import CannotSign, sign
from blastlens.functions.telemetry import Handler, Telemetry, make_telemetry

FORM_SECONDS = 900
"""How long the form of an upload may be used."""

_UPLOAD_ID_BYTES = 16
_PRIVATE = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
_UPLOADS = "/clinics/<clinic_id>/patients/<patient_id>/uploads"
_RESULT = f"{_UPLOADS}/<upload_id>"


@dataclass(frozen=True)
class ApiParts:
    """What the API needs.

    Attributes:
        images: signs uploads.
        results: where records lie.
        bucket: bucket that takes uploads.
        clock: tells the time (UTC).
        new_id: makes an id that nobody can guess, so that nobody can overwrite another's upload.
    """

    images: ImageStore
    results: ResultsTable
    bucket: str
    clock: Callable[[], datetime]
    new_id: Callable[[], str] = lambda: secrets.token_hex(_UPLOAD_ID_BYTES)


def make_handler(parts: ApiParts, telemetry: Telemetry | None = None) -> Handler:
    """Return the function Lambda calls with requests of an HTTP API, payload format 2.0."""
    report = telemetry or make_telemetry("api")
    app = APIGatewayHttpResolver()
    work = _Work(parts, app)
    app.post(_UPLOADS)(work.start_upload)
    app.get("/clinics/<clinic_id>/results")(work.worklist)
    app.get(_RESULT)(work.readings)
    app.get(f"{_RESULT}/state")(work.state)
    app.post(f"{_RESULT}/sign-off")(work.sign_off)
    _explain_errors(app, report)
    return report.wrap(lambda event, context: _private(app.resolve(event, context)))


@dataclass(frozen=True)
class _Work:
    parts: ApiParts
    app: APIGatewayHttpResolver

    def start_upload(self, clinic_id: str, patient_id: str) -> tuple[View, int]:
        upload = new_upload(clinic_id, patient_id, self._body(), self.parts.new_id())
        form = self.parts.images.upload_form(self.parts.bucket, upload, MAX_BYTES, FORM_SECONDS)
        view = {
            "upload_id": upload.upload_id,
            "key": upload.key,
            "url": form.url,
            "fields": dict(form.fields),
            "max_bytes": MAX_BYTES,
            "expires_in": FORM_SECONDS,
        }
        return view, HTTPStatus.CREATED

    def worklist(self, clinic_id: str) -> View:
        clinic = valid_id("clinic_id", clinic_id)
        query = self.app.current_event.query_string_parameters or {}
        place = place_of_text(query["next"]) if "next" in query else None
        return page_view(self.parts.results.worklist(clinic, limit_of(query.get("limit")), place))

    def readings(self, clinic_id: str, patient_id: str, upload_id: str) -> View:
        return {"readings": [record_view(record) for record in self._records(clinic_id, patient_id, upload_id)]}

    def state(self, clinic_id: str, patient_id: str, upload_id: str) -> View:
        """Tell a microscope or a web client that an upload is stored, and later that it is answered."""
        upload = named_upload(clinic_id, patient_id, upload_id)
        records = self.parts.results.readings(upload)
        stored_at = None if records else self.parts.images.stored_at(self.parts.bucket, upload)
        view = state_view(upload, stored_at, records[0] if records else None)
        if view is None:
            raise NotFoundError("nothing of this upload has arrived yet")
        return view

    def sign_off(self, clinic_id: str, patient_id: str, upload_id: str) -> View:
        request = sign_off_of(self._body())
        records = self._records(clinic_id, patient_id, upload_id)
        record = next((one for one in records if one.id.reading == request.reading), None)
        if record is None:
            raise NotFoundError("there is no such reading of this upload")
        word = SignOff(request.signed_by, self._caller(), request.label, self.parts.clock())
        return sign_off_view(sign(self.parts.results, record.id, word))

    def _records(self, clinic_id: str, patient_id: str, upload_id: str) -> list[Record]:
        records = self.parts.results.readings(named_upload(clinic_id, patient_id, upload_id))
        if not records:
            raise NotFoundError("there is no result of this upload yet")
        return records

    def _body(self) -> object:
        try:
            return self.app.current_event.json_body
        except (TypeError, ValueError, RecursionError):
            raise InvalidRequest("the body has to be a JSON object") from None

    def _caller(self) -> str:
        iam: Any = self.app.current_event.raw_event["requestContext"].get("authorizer", {}).get("iam") or {}
        return str(iam.get("userArn", "unknown"))


def _private(answer: dict[str, Any]) -> dict[str, Any]:
    """Return an answer that no browser keeps: the next person at a ward's computer shall not find it there."""
    return answer | {"headers": answer.get("headers", {}) | _PRIVATE}


def _explain_errors(app: APIGatewayHttpResolver, telemetry: Telemetry) -> None:
    def explain_mistake(error: BlastlensError) -> Response[str]:
        return _error(HTTPStatus.BAD_REQUEST, str(error))

    def explain_conflict(error: CannotSign) -> Response[str]:
        return _error(HTTPStatus.CONFLICT, str(error))

    def explain_fault(error: ServiceFault) -> Response[str]:
        telemetry.item_failed("request", error)
        status = HTTPStatus.SERVICE_UNAVAILABLE if error.can_retry else HTTPStatus.INTERNAL_SERVER_ERROR
        return _error(status, "the service is busy, try again" if error.can_retry else "the service failed")

    app.exception_handler([InvalidRequest, InvalidPlace])(explain_mistake)
    app.exception_handler(CannotSign)(explain_conflict)
    app.exception_handler(ServiceFault)(explain_fault)


def _error(status: HTTPStatus, message: str) -> Response[str]:
    body = json.dumps({"statusCode": int(status), "message": message})
    return Response(int(status), content_types.APPLICATION_JSON, body)
