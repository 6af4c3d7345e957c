"""Patients: identity, prefixes of their objects, and tombstones."""

import hashlib
from dataclasses import dataclass

from blastlens.domain.upload import ExaminationId

PREFIXES = ("uploads", "artifacts")
"""First parts of the keys under which a patient's objects lie."""


@dataclass(frozen=True, order=True)
class PatientId:
    """A patient of a clinic; patients' ids are unique in a clinic only."""

    clinic_id: str
    patient_id: str

    def __str__(self) -> str:
        """Return `clinic/patient`, the partition of the patient's examinations."""
        return f"{self.clinic_id}/{self.patient_id}"

    @property
    def prefixes(self) -> tuple[str, ...]:
        """Prefixes of the keys of the patient's objects.

        They end in a slash: without it, the prefix of patient p-4 would match p-41.
        """
        return tuple(f"{first}/{self}/" for first in PREFIXES)

    @property
    def tombstone(self) -> str:
        """Name of the tombstone: SHA-256 of `clinic/patient`, from which the ids cannot be read.

        Whoever knows the ids can compute it, as the functions do to refuse what arrives late.
        """
        return hashlib.sha256(str(self).encode()).hexdigest()

    def examination(self, examination_id: str) -> ExaminationId:
        """Return the identity of one of the patient's examinations."""
        return ExaminationId(self.clinic_id, self.patient_id, examination_id)


def patient_of(examination: ExaminationId) -> PatientId:
    """Return the patient of an examination."""
    return PatientId(examination.clinic_id, examination.patient_id)
