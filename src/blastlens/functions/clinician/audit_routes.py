"""Route of the audit trail of an examination, for signers and administrators."""

from blastlens.domain.access import Subject
from blastlens.domain.clinician import Role
from blastlens.functions.clinician.models.audit import AccessPage
from blastlens.functions.clinician.problems import ProblemKind
from blastlens.functions.clinician.routes import EXAMINATION, ClinicianRoutes, ExaminationIdText, PatientId

SECONDS = 8.0
"""How long the trail is read; the function's own time is 20 seconds."""


class AuditRoutes(ClinicianRoutes):
    """Route of the audit trail."""

    def add(self) -> None:
        """Add the route to the app."""
        self.route(
            "GET",
            f"{EXAMINATION}/audit-trail",
            self.audit_trail,
            roles=(Role.SIGNER, Role.ADMIN),
            problems=(ProblemKind.EXAMINATION_MISSING, ProblemKind.PATIENT_ERASED),
        )

    def audit_trail(self, patient_id: PatientId, examination_id: ExaminationIdText) -> AccessPage:
        """Return who has seen an examination and its images, when, and from where, the newest first.

        A long trail takes minutes: `blastlens audit-trail` reads all of it.
        """
        one = self.examination(self.identity(patient_id, examination_id))
        subject = Subject(one.id.clinic_id, one.id.patient_id, one.id.examination_id)
        # Nobody has seen it before its first image was taken.
        found, is_complete = self.dependencies.trail.read_within(subject, one.totals.first_taken_at, SECONDS)
        plain = [access.to_plain() for access in found]
        return AccessPage.model_validate({"accesses": plain, "complete": is_complete})
