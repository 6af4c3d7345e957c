"""Sign-in of patients by code and PIN."""

from dataclasses import dataclass
from datetime import datetime

from blastlens.cloud.tables.patient_access import PatientAccessTable
from blastlens.domain.patient_access import (
    MAX_WRONG_PINS,
    NOBODYS_PIN,
    AccessCode,
    CodeState,
    Session,
    hash_code,
    read_code,
    read_pin,
)


@dataclass(frozen=True)
class SignInAnswer:
    """What came of an attempt to sign in.

    Attributes:
        code: the code, where there is one of that hash; for the record of the attempt only.
        token: token of the session; None where there is none.
        session: the session; None where it was refused.
        is_blocked: whether the code is blocked, which only someone who has the code learns.
    """

    code: AccessCode | None = None
    token: str | None = None
    session: Session | None = None
    is_blocked: bool = False


def sign_in(access: PatientAccessTable, typed_code: str, typed_pin: str, now: datetime) -> SignInAnswer:
    """Return the session of a code and PIN, or that there is none.

    The answer to an unknown, an expired and a revoked code is the same, and takes as long as that to a wrong PIN: a PIN
    is compared in every case. An attempt is counted before, so that one that dies half-way counts as wrong.

    Raises:
        ServiceFault: DynamoDB refused; ServiceUnavailable where a retry may help.
    """
    code, pin = read_code(typed_code), read_pin(typed_pin) or ""
    found = None if code is None else access.find(hash_code(code))
    if found is None or found.state(now) is not CodeState.OPEN or not access.count_attempt(found, now):
        NOBODYS_PIN.matches(pin)
        return SignInAnswer(found, is_blocked=found is not None and found.state(now) is CodeState.BLOCKED)
    if not found.pin.matches(pin):
        return SignInAnswer(found, is_blocked=found.wrong_pins + 1 >= MAX_WRONG_PINS)
    opened = access.open_session(found, now)
    return SignInAnswer(found) if opened is None else SignInAnswer(found, *opened)
