"""Routes of uploads from the page: an address for each image, and its state."""

import secrets
from dataclasses import replace
from http import HTTPStatus

from blastlens.domain.declared_edge_verdict import make_edge_metadata, read_edge_verdict
from blastlens.domain.declared_examination import make_examination_metadata
from blastlens.domain.declared_pixel_size import make_metadata
from blastlens.domain.declared_time import make_time_metadata, parse_taken_at
from blastlens.domain.field import PixelSizeSource
from blastlens.domain.upload import Upload
from blastlens.functions.clinician.models.uploads import NewUpload, StartedUpload, UploadState
from blastlens.functions.clinician.problems import Problem, ProblemKind
from blastlens.functions.clinician.requests import InvalidRequest, WrongPlace
from blastlens.functions.clinician.routes import EXAMINATION, ClinicianRoutes, ExaminationIdText, PatientId, UploadId
from blastlens.functions.responses import View, state_view

SECONDS = 900
"""How long the address of an upload is valid."""

_ID_BYTES = 16


class UploadRoutes(ClinicianRoutes):
    """Routes of uploads."""

    def add(self) -> None:
        """Add the routes to the app."""
        self.route(
            "POST",
            "/v1/uploads",
            self.start_upload,
            problems=(ProblemKind.PATIENT_ERASED,),
            status=HTTPStatus.CREATED,
        )
        # It shows nothing of a result, and the page asks for it again and again.
        path = f"{EXAMINATION}/uploads/<upload_id>/state"
        self.route("GET", path, self.upload_state, problems=(ProblemKind.UPLOAD_MISSING,), is_recorded=False)

    def start_upload(self, body: NewUpload) -> StartedUpload:
        """Return an address to send one image to.

        It is sent with PUT, with exactly these headers and as many bytes as announced. Sent once more, it is answered
        by 412: the image is there.
        """
        edge = _edge_metadata(body)
        metadata = self._metadata(body) | edge
        upload = self._place(body)
        images, bucket = self.dependencies.links, self.dependencies.bucket
        link = images.upload_link(bucket, upload, body.content_length, SECONDS, metadata)
        return StartedUpload(
            upload_id=upload.upload_id,
            examination_id=upload.examination.examination_id,
            key=upload.key,
            method="PUT",
            url=link.url,
            headers=dict(link.headers),
            expires_in=SECONDS,
            ignored=["edge"] if body.edge is not None and not edge else [],
        )

    def upload_state(
        self, patient_id: PatientId, examination_id: ExaminationIdText, upload_id: UploadId
    ) -> UploadState:
        """Return the state of an upload without its finding: stored, and later answered."""
        clinic = self.user.clinic_id
        if self.dependencies.examinations.is_erased(Upload(clinic, patient_id, upload_id, "jpg").examination):
            # Its image is never read: who waits for the answer would wait for ever.
            raise Problem(ProblemKind.PATIENT_ERASED)
        # Without an examination in its key an image is the only field of one with its own id.
        places = dict.fromkeys((examination_id, None if examination_id == upload_id else examination_id))
        for place in places:
            view = self._state(Upload(clinic, patient_id, upload_id, "jpg", place))
            if view is not None:
                return UploadState.model_validate(view)
        raise Problem(ProblemKind.UPLOAD_MISSING)

    def _place(self, body: NewUpload) -> Upload:
        """Return the place of an image, and note its ids for the audit trail."""
        # Nobody can guess the id, so nobody can take another's upload.
        upload_id, ending = body.upload_id or secrets.token_hex(_ID_BYTES), str(body.extension)
        upload = Upload(self.user.clinic_id, body.patient_id, upload_id, ending, body.examination_id)
        examination = upload.examination
        self.state.ids |= {
            "patient_id": body.patient_id,
            "examination_id": examination.examination_id,
            "upload_id": upload_id,
        }
        if self.dependencies.examinations.is_erased(examination):
            raise Problem(ProblemKind.PATIENT_ERASED)
        if body.upload_id is None:
            return upload
        # S3 compares whole keys: under another ending, a second image of this id would take the place of the first.
        stored = self.dependencies.images.stored_extension(self.dependencies.bucket, upload)
        return upload if stored is None else replace(upload, extension=stored)

    def _state(self, upload: Upload) -> View | None:
        records = self.dependencies.results.readings(upload)
        stored_at = None if records else self.dependencies.images.stored_at(self.dependencies.bucket, upload)
        return state_view(upload, stored_at, records[0] if records else None)

    def _metadata(self, body: NewUpload) -> dict[str, str]:
        wrong: list[WrongPlace] = []
        metadata: dict[str, str] = {}
        if body.pixel_size_um is not None:
            metadata |= make_metadata(body.pixel_size_um, PixelSizeSource.METADATA)
        if body.taken_at is not None:
            try:
                metadata |= make_time_metadata(parse_taken_at(body.taken_at, self.dependencies.clock()))
            except ValueError:
                wrong.append(WrongPlace("taken_at", "taken_at"))
        if body.examination_fields is not None:
            metadata |= make_examination_metadata(body.examination_fields)
            if body.examination_id is None:
                wrong.append(WrongPlace("examination_fields", "needs_examination"))
        if wrong:
            raise InvalidRequest(wrong)
        return metadata


def _edge_metadata(body: NewUpload) -> dict[str, str]:
    """Return the metadata of the verdict of an image; nothing where there is none that is usable."""
    try:
        metadata = {} if body.edge is None else make_edge_metadata(body.edge.to_verdict())
        # Rounding may take a sum that is hardly 1 too far from it.
        read_edge_verdict(metadata)
        return metadata
    except ValueError:
        return {}
