"""Access codes, PINs and sessions by which patients read their signed results."""

import base64
import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from blastlens.domain.patient import PatientId

CODE_BYTES = 16
CODE_LETTERS = 26
PIN_DIGITS = 6
MAX_WRONG_PINS = 5
"""Wrong PINs in a row after which a code is blocked for good."""

CODE_LIFETIME = timedelta(days=180)
SESSION_LIFETIME = timedelta(minutes=15)

MAX_BROWSERS = 10
"""Browsers of one patient that may receive messages: a stolen session cannot store more."""

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
"""Crockford's Base32: without i, l, o and u, which people confuse with digits or each other."""

_RFC_4648 = "abcdefghijklmnopqrstuvwxyz234567"
_TO_CROCKFORD = str.maketrans(_RFC_4648, _ALPHABET)
_AS_TYPED = str.maketrans("oil", "011", " -\t")
_CODE = re.compile(rf"[{_ALPHABET}]{{{CODE_LETTERS}}}")
_PIN = re.compile(rf"[0-9]{{{PIN_DIGITS}}}")
_SESSION = re.compile(r"[0-9a-f]{64}\.[A-Za-z0-9_-]{43}")
_SALT_BYTES = 16
_ID_BYTES = 8
_SESSION_BYTES = 32

_SCRYPT = {"n": 2**14, "r": 8, "p": 1, "dklen": 32}
"""16 MiB and about 50 ms for each PIN: of a copied table, all PINs of one code would take 14 hours on one core."""


class CodeState(StrEnum):
    """Whether a code opens the results of its patient, and why it does not."""

    OPEN = "open"
    EXPIRED = "expired"
    REVOKED = "revoked"
    BLOCKED = "blocked"


@dataclass(frozen=True)
class PinHash:
    """What is stored of a PIN: salt and scrypt's result, 16 and 32 bytes in hexadecimal."""

    salt: str
    digest: str

    def matches(self, pin: str) -> bool:
        """Compare a typed PIN, in constant time."""
        return hmac.compare_digest(_scrypt(pin, bytes.fromhex(self.salt)), bytes.fromhex(self.digest))


NOBODYS_PIN = PinHash("00" * _SALT_BYTES, "00" * 32)
"""Compared where there is no such code, so that the time of an answer does not say whether there is one."""


@dataclass(frozen=True)
class AccessCode:
    """A code that a clinic hands out, without the code itself.

    Attributes:
        id: opaque id, by which the clinic lists and revokes it.
        patient: whose results it opens.
        secret: SHA-256 of the code, in hexadecimal.
        pin: what is stored of its PIN.
        made_at: when (UTC).
        made_by: identity that made it, as authenticated by the cloud.
        expires_at: when it stops to open anything (UTC).
        revoked_at: when the clinic took it back; None where it did not.
        wrong_pins: wrong PINs since the last right one; those that are being checked count.
        last_used_at: when it last opened something; None before.
    """

    id: str
    patient: PatientId
    secret: str
    pin: PinHash
    made_at: datetime
    made_by: str
    expires_at: datetime
    revoked_at: datetime | None = None
    wrong_pins: int = 0
    last_used_at: datetime | None = None

    def state(self, now: datetime) -> CodeState:
        """Return whether it opens anything now. What ends it for good comes first."""
        if self.revoked_at is not None:
            return CodeState.REVOKED
        if now >= self.expires_at:
            return CodeState.EXPIRED
        return CodeState.BLOCKED if self.wrong_pins >= MAX_WRONG_PINS else CodeState.OPEN


@dataclass(frozen=True)
class NewCode:
    """A code with its PIN, as they are shown once and stored nowhere.

    Attributes:
        code: 128 random bits as 26 letters and digits.
        pin: six digits.
        stored: what is stored of both.
    """

    code: str
    pin: str
    stored: AccessCode


@dataclass(frozen=True)
class Session:
    """Fifteen minutes in which a browser may read a patient's results.

    Attributes:
        patient: whose results.
        code_id: the code that opened it. A code that was revoked or blocked since ends it.
        expires_at: when it ends (UTC).
    """

    patient: PatientId
    code_id: str
    expires_at: datetime


def make_code(patient: PatientId, made_by: str, now: datetime) -> NewCode:
    """Return a new code of a patient, which opens results for 180 days."""
    code = format_code(secrets.token_bytes(CODE_BYTES))
    pin = f"{secrets.randbelow(10**PIN_DIGITS):0{PIN_DIGITS}d}"
    identity = secrets.token_hex(_ID_BYTES)
    stored = AccessCode(identity, patient, hash_code(code), hash_pin(pin), now, made_by, now + CODE_LIFETIME)
    return NewCode(code, pin, stored)


def format_code(secret: bytes) -> str:
    """Return 16 bytes as 26 letters and digits."""
    return base64.b32encode(secret).decode().rstrip("=").lower().translate(_TO_CROCKFORD)


def read_code(typed: str) -> str | None:
    """Return the code that a person typed; None if it cannot be one.

    Case, spaces and hyphens do not matter, and O, I and L are the digits that they look like.
    """
    code = typed.lower().translate(_AS_TYPED).strip()
    return code if _CODE.fullmatch(code) else None


def read_pin(typed: str) -> str | None:
    """Return the PIN that a person typed; None if it cannot be one."""
    pin = typed.replace(" ", "")
    return pin if _PIN.fullmatch(pin) else None


def hash_code(code: str) -> str:
    """Return SHA-256 of a code in hexadecimal. 128 random bits need neither salt nor a slow hash."""
    return hashlib.sha256(f"blastlens access code {code}".encode()).hexdigest()


def hash_pin(pin: str) -> PinHash:
    """Return what is stored of a PIN, with a new salt."""
    salt = secrets.token_bytes(_SALT_BYTES)
    return PinHash(salt.hex(), _scrypt(pin, salt).hex())


def make_session_token(secret: str) -> str:
    """Return a new token for a session that a code opened; `secret` is the hash of the code."""
    return f"{secret}.{secrets.token_urlsafe(_SESSION_BYTES)}"


def split_session_token(token: str) -> tuple[str, str] | None:
    """Return the hash of the code and the hash of a token; None if it cannot be one."""
    if _SESSION.fullmatch(token) is None:
        return None
    return token.partition(".")[0], hashlib.sha256(token.encode()).hexdigest()


def _scrypt(pin: str, salt: bytes) -> bytes:
    return hashlib.scrypt(pin.encode(), salt=salt, **_SCRYPT)
