"""S3 event notifications, read strictly."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from blastlens.domain.errors import InvalidEvent
from blastlens.domain.fields import FieldReader
from blastlens.domain.upload import UNVERSIONED, ObjectVersion, decode_event_key

_CREATED = "ObjectCreated:"
_TEST = "s3:TestEvent"
_MAX_VERSION_LENGTH = 512


@dataclass(frozen=True)
class ObjectCreated:
    """An object version that was created at `created_at` (UTC)."""

    source: ObjectVersion
    created_at: datetime


@dataclass(frozen=True)
class S3Event:
    """One notification.

    Attributes:
        created: the new object versions, in the event's order.
        ignored: names of the events that are of another kind.
    """

    created: tuple[ObjectCreated, ...]
    ignored: tuple[str, ...] = ()


def is_s3_event(event: object) -> bool:
    """Return whether a Lambda event is an S3 event and not a batch of messages."""
    records = event.get("Records") if isinstance(event, Mapping) else None
    first = records[0] if isinstance(records, list) and records else None
    return isinstance(first, Mapping) and first.get("eventSource") == "aws:s3"


def read_body(body: str) -> S3Event:
    """Read the event in a message's body.

    Raises:
        InvalidEvent: the body holds none. The message never repeats the content, which may be a person's name.
    """
    try:
        event = json.loads(body)
    except (ValueError, RecursionError):
        raise InvalidEvent("the message is not JSON") from None
    return read_event(event)


def read_event(event: object) -> S3Event:
    """Read an S3 event of schema 2.x, or S3's test event.

    Raises:
        InvalidEvent: it is not such an event; the message names the field, never its value.
    """
    top = FieldReader.of(event, "event", _invalid)
    if top.values.get("Event") == _TEST:
        return S3Event((), (_TEST,))
    records = top.values.get("Records")
    if not isinstance(records, list) or not records:
        raise InvalidEvent("Records is not a list with something in it")
    read = [_read_record(FieldReader.of(one, f"Records[{index}]", _invalid)) for index, one in enumerate(records)]
    return S3Event(
        tuple(one for one in read if isinstance(one, ObjectCreated)), tuple(one for one in read if isinstance(one, str))
    )


def _read_record(record: FieldReader) -> ObjectCreated | str:
    if record.values.get("eventSource") != "aws:s3":
        raise InvalidEvent("eventSource is not aws:s3")
    if not _text(record, "eventVersion").startswith("2."):
        raise InvalidEvent("eventVersion is not 2.x")
    name = _text(record, "eventName").removeprefix("s3:")
    if not name.startswith(_CREATED):
        return name
    s3 = record.mapping("s3")
    bucket, s3_object = s3.mapping("bucket", "s3.bucket"), s3.mapping("object", "s3.object")
    source = ObjectVersion(
        bucket=_text(bucket, "name"),
        key=decode_event_key(_text(s3_object, "key")),
        version_id=_version(s3_object),
        sequencer=_text(s3_object, "sequencer") if "sequencer" in s3_object.values else "",
        size=_size(s3_object.values),
    )
    return ObjectCreated(source, _time(_text(record, "eventTime")))


def _invalid(name: str, expected: str, value: object) -> InvalidEvent:
    return InvalidEvent(f"{name} is not {expected}")


def _text(fields: FieldReader, name: str) -> str:
    value = fields.text(name)
    try:
        value.encode()
    except UnicodeEncodeError:
        raise InvalidEvent(f"{name} is not Unicode") from None
    return value


def _version(s3_object: FieldReader) -> str:
    # Buckets without versioning leave the field out.
    if s3_object.values.get("versionId") is None:
        return UNVERSIONED
    version = _text(s3_object, "versionId")
    if len(version) > _MAX_VERSION_LENGTH:
        raise InvalidEvent(f"versionId has {len(version)} characters")
    return version


def _size(s3_object: Mapping[str, Any]) -> int | None:
    size = s3_object.get("size")
    if size is not None and (not isinstance(size, int) or isinstance(size, bool) or size < 0):
        raise InvalidEvent("size is not a number of bytes")
    return size


def _time(text: str) -> datetime:
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidEvent("eventTime is not ISO 8601") from None
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
