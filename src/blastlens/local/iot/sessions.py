"""Credentials that the embedded credentials provider has issued."""

import secrets
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta


@dataclass(frozen=True)
class Session:
    """One set of credentials.

    Attributes:
        access_key: the access key id.
        secret_key: the secret access key.
        token: the session token.
        role: name of their role.
        variables: condition key → value, for policies.
        expires: when they expire (UTC).
    """

    access_key: str
    secret_key: str
    token: str
    role: str
    variables: Mapping[str, str]
    expires: datetime


@dataclass
class Sessions:
    """All issued credentials; threads may share it.

    Attributes:
        clock: returns the time (UTC).
    """

    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    _by_key: dict[str, Session] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def issue(self, role: str, variables: Mapping[str, str], seconds: int) -> Session:
        """Issue credentials for a role, valid for `seconds`."""
        expires = self.clock().replace(microsecond=0) + timedelta(seconds=seconds)
        access_key = f"ASIA{secrets.token_hex(8).upper()}"
        session = Session(access_key, secrets.token_urlsafe(30), secrets.token_urlsafe(60), role, variables, expires)
        with self._lock:
            self._by_key[access_key] = session
        return session

    def find(self, access_key: str) -> Session | None:
        """Return the credentials of an access key; None if they were not issued here."""
        with self._lock:
            return self._by_key.get(access_key)
