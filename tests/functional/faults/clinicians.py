"""What clinicians do in a scenario: sign, amend, retract, release and review."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from blastlens.domain.errors import ServiceFault
from blastlens.domain.examination import Examination, Release
from blastlens.domain.refusal import Refused
from blastlens.domain.review import Comment, Content, Exclusion, Inclusion, ReviewEvent
from blastlens.domain.signature import Conclusion, Signature, SignatureKind
from blastlens.domain.signing import NEED_CONCLUSION
from blastlens.functions.reviewing import FieldMissing
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
        signatures, releases, reviews: how many of them were stored.
    """

    world: World
    seen: list[Examination] = field(default_factory=list)
    signatures: int = 0
    releases: int = 0
    reviews: int = 0
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
        table = self.world.faulty_examinations
        stored = self._insist(lambda: store_signature(table, one.id, asked, len(one.history)))
        self.signatures += stored is not None

    def release(self, place: int) -> None:
        """Release an examination as it was seen, if it was held."""
        held = [one for one in self.seen if one.is_held]
        if not held:
            return
        one = held[place % len(held)]
        asked = Release("Dr. Vogel", _CALLER, self.world.clock(), one.totals.basis)
        table = self.world.faulty_examinations
        self.releases += self._insist(lambda: store_release(table, one.id, asked)) is not None

    def review(self, place: int, upload_id: str, is_exclusion: bool) -> None:
        """Exclude a field of an examination as it was seen, or take that back; or comment on it."""
        if not self.seen:
            return
        one = self.seen[place % len(self.seen)]
        self._asked += 1
        content: Content = Exclusion(upload_id, "", "smudged") if is_exclusion else Comment("seen")
        asked = ReviewEvent(f"event-{self._asked}", "Dr. Vogel", _CALLER, self.world.clock(), content)
        basis = one.totals.basis if is_exclusion else None
        stored = self._insist(lambda: self.world.reviewing.add(one.id, asked, basis))
        self.reviews += stored is not None
        if stored is not None and is_exclusion:
            events = [event for event, _ in stored.review.exclusions.values() if event.id == asked.id]
            assert events or upload_id not in stored.review.exclusions, "an exclusion was stored, and is not there"

    def take_back(self, place: int, upload_id: str) -> None:
        """Take the exclusion of a field back, if there is one."""
        if self.seen:
            one = self.seen[place % len(self.seen)]
            self._asked += 1
            event = ReviewEvent(f"event-{self._asked}", "Dr. Vogel", _CALLER, self.world.clock(), Inclusion(upload_id))
            self.reviews += self._insist(lambda: self.world.reviewing.add(one.id, event)) is not None

    def _insist(self, ask: Callable[[], T]) -> T | None:
        """Return the response to a request; None where it is refused, or nothing is to be had."""
        for _ in range(_TRIES):
            try:
                return ask()
            except (Refused, ExaminationMissing, FieldMissing):
                return None
            except (ServiceFault, Died):
                continue
        return None
