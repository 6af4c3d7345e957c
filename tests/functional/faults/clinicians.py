"""What clinicians do in a scenario: sign, amend, retract and release."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from blastlens.cloud.tables.examinations import ExaminationsTable
from blastlens.domain.errors import ServiceFault
from blastlens.domain.examination import Examination, Release
from blastlens.domain.signature import Conclusion, Signature, SignatureKind
from blastlens.domain.signing import NEED_CONCLUSION, SigningRefused
from blastlens.functions.sign_off import ExaminationMissing, store_release, store_signature
from tests.failing_clients import Died
from tests.functional.faults.world import World

_CALLER = "arn:aws:iam::123456789012:user/vogel"
_TRIES = 9

T = TypeVar("T")


@dataclass
class Clinicians:
    """All clinicians of one scenario.

    Attributes:
        world: where the examinations are.
        seen: what they saw last; it may have changed since.
        signatures, releases: how many of them were stored.
    """

    world: World
    seen: list[Examination] = field(default_factory=list)
    signatures: int = 0
    releases: int = 0
    _asked: int = 0

    def look(self) -> None:
        """Look at every examination."""
        self.seen = sorted(self.world.examinations.all(), key=lambda one: one.id)

    def sign(self, place: int, kind: SignatureKind, conclusion: Conclusion) -> None:
        """Sign an examination as it was seen; the request is sent again while its response is lost."""
        if not self.seen:
            return
        one = self.seen[place % len(self.seen)]
        self._asked += 1
        given = conclusion if kind in NEED_CONCLUSION else None
        reason = f"reason {self._asked}"
        asked = Signature(kind, given, "Dr. Vogel", _CALLER, self.world.clock(), reason, one.totals.basis)
        stored = self._insist(lambda table: store_signature(table, one.id, asked, len(one.history)))
        self.signatures += stored is not None

    def release(self, place: int) -> None:
        """Release an examination as it was seen, if it was held."""
        held = [one for one in self.seen if one.is_held]
        if not held:
            return
        one = held[place % len(held)]
        asked = Release("Dr. Vogel", _CALLER, self.world.clock(), one.totals.basis)
        self.releases += self._insist(lambda table: store_release(table, one.id, asked)) is not None

    def _insist(self, ask: Callable[[ExaminationsTable], T]) -> T | None:
        """Return the response to a request; None where it is refused, or nothing is to be had."""
        for _ in range(_TRIES):
            try:
                return ask(self.world.faulty_examinations)
            except (SigningRefused, ExaminationMissing):
                return None
            except (ServiceFault, Died):
                continue
        return None
