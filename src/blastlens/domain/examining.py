"""State of an examination from its fields, the stored state and the time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from blastlens.domain.examination import SETTLED, Examination, ExaminationStatus, FieldTotals
from blastlens.domain.examination_totals import NOTHING_EXCLUDED, total_fields
from blastlens.domain.migration import first_state, signed_digest
from blastlens.domain.record import Record
from blastlens.domain.upload import ExaminationId, ObjectVersion

GRACE = timedelta(seconds=15)
"""How long an examination stays open after its last answer although a field was marked as the last one.

Fields of an examination are answered side by side: the marked one is often not the last to be answered.
"""

MAX_REQUEUES = 5
"""How often the fields of an examination are queued for a newer model before it stays open and an alarm is raised."""


@dataclass(frozen=True)
class Step:
    """What an examination becomes, and what has to be done before it is stored.

    Attributes:
        examination: the new state; its revision is one more than that of the stored one.
        is_changed: whether it differs from the stored one.
        wait: after how long it has to be looked at again; None for never.
        requeue: images to queue for the newest model.
    """

    examination: Examination
    is_changed: bool
    wait: timedelta | None = None
    requeue: tuple[ObjectVersion, ...] = ()


def examine(
    identity: ExaminationId,
    records: Sequence[Record],
    stored: Examination | None,
    now: datetime,
    quiet: timedelta,
    is_reminder: bool = False,
    excluded: Mapping[str, str] = NOTHING_EXCLUDED,
) -> Step:
    """Return the next state of an examination.

    It is computed from all its fields, never counted up: any event may come twice, late or out of order.

    Args:
        identity: the examination.
        records: every record of its fields, at least one.
        stored: the stored examination; None before the first field.
        now: the time (UTC).
        quiet: after how long without an answer it settles.
        is_reminder: whether this is a delayed message, after which fields are queued for the newest model once more.
        excluded: upload id -> version of the image that people excluded.

    Raises:
        ValueError: there are no records.
    """
    kept = _kept_digest(records, stored)
    reading = total_fields(records, kept, excluded)
    totals = reading.totals
    before = stored or first_state(identity, records, totals)
    if before.history:  # also where every field was replaced, and only another model has read the new images
        totals = replace(totals, model=before.totals.model)
    # What a migrated examination came to is no news; what changes afterwards is.
    is_migrated = before.migrated and before.totals.basis == totals.basis
    after = replace(before, totals=totals, migrated=is_migrated)
    due_at = _due_at(totals, quiet)
    status = _status(after, before, due_at, now)
    requeue = _requeue(before, after, reading.unread, is_reminder)
    after = replace(after, status=status, requeues=_requeues(before, totals, requeue))
    is_changed = stored is None or after != stored
    wait = _wait(after, due_at, now, quiet)
    return Step(replace(after, revision=before.revision + 1), is_changed, wait, requeue)


def settle_again(before: Examination, after: Examination) -> Examination:
    """Return an examination whose exclusions a person changed, as settled where it was settled before.

    No field is new, and no delayed message would settle it.
    """
    is_settled = before.status in SETTLED and not (after.is_held or after.totals.waiting_for_model)
    return replace(after, status=after.totals.settled_status) if is_settled else after


def _kept_digest(records: Sequence[Record], stored: Examination | None) -> str | None:
    """Return the model that the answer has to rest on, because it was signed; None for the newest."""
    if stored is None:
        return signed_digest(records)
    return stored.totals.model.digest if stored.history else None


def _due_at(totals: FieldTotals, quiet: timedelta) -> datetime:
    """Return when an examination settles."""
    if totals.declared_fields is not None:
        is_complete = totals.fields >= totals.declared_fields
        return totals.answered_at + (timedelta() if is_complete else quiet)
    return totals.answered_at + (min(GRACE, quiet) if totals.is_declared_complete else quiet)


def _status(after: Examination, before: Examination, due_at: datetime, now: datetime) -> ExaminationStatus:
    if before.history:
        return before.status
    is_same = before.totals.basis == after.totals.basis and before.status in SETTLED
    if after.is_held or after.totals.waiting_for_model or not (is_same or now >= due_at):
        return ExaminationStatus.OPEN
    return after.totals.settled_status


def _requeue(
    before: Examination, after: Examination, unread: tuple[ObjectVersion, ...], is_reminder: bool
) -> tuple[ObjectVersion, ...]:
    """Return the images to queue once more: when a newer model appears, and again while it has not read them."""
    is_new_model = before.revision == 0 or before.totals.model.digest != after.totals.model.digest
    if after.history or not (is_new_model or is_reminder):
        return ()
    return unread if is_new_model or before.requeues < MAX_REQUEUES else ()


def _requeues(before: Examination, totals: FieldTotals, requeue: tuple[ObjectVersion, ...]) -> int:
    if not totals.waiting_for_model:
        return 0
    return before.requeues + 1 if requeue else before.requeues


def _wait(after: Examination, due_at: datetime, now: datetime, quiet: timedelta) -> timedelta | None:
    if after.history or after.status in SETTLED:
        return None
    if after.totals.waiting_for_model:  # also while it is held: the person who releases it expects an answer
        return quiet if after.requeues < MAX_REQUEUES else None
    return None if after.is_held else max(timedelta(), due_at - now)
