"""Routes of a patient: examinations, and the codes that open the patient's page."""

import re
from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Path

from blastlens.cloud.tables.items import text_of_time
from blastlens.domain.clinician import Role
from blastlens.domain.patient import PatientId as StoredPatient
from blastlens.domain.patient_access import AccessCode as StoredCode
from blastlens.domain.patient_access import CodeState, make_code
from blastlens.functions.clinician.models.examinations import Examination
from blastlens.functions.clinician.models.patients import AccessCode, NewAccessCode, Patient
from blastlens.functions.clinician.problems import Problem, ProblemKind
from blastlens.functions.clinician.routes import ClinicianRoutes, PatientId
from blastlens.functions.clinician.views import clinician_view

_PATIENT = "/v1/patients/<patient_id>"
_CODES = f"{_PATIENT}/access-codes"
_MANAGERS = (Role.SIGNER, Role.ADMIN)
_ORIGIN = re.compile(r"https://[A-Za-z0-9.-]{1,253}(?::\d{1,5})?|http://(?:127\.0\.0\.1|localhost)(?::\d{1,5})?")
_ERASED = (ProblemKind.PATIENT_MISSING, ProblemKind.PATIENT_ERASED)

CodeIdText = Annotated[str, Path(pattern=r"^[0-9a-f]{16}$", description="Id of an access code.")]


class PatientRoutes(ClinicianRoutes):
    """Routes of a patient. A code is made for a patient with an examination: a mistyped id would open another's."""

    def add(self) -> None:
        """Add the routes to the app."""
        self.route("GET", _PATIENT, self.patient, problems=_ERASED)
        self.route("POST", _CODES, self.make_access_code, _MANAGERS, _ERASED, HTTPStatus.CREATED)
        missing = (ProblemKind.CODE_MISSING,)
        self.route("DELETE", f"{_CODES}/<code_id>", self.revoke_access_code, _MANAGERS, missing)

    def patient(self, patient_id: PatientId) -> Patient:
        """Return a patient's examinations, the newest first, and the codes that open the patient's page."""
        owner, now = self._owner(patient_id), self.dependencies.clock()
        found = self.dependencies.examinations.of_patient(owner.clinic_id, owner.patient_id)
        codes = self.dependencies.access.codes_of(owner)
        if not found and not codes:
            raise self._missing(owner)
        newest_first = sorted(found, key=lambda one: (one.totals.last_taken_at, one.id.examination_id), reverse=True)
        views = [Examination.model_validate(clinician_view(one, self.catalogue)) for one in newest_first]
        shown = [_code(one, one.state(now)) for one in codes]
        return Patient(patient_id=patient_id, examinations=views, access_codes=shown)

    def make_access_code(self, patient_id: PatientId) -> NewAccessCode:
        """Make a code and a PIN that open the patient's page for 180 days. Both are in this answer and nowhere else."""
        owner = self._owner(patient_id)
        examinations = self.dependencies.examinations
        is_erased = examinations.is_erased(owner.examination(patient_id))
        if is_erased or not examinations.of_patient(owner.clinic_id, owner.patient_id):
            raise self._missing(owner)
        new = make_code(owner, self.user.identity, self.dependencies.clock())
        self.dependencies.access.add(new.stored)
        # The page's own address: it is where the clinician's browser is. After the `#`, no server gets the code.
        origin = self.app.current_event.headers.get("origin", "")
        return NewAccessCode(
            id=new.stored.id,
            code=new.code,
            pin=new.pin,
            url=f"{origin if _ORIGIN.fullmatch(origin) else ''}/p/#{new.code}",
            expires_at=text_of_time(new.stored.expires_at),
        )

    def revoke_access_code(self, patient_id: PatientId, code_id: CodeIdText) -> AccessCode:
        """Take a code back. It, its sessions and its messages end at once."""
        owner, now = self._owner(patient_id), self.dependencies.clock()
        if not self.dependencies.access.revoke(owner, code_id, now):
            raise Problem(ProblemKind.CODE_MISSING)
        revoked = next((one for one in self.dependencies.access.codes_of(owner) if one.id == code_id), None)
        if revoked is None:
            raise Problem(ProblemKind.CODE_MISSING)
        return _code(revoked, revoked.state(now))

    def _owner(self, patient_id: str) -> StoredPatient:
        return StoredPatient(self.user.clinic_id, patient_id)

    def _missing(self, owner: StoredPatient) -> Problem:
        is_erased = self.dependencies.examinations.is_erased(owner.examination(owner.patient_id))
        return Problem(ProblemKind.PATIENT_ERASED if is_erased else ProblemKind.PATIENT_MISSING)


def _code(code: StoredCode, state: CodeState) -> AccessCode:
    return AccessCode(
        id=code.id,
        made_at=text_of_time(code.made_at),
        expires_at=text_of_time(code.expires_at),
        revoked_at=None if code.revoked_at is None else text_of_time(code.revoked_at),
        blocked=state is CodeState.BLOCKED,
        last_used_at=None if code.last_used_at is None else text_of_time(code.last_used_at),
    )
