"""Counts of a run, for its summary."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass
class Tally:
    """Numbers of a run.

    Attributes:
        scenarios: complete scenarios, each with its checks.
        uploads: number of objects.
        examinations: number of examinations.
        held: number of examinations that held another patient's image.
        released: number of these that a person released.
        signatures: number of signatures.
        reviews: number of exclusions and comments.
        erased: number of patients that were erased.
        phones_forgotten: number of dead phones that were removed.
        notices: number of notices that clinics, patients and systems got.
        corrections: number of these that replaced another one.
        requeued: number of examinations whose fields were queued for a newer model.
        invocations: number of invocations.
        faults: kind of fault → number of calls.
    """

    scenarios: int = 0
    uploads: int = 0
    examinations: int = 0
    held: int = 0
    released: int = 0
    signatures: int = 0
    reviews: int = 0
    erased: int = 0
    phones_forgotten: int = 0
    notices: int = 0
    corrections: int = 0
    requeued: int = 0
    invocations: int = 0
    faults: Counter[str] = field(default_factory=Counter)

    def __str__(self) -> str:
        """Return one line for people."""
        kinds = ", ".join(f"{kind} {number}" for kind, number in sorted(self.faults.items()))
        return (
            f"{self.scenarios} scenarios, {self.uploads} uploads, {self.examinations} examinations, {self.held} held, "
            f"{self.released} released, {self.signatures} signatures, {self.reviews} events of reviews, "
            f"{self.requeued} read again, "
            f"{self.notices} notices, {self.corrections} of them corrections, "
            f"{self.phones_forgotten} phones forgotten, {self.erased} patients erased, "
            f"{self.invocations} invocations, {self.faults.total()} faults injected ({kinds})"
        )
