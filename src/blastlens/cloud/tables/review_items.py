"""Conversion between events of reviews and DynamoDB items, without the service."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from blastlens.cloud.tables.items import Item, expiry_part, text_of_time, time_of_text
from blastlens.domain.field import CellKind
from blastlens.domain.retention import DAYS_AFTER_FIELDS
from blastlens.domain.review import (
    CellClass,
    CellId,
    Comment,
    Content,
    Exclusion,
    Inclusion,
    Move,
    Moves,
    Opinion,
    Question,
    ReviewEvent,
)
from blastlens.domain.signature import Conclusion
from blastlens.domain.upload import ExaminationId

_KIND = "kind"
_MOVES, _EXCLUDE, _INCLUDE, _COMMENT, _ASK, _ANSWER = "moves", "exclude", "include", "comment", "ask", "answer"


def event_item(identity: ExaminationId, event: ReviewEvent, fields_expire_at: datetime | None) -> Item:
    """Return the item of an event.

    Args:
        identity: the examination.
        event: the event.
        fields_expire_at: when the last of the examination's fields is deleted (UTC); None where they are kept. The
            event is deleted with the examination, after them: an exclusion outlasts its field.
    """
    item: Item = {
        **event_key(identity, event.id),
        "id": event.id,
        "by": event.by,
        "caller": event.caller,
        "at": text_of_time(event.at),
        **_content_part(event.content),
    }
    if fields_expire_at is not None:
        item |= expiry_part(fields_expire_at + timedelta(days=DAYS_AFTER_FIELDS))
    return item


def event_of(item: Mapping[str, Any]) -> ReviewEvent:
    """Return the event of an item.

    Raises:
        KeyError, ValueError: the item was not written by `event_item`.
    """
    return ReviewEvent(item["id"], item["by"], item["caller"], time_of_text(item["at"]), _content_of(item))


def event_key(identity: ExaminationId, event_id: str) -> Item:
    """Return the key of an event's item; neither id contains a `#`."""
    return {"patient": identity.patient, "entry": f"{entry_prefix(identity)}{event_id}"}


def entry_prefix(identity: ExaminationId) -> str:
    """Return what the entries of an examination begin with."""
    return f"{identity.examination_id}#"


def examination_in(item: Mapping[str, Any]) -> str:
    """Return the id of the examination of an item."""
    return str(item["entry"]).partition("#")[0]


def _content_part(content: Content) -> Item:
    match content:
        case Moves(moves):
            return {_KIND: _MOVES, "moves": [_move_part(one) for one in moves]}
        case Exclusion(upload_id, version, reason):
            return {_KIND: _EXCLUDE, "upload_id": upload_id, "version": version, "reason": reason}
        case Inclusion(upload_id):
            return {_KIND: _INCLUDE, "upload_id": upload_id}
        case Comment(text):
            return {_KIND: _COMMENT, "text": text}
        case Question(text):
            return {_KIND: _ASK, "text": text}
        case Opinion(question_id, text, conclusion):
            concluded = {} if conclusion is None else {"conclusion": str(conclusion)}
            return {_KIND: _ANSWER, "question_id": question_id, "text": text, **concluded}


def _content_of(item: Mapping[str, Any]) -> Content:
    kind = item[_KIND]
    if kind == _MOVES:
        return Moves(tuple(_move_of(one) for one in item["moves"]))
    if kind == _EXCLUDE:
        return Exclusion(item["upload_id"], item["version"], item["reason"])
    if kind == _INCLUDE:
        return Inclusion(item["upload_id"])
    if kind == _COMMENT:
        return Comment(item["text"])
    if kind == _ASK:
        return Question(item["text"])
    if kind == _ANSWER:
        conclusion = Conclusion(item["conclusion"]) if "conclusion" in item else None
        return Opinion(item["question_id"], item["text"], conclusion)
    raise ValueError(f"{kind} is not a kind of event")


def _move_part(move: Move) -> Item:
    return {**vars(move.cell), "was": str(move.was), "kind": str(move.kind)}


def _move_of(part: Mapping[str, Any]) -> Move:
    cell = CellId(part["upload_id"], part["reading"], int(part["cell"]))
    return Move(cell, CellKind(part["was"]), CellClass(part["kind"]))
