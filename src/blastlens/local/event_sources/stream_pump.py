"""Event source mapping of a table's stream, in order, by Lambda's rules."""

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from blastlens.local.event_sources.filters import matches_any
from blastlens.local.event_sources.invocation import Function, InvocationResult
from blastlens.local.event_sources.mappings import StreamMapping
from blastlens.local.event_sources.partial_failures import failed_item_ids
from blastlens.local.event_sources.stream_events import (
    Record,
    arrived_at,
    invocation_record,
    sequence_number,
    stream_record,
)

_MAX_PAUSE_SECONDS = 5.0


@dataclass(frozen=True)
class _Batch:
    records: tuple[Record, ...]
    tries: int = 0


@dataclass(frozen=True)
class StreamPump:
    """Invokes a function with batches of a stream.

    A failed batch is retried before any later record. After a partial failure it is retried from its first failed
    record on. With bisection, a batch that fails at its first record is halved. Records that failed too often, or are
    too old, are discarded, and an invocation record is sent to the failure destination.

    Attributes:
        streams: boto3 client of `dynamodbstreams`.
        mapping: its event source mapping.
        function: the function that is invoked.
        discard: called with the invocation record of discarded records.
        idle_seconds: pause while the stream is empty.
        retry_seconds: pause before the first retry; doubled with each retry.
    """

    streams: Any
    mapping: StreamMapping
    function: Function
    discard: Callable[[dict[str, Any]], None]
    idle_seconds: float = 0.25
    retry_seconds: float = 0.25
    _iterators: dict[str, str] = field(default_factory=dict)

    def run(self, stop: threading.Event) -> None:
        """Process batches until `stop` is set."""
        while not stop.is_set():
            if not self.pump_once(stop):
                stop.wait(self.idle_seconds)

    def pump_once(self, stop: threading.Event) -> int:
        """Read one batch from each shard and process it until it is done or discarded.

        Returns:
            The number of records read.
        """
        taken = 0
        for shard_id, iterator in self._open_shards().items():
            page = self.streams.get_records(ShardIterator=iterator, Limit=self.mapping.batch_size)
            records = [stream_record(one, self.mapping.stream_arn) for one in page["Records"]]
            wanted = tuple(one for one in records if matches_any(one, self.mapping.patterns))
            self._deliver(_Batch(wanted), shard_id, stop)
            if not stop.is_set():
                self._iterators[shard_id] = page["NextShardIterator"]
            taken += len(records)
        return taken

    def _open_shards(self) -> dict[str, str]:
        if not self._iterators:
            description = self.streams.describe_stream(StreamArn=self.mapping.stream_arn)["StreamDescription"]
            for shard in description["Shards"]:
                self._iterators[shard["ShardId"]] = self.streams.get_shard_iterator(
                    StreamArn=self.mapping.stream_arn,
                    ShardId=shard["ShardId"],
                    ShardIteratorType=self.mapping.starting_position,
                )["ShardIterator"]
        return dict(self._iterators)

    def _deliver(self, batch: _Batch, shard_id: str, stop: threading.Event) -> None:
        waiting = deque([batch])
        while waiting and not stop.is_set():
            now = self._without_expired(waiting.popleft(), shard_id)
            if not now.records:
                continue
            answer = self.function.invoke({"Records": list(now.records)})
            for rest in reversed(self._remaining(now, answer, shard_id)):
                waiting.appendleft(rest)
                if rest.tries > now.tries:
                    stop.wait(self._pause(now.tries))

    def _remaining(self, batch: _Batch, answer: InvocationResult, shard_id: str) -> list[_Batch]:
        """Return the batches that have to be retried, in order."""
        first_failed = self._first_failed(batch, answer)
        if first_failed is None:
            return []
        if first_failed > 0:
            return [replace(batch, records=batch.records[first_failed:])]
        if self.mapping.bisect and len(batch.records) > 1:
            middle = len(batch.records) // 2
            return [replace(batch, records=part) for part in (batch.records[:middle], batch.records[middle:])]
        tried = replace(batch, tries=batch.tries + 1)
        if 0 <= self.mapping.max_retries < tried.tries:
            self.discard(invocation_record(batch.records, shard_id, self.function.name, answer, tried.tries))
            return []
        return [tried]

    def _first_failed(self, batch: _Batch, answer: InvocationResult) -> int | None:
        numbers = [sequence_number(one) for one in batch.records]
        failed = failed_item_ids(answer, numbers, self.mapping.partial_failures)
        return min((numbers.index(number) for number in failed), default=None)

    def _without_expired(self, batch: _Batch, shard_id: str) -> _Batch:
        if self.mapping.max_age_seconds < 0 or not batch.records:
            return batch
        oldest = time.time() - self.mapping.max_age_seconds
        old = tuple(one for one in batch.records if arrived_at(one) < oldest)
        if old:
            self.discard(invocation_record(old, shard_id, self.function.name, None, batch.tries))
        return replace(batch, records=batch.records[len(old) :])

    def _pause(self, tries: int) -> float:
        return min(_MAX_PAUSE_SECONDS, self.retry_seconds * 2.0 ** min(tries, 10))
