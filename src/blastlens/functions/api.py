"""The api function: routes for uploads, worklist, results and sign-off.

Access is controlled by API Gateway, which rejects every request that is not signed by an identity with permission to
invoke the route, and by `access_control`, which compares a clinic's role with the path and records each access.
"""

import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response, content_types
from aws_lambda_powertools.event_handler.exceptions import NotFoundError

from blastlens.cloud.audit_trail import AuditTrail
from blastlens.cloud.images import ImageStore
from blastlens.cloud.tables.results import InvalidCursor, ResultsTable
from blastlens.domain.declared_pixel_size import make_metadata
from blastlens.domain.declared_time import make_time_metadata
from blastlens.domain.errors import BlastlensError, ServiceFault
from blastlens.domain.field import PixelSizeSource
from blastlens.domain.record import Record, SignOff
from blastlens.domain.upload import MAX_BYTES
from blastlens.functions.access_control import AccessControl
from blastlens.functions.requests import (
    InvalidRequest,
    new_upload,
    read_limit,
    read_pixel_size,
    read_query,
    read_sign_off,
    read_taken_at,
    upload_from_path,
    valid_id,
)
from blastlens.functions.responses import View, decode_cursor, page_view, record_view, sign_off_view, state_view
from blastlens.functions.sign_off import SignOffRefused, store_sign_off
from blastlens.functions.telemetry import Handler, Telemetry, make_telemetry

FORM_SECONDS = 900
"""How long an upload form is valid."""

_UPLOAD_ID_BYTES = 16
_PRIVATE = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
_UPLOADS = "/clinics/<clinic_id>/patients/<patient_id>/uploads"
_RESULT = f"{_UPLOADS}/<upload_id>"


@dataclass(frozen=True)
class ApiDependencies:
    """Clients and settings of the API.

    Attributes:
        images: signs upload forms.
        results: the results table.
        bucket: the upload bucket.
        clock: returns the time (UTC).
        trail: the audit trail, which records each access.
        new_id: makes an id that cannot be guessed, so that nobody can overwrite another's upload.
    """

    images: ImageStore
    results: ResultsTable
    bucket: str
    clock: Callable[[], datetime]
    trail: AuditTrail
    new_id: Callable[[], str] = lambda: secrets.token_hex(_UPLOAD_ID_BYTES)


def make_handler(dependencies: ApiDependencies, telemetry: Telemetry | None = None) -> Handler:
    """Return the Lambda handler for requests of an HTTP API, payload format 2.0."""
    observed = telemetry or make_telemetry("api")
    app = APIGatewayHttpResolver()
    routes = _Routes(dependencies, app)
    app.post(_UPLOADS)(routes.start_upload)
    app.get("/clinics/<clinic_id>/results")(routes.worklist)
    app.get(_RESULT)(routes.readings)
    app.get(f"{_RESULT}/state")(routes.state)
    app.post(f"{_RESULT}/sign-off")(routes.sign_off)
    _handle_errors(app, observed)
    control = AccessControl(dependencies.trail, dependencies.clock, observed)
    return observed.wrap(
        lambda event, context: _with_private_headers(control.respond(event, lambda: app.resolve(event, context)))
    )


@dataclass(frozen=True)
class _Routes:
    dependencies: ApiDependencies
    app: APIGatewayHttpResolver

    def start_upload(self, clinic_id: str, patient_id: str) -> tuple[View, int]:
        self._query()
        body = self._body()
        upload, um = new_upload(clinic_id, patient_id, body, self.dependencies.new_id()), read_pixel_size(body)
        metadata = {} if um is None else make_metadata(um, PixelSizeSource.METADATA)
        metadata |= make_time_metadata(read_taken_at(body, self.dependencies.clock()))
        images, bucket = self.dependencies.images, self.dependencies.bucket
        form = images.upload_form(bucket, upload, MAX_BYTES, FORM_SECONDS, metadata)
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
        query = self._query("limit", "next")
        cursor = decode_cursor(query["next"]) if "next" in query else None
        return page_view(self.dependencies.results.worklist(clinic, read_limit(query.get("limit")), cursor))

    def readings(self, clinic_id: str, patient_id: str, upload_id: str) -> View:
        self._query()
        return {"readings": [record_view(record) for record in self._records(clinic_id, patient_id, upload_id)]}

    def state(self, clinic_id: str, patient_id: str, upload_id: str) -> View:
        """Return the state of an upload: stored, and later answered."""
        self._query()
        upload = upload_from_path(clinic_id, patient_id, upload_id)
        records = self.dependencies.results.readings(upload)
        stored_at = None if records else self.dependencies.images.stored_at(self.dependencies.bucket, upload)
        view = state_view(upload, stored_at, records[0] if records else None)
        if view is None:
            raise NotFoundError("nothing of this upload has arrived yet")
        return view

    def sign_off(self, clinic_id: str, patient_id: str, upload_id: str) -> View:
        self._query()
        request = read_sign_off(self._body())
        records = self._records(clinic_id, patient_id, upload_id)
        record = next((one for one in records if one.id.reading == request.reading), None)
        if record is None:
            raise NotFoundError("there is no such reading of this upload")
        sign_off = SignOff(request.signed_by, self._caller(), request.label, self.dependencies.clock())
        return sign_off_view(store_sign_off(self.dependencies.results, record.id, sign_off))

    def _records(self, clinic_id: str, patient_id: str, upload_id: str) -> list[Record]:
        records = self.dependencies.results.readings(upload_from_path(clinic_id, patient_id, upload_id))
        if not records:
            raise NotFoundError("there is no result of this upload yet")
        return records

    def _query(self, *known: str) -> Mapping[str, str]:
        return read_query(self.app.current_event.query_string_parameters, *known)

    def _body(self) -> object:
        try:
            return self.app.current_event.json_body
        except (TypeError, ValueError, RecursionError):
            raise InvalidRequest("the body has to be a JSON object") from None

    def _caller(self) -> str:
        iam: Any = self.app.current_event.raw_event["requestContext"].get("authorizer", {}).get("iam") or {}
        return str(iam.get("userArn", "unknown"))


def _with_private_headers(response: dict[str, Any]) -> dict[str, Any]:
    """Return a response that no browser caches: computers on a ward are shared."""
    return response | {"headers": response.get("headers", {}) | _PRIVATE}


def _handle_errors(app: APIGatewayHttpResolver, telemetry: Telemetry) -> None:
    def bad_request(error: BlastlensError) -> Response[str]:
        return _error(HTTPStatus.BAD_REQUEST, str(error))

    def conflict(error: SignOffRefused) -> Response[str]:
        return _error(HTTPStatus.CONFLICT, str(error))

    def service_failed(error: ServiceFault) -> Response[str]:
        telemetry.item_failed("request", error)
        status = HTTPStatus.SERVICE_UNAVAILABLE if error.can_retry else HTTPStatus.INTERNAL_SERVER_ERROR
        return _error(status, "the service is busy, try again" if error.can_retry else "the service failed")

    app.exception_handler([InvalidRequest, InvalidCursor])(bad_request)
    app.exception_handler(SignOffRefused)(conflict)
    app.exception_handler(ServiceFault)(service_failed)


def _error(status: HTTPStatus, message: str) -> Response[str]:
    body = json.dumps({"statusCode": int(status), "message": message})
    return Response(int(status), content_types.APPLICATION_JSON, body)
