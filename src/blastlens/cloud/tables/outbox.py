"""Pending notifications in the results table, whose stream triggers notify."""

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from blastlens.cloud.service_errors import translated_errors
from blastlens.cloud.tables.attributes import to_dynamodb
from blastlens.cloud.tables.items import record_of, text_of_time
from blastlens.cloud.tables.paging import read_all_items
from blastlens.domain.record import Record
from blastlens.domain.result import ResultId

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ASKED_AGAIN = "asked_again"
"""Attribute of a record that an operator wants notify to process again; template.yaml filters the stream by it."""


def records_to_notify(client: "DynamoDBClient", table: str) -> Iterator[Record]:
    """Yield the records with a pending notification or correction.

    Reads the whole table, one page at a time.

    Raises:
        ServiceFault: DynamoDB refused; ServiceUnavailable where trying again may help.
    """
    for item in read_all_items("find pending notifications", client.scan, TableName=table):
        record = record_of(item)
        if record.owed or record.owes_correction:
            yield record


def request_notification(client: "DynamoDBClient", table: str, identity: ResultId, asked_at: datetime) -> bool:
    """Change a record so that its stream triggers notify again.

    Returns False if the record is deleted.

    notify only sends pending notifications, so that a needless request notifies nobody twice.

    Raises:
        ServiceFault: DynamoDB refused; ServiceUnavailable where trying again may help.
    """
    with translated_errors("request notifications"):
        try:
            client.update_item(
                TableName=table,
                Key=to_dynamodb({"upload": identity.upload, "reading": identity.reading}),
                UpdateExpression=f"SET {ASKED_AGAIN} = :asked_at",
                ConditionExpression="attribute_exists(#upload)",
                ExpressionAttributeNames={"#upload": "upload"},
                ExpressionAttributeValues=to_dynamodb({":asked_at": text_of_time(asked_at)}),
            )
        except client.exceptions.ConditionalCheckFailedException:
            return False
    return True
