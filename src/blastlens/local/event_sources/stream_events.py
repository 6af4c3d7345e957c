"""Lambda events of stream records, and the invocation record of discarded ones."""

import base64
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from blastlens.local.event_sources.invocation import InvocationResult, function_arn

Record = dict[str, Any]


def stream_record(record: Record, stream_arn: str) -> Record:
    """Return a record of boto3's `get_records` in the form of a Lambda event."""
    return {**_plain(record), "eventSourceARN": stream_arn}


def sequence_number(record: Record) -> str:
    """Return the record's sequence number, by which a function reports failures."""
    return str(record["dynamodb"]["SequenceNumber"])


def arrived_at(record: Record) -> float:
    """Return when the record was written to the stream, in seconds since 1970 (UTC)."""
    return float(record["dynamodb"]["ApproximateCreationDateTime"])


def invocation_record(
    records: Sequence[Record], shard_id: str, function: str, answer: InvocationResult | None, tries: int
) -> dict[str, Any]:
    """Return the invocation record for a failure destination.

    It has the position of the stream records, not their content.

    Args:
        records: the discarded records, in order.
        shard_id: their shard.
        function: the function's name.
        answer: result of the last attempt; None if the records were too old.
        tries: number of attempts.
    """
    condition = "RetryAttemptsExhausted" if answer else "RecordAgeExceeded"
    note: dict[str, Any] = {
        "requestContext": {
            "requestId": answer.request_id if answer else "",
            "functionArn": function_arn(function),
            "condition": condition,
            "approximateInvokeCount": tries,
        },
        "version": "1.0",
        "timestamp": _text(datetime.now(UTC).timestamp()),
        "DDBStreamBatchInfo": {
            "shardId": shard_id,
            "startSequenceNumber": sequence_number(records[0]),
            "endSequenceNumber": sequence_number(records[-1]),
            "approximateArrivalOfFirstRecord": _text(arrived_at(records[0])),
            "approximateArrivalOfLastRecord": _text(arrived_at(records[-1])),
            "batchSize": len(records),
            "streamArn": records[0]["eventSourceARN"],
        },
    }
    if answer:
        response = {"statusCode": 200, "executedVersion": "$LATEST"}
        note["responseContext"] = response | ({"functionError": "Unhandled"} if answer.error else {})
    return note


def _plain(value: Any) -> Any:
    """Return `value` for JSON: times as seconds, bytes in base 64."""
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, list | set):
        return [_plain(item) for item in value]
    if isinstance(value, datetime):
        return value.timestamp()
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value


def _text(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
