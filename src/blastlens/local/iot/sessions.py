"""Credentials the embedded provider has handed out, and what they carry."""

import secrets
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta


@dataclass(frozen=True)
class Session:
    """One set of credentials.

    Attributes:
        access_key: names them.
        secret_key: signs with them.
        token: goes with every request.
        role: name of the role they stand for.
        variables: what policies may know of their owner, by condition key.
        expires: when they end (UTC).
    """

    access_key: str
    secret_key: str
    token: str
    role: str
    variables: Mapping[str, str]
    expires: datetime


@dataclass
class Sessions:
    """All credentials handed out; threads may share it.

    Attributes:
        clock: tells the time (UTC).
    """

    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    _by_key: dict[str, Session] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def issue(self, role: str, variables: Mapping[str, str], seconds: int) -> Session:
        """Hand out new credentials for a role."""
        expires = self.clock().replace(microsecond=0) + timedelta(seconds=seconds)
        access_key = f"ASIA{secrets.token_hex(8).upper()}"
        session = Session(access_key, secrets.token_urlsafe(30), secrets.token_urlsafe(60), role, variables, expires)
        with self._lock:
            self._by_key[access_key] = session
        return session

    def find(self, access_key: str) -> Session | None:
        """Return the credentials of that name; None for any that were not handed out here."""
        with self._lock:
            return self._by_key.get(access_key)
