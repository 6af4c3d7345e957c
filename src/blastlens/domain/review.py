"""Review of an examination: what people did with it before and beside signing."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from blastlens.domain.field import CellKind
from blastlens.domain.record import Record
from blastlens.domain.signature import Conclusion


class CellClass(StrEnum):
    """Class that a person gives a cell: a kind of white cell, or that it is no white cell."""

    BENIGN = "benign"
    EARLY_PRE_B = "early_pre_b"
    PRE_B = "pre_b"
    PRO_B = "pro_b"
    OTHER_WHITE = "other_white"
    NOT_A_CELL = "not_a_cell"
    """Debris, a platelet, or a part of another cell: it does not count."""


@dataclass(frozen=True, order=True)
class CellId:
    """A cell as one reading found it: its number in that reading's file of cells, from 0 on."""

    upload_id: str
    reading: str
    cell: int


@dataclass(frozen=True)
class Move:
    """One cell that a person moved to another class.

    Attributes:
        cell: the cell.
        was: kind that the model gave it.
        kind: class that the person gave it.
    """

    cell: CellId
    was: CellKind
    kind: CellClass


@dataclass(frozen=True)
class Moves:
    """Cells that were moved together."""

    moves: tuple[Move, ...]


@dataclass(frozen=True)
class Exclusion:
    """A field was excluded: its examination is answered without it.

    Attributes:
        upload_id: the field.
        version: the version of its image that was seen, as `version_of`. A newer one counts again: nobody saw it.
        reason: why, in the person's words.
    """

    upload_id: str
    version: str
    reason: str


@dataclass(frozen=True)
class Inclusion:
    """The exclusion of a field was taken back."""

    upload_id: str


@dataclass(frozen=True)
class Comment:
    """A comment."""

    text: str


@dataclass(frozen=True)
class Question:
    """A question to a second reader; its id is that of the event."""

    text: str


@dataclass(frozen=True)
class Opinion:
    """The answer of a second reader to a question. It signs nothing.

    Attributes:
        question_id: id of the question.
        text: the answer.
        conclusion: what the second reader would conclude; None where that is left open.
    """

    question_id: str
    text: str
    conclusion: Conclusion | None = None


Content = Moves | Exclusion | Inclusion | Comment | Question | Opinion
"""What a person did."""


@dataclass(frozen=True)
class ReviewEvent:
    """Something that a person did. Events are stored for good and never changed.

    Attributes:
        id: made by the client, so that a request that is sent again is stored once.
        by: the person, by the name that the clinic uses.
        caller: identity that made the request, as authenticated by the cloud.
        at: when (UTC).
        content: what the person did.
    """

    id: str
    by: str
    caller: str
    at: datetime
    content: Content

    def repeats(self, stored: "ReviewEvent") -> bool:
        """Check whether a stored event is this one: its caller sent it again, because the response was lost.

        What the service adds to a request, such as the time, does not count.
        """
        return stored.id == self.id and _as_asked(stored) == _as_asked(self)


@dataclass(frozen=True)
class Review:
    """What all events of an examination come to.

    Attributes:
        moves: the last move of each cell, with the event that holds it.
        exclusions: upload id -> event that excludes the field, where it stands.
        comments: comments, oldest first.
        questions: questions to second readers, oldest first.
        opinions: id of a question -> its first answer.
        moved: how many moves were stored, those that were taken back included: it only grows.
    """

    moves: Mapping[CellId, tuple[ReviewEvent, Move]] = field(default_factory=dict)
    exclusions: Mapping[str, tuple[ReviewEvent, Exclusion]] = field(default_factory=dict)
    comments: tuple[tuple[ReviewEvent, Comment], ...] = ()
    questions: tuple[tuple[ReviewEvent, Question], ...] = ()
    opinions: Mapping[str, tuple[ReviewEvent, Opinion]] = field(default_factory=dict)
    moved: int = 0

    @property
    def excluded(self) -> dict[str, str]:
        """Upload id -> version of the image that is excluded."""
        return {upload: exclusion.version for upload, (_, exclusion) in self.exclusions.items()}


_STEP = timedelta(milliseconds=1)  # tables store no less

NO_REVIEW = Review()
"""The review of an examination that nobody did anything with."""


def fold_events(events: Iterable[ReviewEvent]) -> Review:
    """Return what events come to, in whatever order they are given.

    They count in the order of their times; `next_time` makes that the order in which they were stored.
    """
    moves: dict[CellId, tuple[ReviewEvent, Move]] = {}
    exclusions: dict[str, tuple[ReviewEvent, Exclusion]] = {}
    comments: list[tuple[ReviewEvent, Comment]] = []
    questions: list[tuple[ReviewEvent, Question]] = []
    opinions: dict[str, tuple[ReviewEvent, Opinion]] = {}
    moved = 0
    for event in sorted(events, key=lambda one: (one.at, one.id)):
        match event.content:
            case Moves(moves=given):
                moves |= {move.cell: (event, move) for move in given}
                moved += len(given)
            case Exclusion() as exclusion:
                exclusions[exclusion.upload_id] = (event, exclusion)
            case Inclusion(upload_id=upload_id):
                exclusions.pop(upload_id, None)
            case Comment() as comment:
                comments.append((event, comment))
            case Question() as question:
                questions.append((event, question))
            case Opinion() as opinion:
                opinions.setdefault(opinion.question_id, (event, opinion))
    return Review(moves, exclusions, tuple(comments), tuple(questions), opinions, moved)


def next_time(events: Iterable[ReviewEvent], now: datetime) -> datetime:
    """Return the time of the next event: later than that of every stored one, because clocks differ."""
    return max([now, *(one.at + _STEP for one in events)])


def version_of(record: Record) -> str:
    """Return what identifies the version of a field's image that a record is of, whichever model read it."""
    return record.id.reading.rpartition("#")[0]


def is_excluded(record: Record, excluded: Mapping[str, str]) -> bool:
    """Check whether a record is of an image that is excluded.

    Args:
        record: a record.
        excluded: upload id -> excluded version of its image.
    """
    return excluded.get(upload_id_of(record)) == version_of(record)


def upload_id_of(record: Record) -> str:
    """Return the id of a record's upload; an empty text for an image whose key violates the contract."""
    upload = record.result.upload
    return "" if upload is None else upload.upload_id


def _as_asked(event: ReviewEvent) -> ReviewEvent:
    """Return an event without what the service added to the request: times, versions and earlier kinds."""
    content = event.content
    match content:
        case Exclusion():
            content = replace(content, version="")
        case Moves(moves=given):
            content = Moves(tuple(replace(move, was=CellKind.OTHER_WHITE) for move in given))
    return replace(event, at=datetime.min, content=content)
