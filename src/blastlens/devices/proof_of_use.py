"""Proof that the certificate works: put once, when nothing is to be sent."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from blastlens.devices.backoff import Backoff
from blastlens.devices.spool import Spool
from blastlens.domain.errors import BlastlensError

PROVEN = "proven certificate"
"""Name of the note in the spool."""

_CHECK_SECONDS = 60.0


class Proof(Protocol):
    """Source of the proof, such as `cloud.iot.certificate_proof.CertificateProof`, which documents the errors."""

    def certificate_id(self) -> str:
        """Return the id of the certificate in its file, which may have been replaced."""

    def put(self, certificate_id: str) -> None:
        """Put the proof."""


@dataclass
class ProofOfUse:
    """Puts the proof of each certificate that the agent finds in its file.

    A failure costs nothing but time: images do not wait for the proof, and an older service that does not admit it is
    asked again every quarter of an hour.

    Attributes:
        proof: puts it.
        spool: stores which certificate was proven.
        clock: seconds since 1970, by this machine.
        monotonic: monotonic clock, in seconds.
        backoff: pauses after failures.
    """

    proof: Proof
    spool: Spool
    clock: Callable[[], float] = time.time
    monotonic: Callable[[], float] = time.monotonic
    backoff: Backoff = field(default_factory=Backoff)
    _due_at: float = 0.0
    _failures: int = 0

    def put_if_due(self) -> str:
        """Put a proof that is missing; return a sentence to report, "" for none.

        Raises:
            sqlite3.Error: the spool cannot be written.
        """
        if self.monotonic() < self._due_at:
            return ""
        self._due_at = self.monotonic() + _CHECK_SECONDS
        try:
            return self._put_missing()
        except (BlastlensError, OSError) as fault:
            self._failures += 1
            self._due_at = self.monotonic() + self.backoff.pause(self._failures)
            return f"the certificate is not proven yet: {fault}"

    def _put_missing(self) -> str:
        certificate_id = self.proof.certificate_id()
        known = self.spool.notes().get(PROVEN)
        if known is not None and known[0] == certificate_id:
            return ""
        self.proof.put(certificate_id)
        self.spool.note(PROVEN, certificate_id, self.clock())
        self._failures = 0
        return "the certificate works"
