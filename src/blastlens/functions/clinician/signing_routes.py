"""Routes of signatures: sign, amend, retract and release."""

from collections.abc import Callable

from blastlens.domain.clinician import Role
from blastlens.domain.examination import Examination as StoredExamination
from blastlens.domain.examination import Release
from blastlens.domain.review import fold_events
from blastlens.domain.signature import Check, Signature, SignatureKind
from blastlens.domain.signing import NEED_CONCLUSION, NEED_REASON, CellsMoved, refuse_unchecked
from blastlens.domain.upload import ExaminationId
from blastlens.functions.clinician.models.examinations import Examination
from blastlens.functions.clinician.models.reviews import FirstSignature, NewRelease, NewSignature
from blastlens.functions.clinician.problems import ProblemKind
from blastlens.functions.clinician.refusals import REFUSED
from blastlens.functions.clinician.requests import InvalidRequest, WrongPlace
from blastlens.functions.clinician.routes import EXAMINATION, ClinicianRoutes, ExaminationIdText, PatientId
from blastlens.functions.clinician.texts import read_line
from blastlens.functions.clinician.views import clinician_view
from blastlens.functions.sign_off import ExaminationMissing, store_release, store_signature

_PROBLEMS = (ProblemKind.EXAMINATION_MISSING, ProblemKind.PATIENT_ERASED, *REFUSED)


class SigningRoutes(ClinicianRoutes):
    """Routes of signatures; the signer is the user of the token, and the same signature is stored once."""

    def add(self) -> None:
        """Add the routes to the app."""
        signer, checked = (Role.SIGNER,), (*_PROBLEMS, ProblemKind.CHECKS_MISSING)
        self.route("POST", f"{EXAMINATION}/sign", self.sign, signer, checked)
        self.route("POST", f"{EXAMINATION}/amend", self.amend, signer, checked)
        self.route("POST", f"{EXAMINATION}/retract", self.retract, signer, _PROBLEMS)
        self.route("POST", f"{EXAMINATION}/release", self.release, signer, _PROBLEMS)

    def sign(self, patient_id: PatientId, examination_id: ExaminationIdText, body: FirstSignature) -> Examination:
        """Sign an examination for the first time, or again after a retraction.

        It is refused with the names of the checks that apply and were not stated.
        """
        return self._sign(self.identity(patient_id, examination_id), SignatureKind(body.kind), body)

    def amend(self, patient_id: PatientId, examination_id: ExaminationIdText, body: NewSignature) -> Examination:
        """Replace the signature that stands by another one, with a reason; the first one is kept."""
        return self._sign(self.identity(patient_id, examination_id), SignatureKind.AMEND, body)

    def retract(self, patient_id: PatientId, examination_id: ExaminationIdText, body: NewSignature) -> Examination:
        """Retract the signature that stands, with a reason."""
        return self._sign(self.identity(patient_id, examination_id), SignatureKind.RETRACT, body)

    def release(self, patient_id: PatientId, examination_id: ExaminationIdText, body: NewRelease) -> Examination:
        """Release a held examination: its images are its patient's own."""
        identity, now = self.identity(patient_id, examination_id), self.dependencies.clock()
        asked = Release(self.user.name, self.user.identity, now, body.basis)
        return self._stored(identity, lambda: store_release(self.dependencies.examinations, identity, asked))

    def _sign(self, identity: ExaminationId, kind: SignatureKind, body: NewSignature) -> Examination:
        asked = self._signature(kind, body)

        def check(one: StoredExamination) -> None:
            if kind is not SignatureKind.RETRACT and body.moves is not None:
                # Each move raises the revision: one that comes after this refuses the write of the signature.
                there = fold_events(self.dependencies.reviews.of(identity)).moved
                if there != body.moves:
                    raise CellsMoved(one, there, body.moves)
            refuse_unchecked(one, asked)

        table = self.dependencies.examinations
        return self._stored(identity, lambda: store_signature(table, identity, asked, body.signatures, check))

    def _signature(self, kind: SignatureKind, body: NewSignature) -> Signature:
        """Return the signature that a body asks for.

        Raises:
            InvalidRequest: its kind needs a conclusion or a reason that the body lacks, or has none.
        """
        reason = read_line("reason", body.reason) if body.reason else ""
        wrong = [
            *([WrongPlace("conclusion", "missing")] if kind in NEED_CONCLUSION and body.conclusion is None else []),
            *([WrongPlace("reason", "missing")] if kind in NEED_REASON and not reason else []),
            *([WrongPlace("conclusion", "unknown")] if kind is SignatureKind.RETRACT and body.conclusion else []),
        ]
        if wrong:
            raise InvalidRequest(wrong)
        checks = tuple(check for check in Check if check in body.checks)
        user, now = self.user, self.dependencies.clock()
        return Signature(kind, body.conclusion, user.name, user.identity, now, reason, body.basis, checks)

    def _stored(self, identity: ExaminationId, store: Callable[[], StoredExamination]) -> Examination:
        try:
            stored = store()
        except ExaminationMissing:
            raise self.missing(identity) from None
        return Examination.model_validate(clinician_view(stored, self.catalogue))
