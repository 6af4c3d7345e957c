"""Routes of uploads: upload forms, results of fields, and states."""

from http import HTTPStatus

from aws_lambda_powertools.event_handler.exceptions import NotFoundError, ServiceError

from blastlens.domain.declared_examination import make_examination_metadata
from blastlens.domain.declared_pixel_size import make_metadata
from blastlens.domain.declared_time import make_time_metadata
from blastlens.domain.field import PixelSizeSource
from blastlens.domain.record import Record
from blastlens.domain.upload import MAX_BYTES, Upload
from blastlens.functions.requests import (
    new_upload,
    read_examination_fields,
    read_limit,
    read_pixel_size,
    read_taken_at,
    upload_from_path,
    valid_id,
)
from blastlens.functions.responses import View, decode_cursor, page_view, record_view, state_view
from blastlens.functions.routes import Routes

FORM_SECONDS = 900
"""How long an upload form is valid."""

_UPLOADS = "/clinics/<clinic_id>/patients/<patient_id>/uploads"
_RESULT = f"{_UPLOADS}/<upload_id>"
_FIELD_STATE = "/clinics/<clinic_id>/patients/<patient_id>/examinations/<examination_id>/uploads/<upload_id>/state"


class UploadRoutes(Routes):
    """Routes of uploads."""

    def add(self) -> None:
        """Add the routes to the app."""
        self.app.post(_UPLOADS)(self.start_upload)
        self.app.get("/clinics/<clinic_id>/results")(self.worklist)
        self.app.get(_RESULT)(self.readings)
        self.app.get(f"{_RESULT}/state")(self.state)
        self.app.get(_FIELD_STATE)(self.field_state)
        self.app.post(f"{_RESULT}/sign-off")(self.sign_off)

    def start_upload(self, clinic_id: str, patient_id: str) -> tuple[View, int]:
        """Return a form that uploads one image."""
        self.query()
        body = self.body()
        upload, um = new_upload(clinic_id, patient_id, body, self.dependencies.new_id()), read_pixel_size(body)
        metadata = {} if um is None else make_metadata(um, PixelSizeSource.METADATA)
        metadata |= make_time_metadata(read_taken_at(body, self.dependencies.clock()))
        fields = read_examination_fields(body)
        metadata |= {} if fields is None else make_examination_metadata(fields)
        images, bucket = self.dependencies.images, self.dependencies.bucket
        form = images.upload_form(bucket, upload, MAX_BYTES, FORM_SECONDS, metadata)
        view = {
            "examination_id": upload.examination.examination_id,
            "upload_id": upload.upload_id,
            "key": upload.key,
            "url": form.url,
            "fields": dict(form.fields),
            "max_bytes": MAX_BYTES,
            "expires_in": FORM_SECONDS,
        }
        return view, HTTPStatus.CREATED

    def worklist(self, clinic_id: str) -> View:
        """Return a page of a clinic's results, newest upload first."""
        clinic = valid_id("clinic_id", clinic_id)
        query = self.query("limit", "next")
        cursor = decode_cursor(query["next"]) if "next" in query else None
        return page_view(self.dependencies.results.worklist(clinic, read_limit(query.get("limit")), cursor))

    def readings(self, clinic_id: str, patient_id: str, upload_id: str) -> View:
        """Return every reading of an upload, the newest version first."""
        self.query()
        return {"readings": [record_view(record) for record in self._records(clinic_id, patient_id, upload_id)]}

    def state(self, clinic_id: str, patient_id: str, upload_id: str) -> View:
        """Return the state of an upload without an examination in its key: stored, and later answered."""
        return self._state(upload_from_path(clinic_id, patient_id, upload_id))

    def field_state(self, clinic_id: str, patient_id: str, examination_id: str, upload_id: str) -> View:
        """Return the state of an upload of an examination: stored, and later answered."""
        return self._state(upload_from_path(clinic_id, patient_id, upload_id, examination_id))

    def sign_off(self, clinic_id: str, patient_id: str, upload_id: str) -> View:
        """Answer that single images are not signed any more, with the route that signs this one's examination."""
        upload = upload_from_path(clinic_id, patient_id, upload_id)
        raise ServiceError(
            HTTPStatus.GONE,
            "Images are not signed one by one any more, and nothing was stored: sign the examination "
            f"{upload.examination.examination_id} of this patient with POST .../examinations/ID/sign.",
        )

    def _state(self, upload: Upload) -> View:
        self.query()
        records = self.dependencies.results.readings(upload)
        stored_at = None if records else self.dependencies.images.stored_at(self.dependencies.bucket, upload)
        view = state_view(upload, stored_at, records[0] if records else None)
        if view is None:
            raise NotFoundError("nothing of this upload has arrived yet")
        return view

    def _records(self, clinic_id: str, patient_id: str, upload_id: str) -> list[Record]:
        records = self.dependencies.results.readings(upload_from_path(clinic_id, patient_id, upload_id))
        if not records:
            raise NotFoundError("there is no result of this upload yet")
        return records
