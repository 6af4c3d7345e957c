"""Migration of field records from before examinations."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from blastlens.cloud.tables.examinations import ExaminationsTable
from blastlens.cloud.tables.field_partitions import examinations_with_fields
from blastlens.cloud.tables.results import ResultsTable
from blastlens.cloud.tables.reviews import ReviewsTable
from blastlens.domain.examination import Examination
from blastlens.domain.examining import examine
from blastlens.domain.record import Audience
from blastlens.domain.review import fold_events
from blastlens.domain.upload import ExaminationId

RECENT = timedelta(days=14)
"""A clinic that was told nothing of a field of this age is told by `reconcile`; S3's events are kept as long."""


class Outcome(StrEnum):
    """What the migration did with an examination, or would do."""

    WRITTEN = "written"
    THERE = "there already"
    RECENT = "left to reconcile"
    ERASED = "of an erased patient"


@dataclass(frozen=True)
class Migrated:
    """One examination of the migration.

    Attributes:
        identity: the examination.
        outcome: what was done, or would be.
        is_signed: whether it takes over a signature.
        is_untold: whether its clinic was never told of it.
    """

    identity: ExaminationId
    outcome: Outcome
    is_signed: bool = False
    is_untold: bool = False


@dataclass(frozen=True)
class Migration:
    """Writes the examinations of field records that have none.

    It can be interrupted and repeated: each examination is one conditional write, and those that are there are left.

    Attributes:
        results: the table of field records.
        examinations: the table of examinations.
        reviews: the table of reviews, which says what people excluded of an examination that was lost.
        quiet: after how long without an answer an examination settles.
        clock: returns the time (UTC).
    """

    results: ResultsTable
    examinations: ExaminationsTable
    reviews: ReviewsTable
    quiet: timedelta
    clock: Callable[[], datetime]

    def run(self, apply: bool) -> Iterator[Migrated]:
        """Yield what was done with each examination that has fields; without `apply`, what would be done.

        Raises:
            ServiceFault: a service refused; ServiceUnavailable where a retry may help. Run it again.
        """
        for identity in examinations_with_fields(self.results.client, self.results.name):
            yield self._migrate(identity, apply)

    def _migrate(self, identity: ExaminationId, apply: bool) -> Migrated:
        if self.examinations.get(identity) is not None:
            return Migrated(identity, Outcome.THERE)
        if self.examinations.is_erased(identity):
            return Migrated(identity, Outcome.ERASED)
        records = self.results.fields(identity)
        if not records:
            return Migrated(identity, Outcome.ERASED)  # deleted while the table was read
        now, excluded = self.clock(), fold_events(self.reviews.of(identity)).excluded
        computed = examine(identity, records, None, now, self.quiet, excluded=excluded).examination
        is_untold = not computed.told.get(Audience.CLINIC)
        if is_untold and now - computed.totals.uploaded_at < RECENT:
            return Migrated(identity, Outcome.RECENT, is_untold=True)
        is_there = apply and not self._put(computed)
        outcome = Outcome.THERE if is_there else Outcome.WRITTEN
        return Migrated(identity, outcome, bool(computed.history), is_untold)

    def _put(self, computed: Examination) -> bool:
        """Store an examination of which nobody is notified; return False if one was stored in between."""
        return self.examinations.put(replace(computed, migrated=True), None)
