"""One-time codes of six digits, as an authenticator app makes them (RFC 6238)."""

import secrets
import time
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor import InvalidToken
from cryptography.hazmat.primitives.twofactor.totp import TOTP

_STEP_SECONDS = 30
_ACCEPTED_SECONDS = 600
_KEY_BYTES = 20


@dataclass(frozen=True)
class OneTimeCodes:
    """Makes and checks the codes of one user.

    Attributes:
        key: the secret that an authenticator app would hold; a random one by default.
    """

    key: bytes = field(default_factory=lambda: secrets.token_bytes(_KEY_BYTES), repr=False)

    def current(self, now: int | None = None) -> str:
        """Return the code of a time (seconds), by default of now."""
        return self._totp().generate(int(time.time()) if now is None else now).decode()

    def accepts(self, code: str, now: int | None = None) -> bool:
        """Check a code.

        One is accepted for ten minutes: the local sign-in page shows codes, and stays open.
        """
        at = int(time.time()) if now is None else now
        given = code.encode(errors="replace")
        return any(self._verifies(given, at - age) for age in range(-_STEP_SECONDS, _ACCEPTED_SECONDS, _STEP_SECONDS))

    def _verifies(self, code: bytes, at: int) -> bool:
        try:
            self._totp().verify(code, at)
        except InvalidToken:
            return False
        return True

    def _totp(self) -> TOTP:
        return TOTP(self.key, 6, SHA1(), _STEP_SECONDS)
