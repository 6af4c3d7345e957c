"""Routes of examinations: worklist, answer, fields, signatures and release."""

from blastlens.domain.examination import Examination
from blastlens.domain.signature import SignatureKind
from blastlens.domain.upload import ExaminationId
from blastlens.functions.examination_views import (
    decode_examination_cursor,
    examination_view,
    examinations_view,
    fields_view,
)
from blastlens.functions.requests import examination_from_path, read_limit, valid_id
from blastlens.functions.responses import View
from blastlens.functions.routes import Routes
from blastlens.functions.sign_off import NO_EXAMINATION, ExaminationMissing, store_release, store_signature
from blastlens.functions.signature_requests import read_release, read_signature

_EXAMINATION = "/clinics/<clinic_id>/patients/<patient_id>/examinations/<examination_id>"


class ExaminationRoutes(Routes):
    """Routes of examinations."""

    def add(self) -> None:
        """Add the routes to the app."""
        self.app.get("/clinics/<clinic_id>/examinations")(self.worklist)
        self.app.get(_EXAMINATION)(self.examination)
        self.app.get(f"{_EXAMINATION}/fields")(self.fields)
        self.app.post(f"{_EXAMINATION}/sign")(self.sign)
        self.app.post(f"{_EXAMINATION}/amend")(self.amend)
        self.app.post(f"{_EXAMINATION}/retract")(self.retract)
        self.app.post(f"{_EXAMINATION}/release")(self.release)

    def worklist(self, clinic_id: str) -> View:
        """Return a page of a clinic's examinations, unsigned and urgent first."""
        clinic, query = valid_id("clinic_id", clinic_id), self.query("limit", "next")
        cursor = decode_examination_cursor(query["next"]) if "next" in query else None
        page = self.dependencies.examinations.worklist(clinic, read_limit(query.get("limit")), cursor)
        return examinations_view(page)

    def examination(self, clinic_id: str, patient_id: str, examination_id: str) -> View:
        """Return an examination with its answer, its history and what people were told."""
        self.query()
        found = self._get(examination_from_path(clinic_id, patient_id, examination_id))
        if found is None:
            raise ExaminationMissing(NO_EXAMINATION)
        return examination_view(found)

    def fields(self, clinic_id: str, patient_id: str, examination_id: str) -> View:
        """Return a page of an examination's fields, in the order in which they were taken."""
        query = self.query("limit", "next")
        limit = read_limit(query.get("limit"))
        identity = examination_from_path(clinic_id, patient_id, examination_id)
        records, found = self.dependencies.results.fields(identity), self._get(identity)
        if not records:
            raise ExaminationMissing(NO_EXAMINATION)
        digest = None if found is None else found.totals.model.digest
        return fields_view(records, digest, limit, query.get("next"))

    def sign(self, clinic_id: str, patient_id: str, examination_id: str) -> View:
        """Store the first signature, or the first one after a retraction."""
        identity = examination_from_path(clinic_id, patient_id, examination_id)
        return self._store(identity, SignatureKind.ACCEPT, SignatureKind.CORRECT)

    def amend(self, clinic_id: str, patient_id: str, examination_id: str) -> View:
        """Store an amendment of the signature that stands."""
        return self._store(examination_from_path(clinic_id, patient_id, examination_id), SignatureKind.AMEND)

    def retract(self, clinic_id: str, patient_id: str, examination_id: str) -> View:
        """Store a retraction of the signature that stands."""
        return self._store(examination_from_path(clinic_id, patient_id, examination_id), SignatureKind.RETRACT)

    def release(self, clinic_id: str, patient_id: str, examination_id: str) -> View:
        """Store that the images of a held examination are its patient's own."""
        self.query()
        identity = examination_from_path(clinic_id, patient_id, examination_id)
        asked = read_release(self.body(), self.caller(), self.dependencies.clock())
        return examination_view(store_release(self.dependencies.examinations, identity, asked))

    def _store(self, identity: ExaminationId, *kinds: SignatureKind) -> View:
        self.query()
        asked, seen = read_signature(self.body(), kinds, self.caller(), self.dependencies.clock())
        return examination_view(store_signature(self.dependencies.examinations, identity, asked, seen))

    def _get(self, identity: ExaminationId) -> Examination | None:
        return self.dependencies.examinations.get(identity)
