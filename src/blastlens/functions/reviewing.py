"""Changes of reviews: stored once, each together with its examination."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from blastlens.cloud.tables.examinations import ExaminationsTable
from blastlens.cloud.tables.results import ResultsTable
from blastlens.cloud.tables.reviews import ReviewsTable
from blastlens.domain.errors import ServiceUnavailable
from blastlens.domain.examination import Examination
from blastlens.domain.examining import examine, settle_again
from blastlens.domain.record import Record
from blastlens.domain.review import Exclusion, Inclusion, Review, ReviewEvent, fold_events, next_time
from blastlens.domain.reviewing import check_event, refuse_signed
from blastlens.domain.signing import refuse_other_basis
from blastlens.domain.upload import ExaminationId
from blastlens.functions.sign_off import ATTEMPTS, NO_EXAMINATION, ExaminationMissing


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

    A request is repeated when its response was lost. An event of the same id, caller and content is then stored once,
    and gets the examination as it is now.

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
        """Store an event, and return the examination with it; an exclusion is computed at once.

        Args:
            identity: the examination.
            asked: the event; its time is set here, and the version of an excluded image.
            basis: the basis that the person saw; None where it does not matter.

        Raises:
            ReviewRefused: the rules do not allow the event; the message says what to do.
            BasisChanged: the fields changed after the person looked.
            ExaminationMissing: there is no such examination.
        """
        for _ in range(ATTEMPTS):
            seen = self._get(identity)
            events = self.reviews.of(identity)
            known = next((one for one in events if one.id == asked.id), None)
            if known is not None and asked.repeats(known):
                return Reviewed(seen, fold_events(events))
            event = replace(asked, at=next_time(events, self.clock()))
            check_event(seen, fold_events(events), event, is_id_taken=known is not None)
            if basis is not None:
                refuse_other_basis(seen, basis)
            changed = self._store(seen, events, event)
            if changed is not None:
                return changed
        raise ServiceUnavailable("could not store a review: the examination keeps changing")

    def _store(self, seen: Examination, events: Sequence[ReviewEvent], event: ReviewEvent) -> Reviewed | None:
        """Store an event; return None where somebody stored something in between."""
        if not isinstance(event.content, Exclusion | Inclusion):
            is_stored = self.reviews.add(event, seen)
            after = replace(seen, revision=seen.revision + 1)
            return Reviewed(after, fold_events([*events, event])) if is_stored else None
        records = self.results.fields(seen.id)
        ...
        return None

    def _get(self, identity: ExaminationId) -> Examination:
        found = self.examinations.get(identity)
        if found is None:
            raise ExaminationMissing(NO_EXAMINATION)
        return found
