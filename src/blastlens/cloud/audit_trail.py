"""The audit trail: a record of each access to a result, in its own log group."""

import json
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from blastlens.cloud.service_errors import translated_errors
from blastlens.domain.access import Access, Subject
from blastlens.domain.errors import ServiceFault

_BATCH = 1000
"""Records in one call: at most 1 MB, and 10,000 events."""

_STREAM_BYTES = 16


@dataclass
class AuditTrail:
    """Writes and reads the audit trail, through a boto3 client of CloudWatch Logs.

    The functions' roles may add records only: they can neither read nor delete them. Each process writes into a log
    stream of its own. A record may stand there twice, if the answer of CloudWatch was lost.

    Attributes:
        client: boto3's client of CloudWatch Logs.
        group: name of the log group.
        stream: name of this process's log stream, which is created with the first record.
        clock: returns the time at which a record is written, in seconds since 1970.
    """

    client: Any
    group: str
    stream: str = field(default_factory=lambda: secrets.token_hex(_STREAM_BYTES))
    clock: Callable[[], float] = time.time
    _is_open: bool = field(default=False, init=False, repr=False)

    def write(self, accesses: Sequence[Access]) -> None:
        """Write records; they are stored when this returns.

        Raises:
            ServiceFault: they were not stored; ServiceUnavailable where trying again may help.
        """
        with translated_errors("write the audit trail"):
            self._open()
            for start in range(0, len(accesses), _BATCH):
                self._put(accesses[start : start + _BATCH])

    def read(self, subject: Subject, since: datetime | None = None) -> Iterator[Access]:
        """Yield the accesses to a subject, or to a part of it, in the order of time within each stream.

        Raises:
            ServiceFault: CloudWatch refused; ServiceUnavailable where trying again may help.
        """
        for page in self._pages(subject, since):
            yield from page

    def read_within(self, subject: Subject, since: datetime, seconds: float) -> tuple[list[Access], bool]:
        """Return the accesses to a subject, the newest first, and whether there was time to read all of them.

        CloudWatch reads the oldest first, and a long trail takes minutes. A record that stands there twice is one.

        Raises:
            ServiceFault: CloudWatch refused; ServiceUnavailable where trying again may help.
        """
        found: dict[Access, None] = {}
        end, is_complete = self.clock() + seconds, True
        for page in self._pages(subject, since):
            found |= dict.fromkeys(page)
            if self.clock() > end:
                is_complete = False
                break
        return sorted(found, key=lambda access: access.at, reverse=True), is_complete

    def _pages(self, subject: Subject, since: datetime | None) -> Iterator[list[Access]]:
        """Yield the accesses to a subject by page, some of which are empty."""
        options: dict[str, Any] = {} if since is None else {"startTime": round(since.timestamp() * 1000)}
        pages = self.client.get_paginator("filter_log_events").paginate(
            logGroupName=self.group, filterPattern=_pattern(subject), **options
        )
        with translated_errors("read the audit trail"):
            for page in pages:
                found = (Access.from_plain(json.loads(event["message"])) for event in page.get("events", []))
                yield [access for access in found if subject.covers(access.subject)]

    def _open(self) -> None:
        if self._is_open:
            return
        with suppress(self.client.exceptions.ResourceAlreadyExistsException):
            self.client.create_log_stream(logGroupName=self.group, logStreamName=self.stream)
        self._is_open = True

    def _put(self, accesses: Sequence[Access]) -> None:
        now = round(self.clock() * 1000)
        events = [{"timestamp": now, "message": json.dumps(one.to_plain())} for one in accesses]
        response = self.client.put_log_events(logGroupName=self.group, logStreamName=self.stream, logEvents=events)
        # CloudWatch answers 200 for events that it discards, such as those of a clock that is wrong by days.
        if response.get("rejectedLogEventsInfo"):
            raise ServiceFault("could not write the audit trail: CloudWatch discarded records", "RejectedLogEvents")


def _pattern(subject: Subject) -> str:
    """Return the filter pattern for a subject; its ids have neither quotes nor spaces."""
    named = {
        "clinic_id": subject.clinic_id,
        "patient_id": subject.patient_id,
        "examination_id": subject.examination_id,
    }
    terms = [f'$.{name} = "{value}"' for name, value in named.items() if value is not None]
    return f"{{ {' && '.join(terms)} }}" if terms else ""
