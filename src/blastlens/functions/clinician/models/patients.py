"""Models of a patient and of the codes that open the patient's page."""

from typing import Annotated

from pydantic import Field

from blastlens.functions.clinician.models.common import Answer, Id, Time
from blastlens.functions.clinician.models.examinations import Examination


class AccessCode(Answer):
    """Code that opens the patient's page, without the code itself."""

    id: str
    made_at: Time
    expires_at: Time
    revoked_at: Time | None
    blocked: bool
    last_used_at: Time | None


class NewAccessCode(Answer):
    """Code and PIN; they are shown once."""

    id: str
    code: str
    pin: str
    url: Annotated[
        str,
        Field(description="Link to the patient's page; the code follows the `#`. A path if the page did not ask."),
    ]
    expires_at: Time


class Patient(Answer):
    """A patient's examinations, the newest first, and access codes."""

    patient_id: Id
    examinations: list[Examination]
    access_codes: list[AccessCode]
