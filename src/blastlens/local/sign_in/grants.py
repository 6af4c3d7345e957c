"""Authorization codes with proof keys (RFC 7636), and sign-in sessions."""

import base64
import hashlib
import hmac
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

_CODE_SECONDS = 300
_SESSION_SECONDS = 3600  # as Cognito's
_TOKEN_BYTES = 24


@dataclass(frozen=True)
class Grant:
    """What an authorization code stands for.

    Attributes:
        refresh_token: of the user who signed in.
        redirect_uri: address that the code was sent to.
        challenge: SHA-256 of the verifier that the page keeps, in URL-safe base 64.
    """

    refresh_token: str
    redirect_uri: str
    challenge: str

    def is_proven_by(self, verifier: str) -> bool:
        """Check the verifier of a page."""
        digest = hashlib.sha256(verifier.encode(errors="replace")).digest()
        made = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        return hmac.compare_digest(made.encode(), self.challenge.encode(errors="replace"))


@dataclass
class Grants:
    """Codes that were handed out and sessions that are open. Threads may share it.

    Attributes:
        clock: returns seconds.
    """

    clock: Callable[[], float] = time.monotonic
    _codes: dict[str, tuple[float, Grant]] = field(default_factory=dict)
    _sessions: dict[str, tuple[float, str]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def issue(self, grant: Grant) -> str:
        """Return a new code, which can be redeemed once within five minutes."""
        code = secrets.token_urlsafe(_TOKEN_BYTES)
        with self._lock:
            self._codes[code] = (self.clock() + _CODE_SECONDS, grant)
        return code

    def redeem(self, code: str) -> Grant | None:
        """Return what a code stands for; None if it is unknown, was redeemed, or has expired."""
        with self._lock:
            expires, grant = self._codes.pop(code, (0.0, None))
        return grant if self.clock() < expires else None

    def open_session(self, refresh_token: str) -> str:
        """Return the id of a new session of a user."""
        session = secrets.token_urlsafe(_TOKEN_BYTES)
        with self._lock:
            self._sessions[session] = (self.clock() + _SESSION_SECONDS, refresh_token)
        return session

    def user_of(self, session: str) -> str | None:
        """Return the refresh token of a session; None if it is unknown or has expired."""
        with self._lock:
            expires, refresh_token = self._sessions.get(session, (0.0, None))
        return refresh_token if self.clock() < expires else None

    def end_session(self, session: str) -> None:
        """End a session; it may have ended already."""
        with self._lock:
            self._sessions.pop(session, None)
