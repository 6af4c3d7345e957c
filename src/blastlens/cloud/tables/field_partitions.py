"""Partitions of the results table: the examinations that have field records."""

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

from blastlens.cloud.service_errors import translated_errors
from blastlens.cloud.tables.attributes import to_dynamodb
from blastlens.cloud.tables.items import text_of_time
from blastlens.cloud.tables.paging import read_all_items
from blastlens.domain.result import UNREADABLE, ResultId
from blastlens.domain.upload import ExaminationId

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def examinations_with_fields(
    client: "DynamoDBClient", table: str, since: datetime | None = None
) -> Iterator[ExaminationId]:
    """Yield each examination that has field records, once. Reads the whole table, one page at a time.

    Records of images whose key violates the contract belong to no examination and are left out.

    Args:
        client: DynamoDB client.
        table: name of the results table.
        since: only examinations with a field that was answered since then (UTC); None for all.

    Raises:
        ServiceFault: DynamoDB refused; ServiceUnavailable where trying again may help.
    """
    asked: dict[str, Any] = {"ProjectionExpression": "#upload", "ExpressionAttributeNames": {"#upload": "upload"}}
    if since is not None:
        asked["FilterExpression"] = "answered_at >= :since"
        asked["ExpressionAttributeValues"] = to_dynamodb({":since": text_of_time(since)})
    seen: set[str] = set()
    for item in read_all_items("find examinations", client.scan, TableName=table, **asked):
        partition = item["upload"]
        if partition in seen or partition.startswith(UNREADABLE):
            continue
        seen.add(partition)
        yield ExaminationId(*partition.split("/"))


def has_field(client: "DynamoDBClient", table: str, beginning: ResultId) -> bool:
    """Return whether a partition has a record whose reading begins as that of `beginning`, read consistently.

    Raises:
        ServiceFault: DynamoDB refused; ServiceUnavailable where trying again may help.
    """
    with translated_errors("find a field record"):
        found = client.query(
            TableName=table,
            KeyConditionExpression="#upload = :upload AND begins_with(reading, :reading)",
            ExpressionAttributeNames={"#upload": "upload"},
            ExpressionAttributeValues=to_dynamodb({":upload": beginning.upload, ":reading": beginning.reading}),
            ConsistentRead=True,
            Limit=1,
        )
    return bool(found["Items"])
