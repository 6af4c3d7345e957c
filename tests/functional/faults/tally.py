"""Counts of a run, for its summary."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass
class Tally:
    """Numbers of a run.

    Attributes:
        scenarios: complete scenarios, each with its checks.
        uploads: number of objects.
        phones_forgotten: number of dead phones that were removed.
        signatures: number of results that a clinician signed.
        corrections: number of corrections to patients.
        invocations: number of invocations.
        faults: kind of fault → number of calls.
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
