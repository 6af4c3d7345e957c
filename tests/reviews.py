"""Events of reviews for tests, with default values."""

import uuid
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from blastlens.domain.field import CellKind
from blastlens.domain.record import Record
from blastlens.domain.review import (
    CellClass,
    CellId,
    Comment,
    Content,
    Exclusion,
    Move,
    Moves,
    ReviewEvent,
    upload_id_of,
    version_of,
)
from tests.answers import NOON

VOGEL, AMSEL = "user/vogel", "user/amsel"


def review_event(content: Content | None = None, at: datetime = NOON, **changes: Any) -> ReviewEvent:
    """An event of Dr. Vogel's with an id of its own; by default a comment."""
    given = ReviewEvent(uuid.uuid4().hex, "Dr. Vogel", VOGEL, at, content or Comment("look at field 3"))
    return replace(given, **changes)


def exclusion(record: Record, reason: str = "smudged") -> Exclusion:
    """The exclusion of the image that a record is of."""
    return Exclusion(upload_id_of(record), version_of(record), reason)


def move(record: Record, cell: int = 0, kind: CellClass = CellClass.PRE_B, was: CellKind = CellKind.BENIGN) -> Move:
    """The move of a cell of a field to another class."""
    return Move(CellId(upload_id_of(record), record.id.reading, cell), was, kind)


def moves(*given: Move, minutes: int = 0) -> ReviewEvent:
    """The event of moves, some minutes after noon."""
    return review_event(Moves(given), NOON + timedelta(minutes=minutes))
