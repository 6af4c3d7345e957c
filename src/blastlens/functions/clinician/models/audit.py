"""Models of the audit trail of an examination."""

from blastlens.functions.clinician.models.common import Answer, Id, Time


class Access(Answer):
    """One access: who, when, from where, and what was done."""

    at: Time
    caller: str
    address: str
    action: str
    status: int
    request_id: str
    clinic_id: Id | None = None
    patient_id: Id | None = None
    examination_id: Id | None = None
    upload_id: Id | None = None


class AccessPage(Answer):
    """Accesses to an examination, the newest first; `complete` is false where there was no time to read all."""

    accesses: list[Access]
    complete: bool
