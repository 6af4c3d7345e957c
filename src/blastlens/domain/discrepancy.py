"""Discrepancies between images, field records, examinations and notices."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from blastlens.domain.examination import Examination
from blastlens.domain.upload import ExaminationId, ObjectVersion

PATIENCE = timedelta(hours=1)
"""Younger ones are no discrepancies: the work may be under way."""

REPAIR_PERIOD = timedelta(hours=25)
"""What is older was found by an earlier nightly run, whose repair did not help."""


class Kind(StrEnum):
    """What does not agree."""

    UNREAD = "unread"
    """An image without a field record of its version."""
    UNEXAMINED = "unexamined"
    """Field records without an examination."""
    DIFFERENT = "different"
    """An examination that is not what its fields come to."""
    UNSETTLED = "unsettled"
    """An examination that should have settled."""
    STUCK = "stuck"
    """An examination with fields that the newest model has not read."""
    LOST = "lost"
    """An examination that rested on more fields than there are records."""
    OWED = "owed"
    """A notice that was not sent."""
    OF_ERASED = "of_erased"
    """An image of an erased patient, which is not read."""


WORDS: dict[Kind, str] = {
    Kind.UNREAD: "image was not read",
    Kind.UNEXAMINED: "fields without an examination",
    Kind.DIFFERENT: "examination differs from its fields",
    Kind.UNSETTLED: "examination should have settled",
    Kind.STUCK: "fields not read by the newest model",
    Kind.LOST: "field records are missing",
    Kind.OWED: "notice not sent",
    Kind.OF_ERASED: "image of an erased patient",
}
"""Kind -> what people read."""

REPAIRS: dict[Kind, str] = {
    Kind.UNREAD: "queue the image again",
    Kind.UNEXAMINED: "compute the examination",
    Kind.DIFFERENT: "compute the examination",
    Kind.UNSETTLED: "compute the examination",
    Kind.STUCK: "queue the images again",
    Kind.LOST: "a person has to restore the records from point-in-time recovery",
    Kind.OWED: "ask notify to send it",
    Kind.OF_ERASED: "a person has to run `patient erase` again, or `patient readmit`",
}
"""Kind -> what a repair does."""


@dataclass(frozen=True)
class Discrepancy:
    """One discrepancy.

    Attributes:
        kind: what does not agree.
        since: since when (UTC).
        examination: the examination it is about; None for an image whose key violates the contract.
        sources: the images to queue again.
        detail: more about it, without personal data: the upload, or the audiences.
    """

    kind: Kind
    since: datetime
    examination: ExaminationId | None
    sources: tuple[ObjectVersion, ...] = ()
    detail: str = ""

    @property
    def can_be_repaired(self) -> bool:
        """Whether there is a repair that needs no person."""
        return self.kind not in (Kind.OF_ERASED, Kind.LOST)

    def outlasted_repair(self, now: datetime) -> bool:
        """Return whether a person has to look: an earlier repair did not help, or there is none."""
        return not self.can_be_repaired or now - self.since > REPAIR_PERIOD


def owed_since(examination: Examination, quiet: timedelta) -> datetime:
    """Return the time since which an examination owes what it owes now (UTC).

    That is the latest of what changes its meaning: its last field, a signature, a release.
    """
    times = [examination.totals.answered_at + quiet, *(one.signed_at for one in examination.history)]
    released = examination.released
    return max([*times, *([released.released_at] if released else [])])
