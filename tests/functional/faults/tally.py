"""Counts of a run, for its summary."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass
class Tally:
    """Numbers of a run.

    Attributes:
        scenarios: whole scenarios, each checked after quiet.
        uploads: objects that were put.
        phones_forgotten: phones that were dead when somebody was to be told.
        signatures: results that a clinician signed.
        corrections: messages that took back what a patient had been told.
        invocations: how often a function was called.
        faults: what went wrong with calls of services, by kind.
    """

    scenarios: int = 0
    uploads: int = 0
    phones_forgotten: int = 0
    signatures: int = 0
    corrections: int = 0
    invocations: int = 0
    faults: Counter[str] = field(default_factory=Counter)

    def __str__(self) -> str:
        """Return one line for people."""
        kinds = ", ".join(f"{kind} {number}" for kind, number in sorted(self.faults.items()))
        return (
            f"{self.scenarios} scenarios, {self.uploads} uploads, {self.phones_forgotten} phones forgotten, "
            f"{self.signatures} signatures, {self.corrections} corrections, "
            f"{self.invocations} invocations, {self.faults.total()} faults injected ({kinds})"
        )
