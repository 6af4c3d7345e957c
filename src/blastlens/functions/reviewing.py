"""Changes of reviews: stored once, each together with its examination."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from blastlens.cloud.tables.examinations import ExaminationsTable
from blastlens.cloud.tables.results import ResultsTable
from blastlens.cloud.tables.reviews import ReviewsTable
from blastlens.domain.errors import BlastlensError, ServiceUnavailable
from blastlens.domain.examination import Examination, FieldTotals
from blastlens.domain.examination_totals import newest_records
from blastlens.domain.examining import examine, settle_again
from blastlens.domain.record import Record
from blastlens.domain.review import (
    Exclusion,
    Inclusion,
    Review,
    ReviewEvent,
    fold_events,
    next_time,
    upload_id_of,
    version_of,
)
from blastlens.domain.reviewing import FieldsArriving, check_event, refuse_taken_id
from blastlens.domain.signing import refuse_other_basis
from blastlens.domain.upload import ExaminationId
from blastlens.functions.sign_off import ATTEMPTS, NO_EXAMINATION, ExaminationMissing


class FieldMissing(BlastlensError):
    """The examination has no such field."""


@dataclass(frozen=True)
class Reviewed:
    """An examination with its review.

    Attributes:
        examination: the examination.
        review: what people did with it.
    """

    examination: Examination
    review: Review


@dataclass(frozen=True)
class Reviewing:
    """Stores what people do with examinations beside signing.

    A request is repeated when its response was lost. The same event of the same caller is then stored once, and gets
    the examination as it is now.

    Every method raises ServiceFault if DynamoDB refuses, and ServiceUnavailable where a retry may help.

    Attributes:
        examinations: the table of examinations.
        reviews: the table of reviews.
        results: the table of field records.
        quiet: after how long without an answer an examination settles.
        clock: returns the time (UTC).
    """

    examinations: ExaminationsTable
    reviews: ReviewsTable
    results: ResultsTable
    quiet: timedelta
    clock: Callable[[], datetime]

    def look(self, identity: ExaminationId) -> Reviewed:
        """Return an examination with its review.

        Raises:
            ExaminationMissing: there is no such examination.
        """
        return Reviewed(self._get(identity), fold_events(self.reviews.of(identity)))

    def add(self, identity: ExaminationId, asked: ReviewEvent, basis: str | None = None) -> Reviewed:
        """Store an event, and return the examination with it; what is excluded changes its answer at once.

        Args:
            identity: the examination.
            asked: the event; its time is set here, and the version of the image that an exclusion is of.
            basis: the basis that the person saw; None where it does not matter.

        Raises:
            ReviewRefused: the rules do not allow the event; the message says what to do.
            FieldsArriving: fields are being added to the examination whose field is excluded.
            BasisChanged: the fields changed after the person looked.
            FieldMissing: there is no field of that upload.
            ExaminationMissing: there is no such examination.
        """
        for _ in range(ATTEMPTS):
            seen, events = self._get(identity), self.reviews.of(identity)
            known = next((one for one in events if one.id == asked.id), None)
            if known is not None and asked.repeats(known):
                return Reviewed(seen, fold_events(events))
            if known is not None:
                raise refuse_taken_id(seen)
            if basis is not None:
                refuse_other_basis(seen, basis)
            event = replace(asked, at=next_time(events, self.clock()))
            stored = self._store(seen, events, event)
            if stored is not None:
                return stored
        raise ServiceUnavailable("could not store a review: the examination keeps changing")

    def _store(self, seen: Examination, events: Sequence[ReviewEvent], event: ReviewEvent) -> Reviewed | None:
        """Store an event that the rules allow; return None where somebody stored something in between."""
        before = fold_events(events)
        if isinstance(event.content, Exclusion | Inclusion):
            return self._store_exclusion(seen, before, events, event)
        check_event(seen, before, event)
        if not self.reviews.add(event, seen):
            return None
        return Reviewed(replace(seen, revision=seen.revision + 1), fold_events([*events, event]))

    def _store_exclusion(
        self, seen: Examination, before: Review, events: Sequence[ReviewEvent], event: ReviewEvent
    ) -> Reviewed | None:
        records = self.results.fields(seen.id)
        if isinstance(event.content, Exclusion):
            version = version_of(_field_of(records, event.content.upload_id))
            event = replace(event, content=replace(event.content, version=version))
        check_event(seen, before, event)
        if not _is_of_same_fields(self._compute(seen, records, before).totals, seen.totals):
            # examine has still to send what the new fields need: computing it here would take that away from it.
            raise FieldsArriving(seen)
        after = fold_events([*events, event])
        changed = settle_again(seen, self._compute(seen, records, after))
        return Reviewed(changed, after) if self.reviews.add(event, seen, changed) else None

    def _compute(self, seen: Examination, records: Sequence[Record], review: Review) -> Examination:
        return examine(seen.id, records, seen, self.clock(), self.quiet, excluded=review.excluded).examination

    def _get(self, identity: ExaminationId) -> Examination:
        found = self.examinations.get(identity)
        if found is None:
            raise ExaminationMissing(NO_EXAMINATION)
        return found


def _is_of_same_fields(one: FieldTotals, other: FieldTotals) -> bool:
    parts = [(totals.basis, totals.model.digest, totals.waiting_for_model) for totals in (one, other)]
    return parts[0] == parts[1]


def _field_of(records: Sequence[Record], upload_id: str) -> Record:
    """Return the newest record of an upload."""
    for one in newest_records(records):
        if upload_id_of(one) == upload_id:
            return one
    raise FieldMissing("there is no such field, or it has not been answered yet")
