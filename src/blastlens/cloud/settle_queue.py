"""Settle queue: delayed messages about examinations, and images to read again."""

import json
import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import quote_plus

from blastlens.cloud.service_errors import translated_errors
from blastlens.domain.errors import InvalidEvent
from blastlens.domain.upload import UNVERSIONED, ExaminationId, ObjectVersion, is_valid_id

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

MAX_DELAY = timedelta(seconds=900)
"""Longest delay of a message in SQS."""


@dataclass(frozen=True)
class Reminder:
    """A delayed message.

    Attributes:
        examination: the examination that has to be computed.
        answered_at: see `SettleQueue.remind`. A state with a later field has a message of its own.
    """

    examination: ExaminationId
    answered_at: datetime | None = None


@dataclass(frozen=True)
class SettleQueue:
    """The queues that examine writes to, through a boto3 SQS client, which threads may share.

    Every method raises ServiceFault if SQS refuses, and ServiceUnavailable where a retry may help.

    Attributes:
        client: SQS client.
        url: queue of delayed messages, an event source of examine.
        uploads_url: the upload queue, event source of classify.
    """

    client: "SQSClient"
    url: str
    uploads_url: str

    def remind(self, identity: ExaminationId, delay: timedelta, answered_at: datetime | None = None) -> None:
        """Send a message that is received after the delay, whose fraction of a second is rounded up.

        Args:
            identity: the examination.
            delay: at most `MAX_DELAY`; a longer one is cut.
            answered_at: when the last field of the state was answered that the message is about (UTC); None for a
                message about whatever is there.
        """
        body = {"examination": str(identity)} | (
            {} if answered_at is None else {"answered_at": answered_at.isoformat()}
        )
        seconds = min(MAX_DELAY, max(timedelta(), delay)).total_seconds()
        with translated_errors("send a delayed message"):
            self.client.send_message(
                QueueUrl=self.url,
                MessageBody=json.dumps(body),
                DelaySeconds=math.ceil(seconds),
            )

    def request_reading(self, sources: Iterable[ObjectVersion], uploaded_at: datetime) -> None:
        """Queue images again, as S3 events. A model that has read one before ignores it."""
        for source in sources:
            with translated_errors("queue an image again"):
                self.client.send_message(QueueUrl=self.uploads_url, MessageBody=make_event(source, uploaded_at))


def read_reminder(body: str) -> Reminder:
    """Return what a delayed message is about.

    Raises:
        InvalidEvent: it is not such a message.
    """
    try:
        message = json.loads(body)
        ids, text = message["examination"].split("/"), message.get("answered_at")
        answered_at = None if text is None else datetime.fromisoformat(text)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise InvalidEvent("the message is not about an examination") from None
    is_in_utc = answered_at is None or answered_at.tzinfo is not None
    if len(ids) != 3 or not all(is_valid_id(one) for one in ids) or not is_in_utc:
        raise InvalidEvent("the message does not name an examination")
    return Reminder(ExaminationId(*ids), answered_at)


def make_event(source: ObjectVersion, created_at: datetime) -> str:
    """Return an S3 event for an object version, as the upload queue gets it."""
    s3_object: dict[str, object] = {"key": quote_plus(source.key, safe="/"), "sequencer": source.sequencer}
    if source.version_id != UNVERSIONED:
        s3_object["versionId"] = source.version_id
    if not source.sequencer:
        del s3_object["sequencer"]
    record = {
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "eventName": "ObjectCreated:Put",
        "eventTime": created_at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "s3": {"bucket": {"name": source.bucket}, "object": s3_object},
    }
    return json.dumps({"Records": [record]})
