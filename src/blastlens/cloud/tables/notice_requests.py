"""Notices that examinations owe, and requests to send them."""

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from blastlens.cloud.tables.attributes import to_dynamodb
from blastlens.cloud.tables.conditional_writes import write_conditionally
from blastlens.cloud.tables.examination_items import REVISION, key_of
from blastlens.cloud.tables.examinations import ExaminationsTable
from blastlens.cloud.tables.items import text_of_time
from blastlens.domain.examination import Examination
from blastlens.domain.notification_plan import PatientRelease
from blastlens.domain.record import Audience
from blastlens.domain.upload import ExaminationId

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ASKED_AGAIN = "asked_again"
"""Attribute of an examination that notify has to process again; template.yaml filters the stream by it."""


def owed_audiences(examination: Examination, release: PatientRelease) -> tuple[Audience, ...]:
    """Return who is still to be told of an examination."""
    return tuple(who for who in Audience if examination.owes(who, release) is not None)


def examinations_to_notify(table: ExaminationsTable, release: PatientRelease) -> Iterator[Examination]:
    """Yield the examinations that owe a notice.

    Reads the whole table, one page at a time.

    Raises:
        ServiceFault: DynamoDB refused; ServiceUnavailable where trying again may help.
    """
    return (one for one in table.all() if owed_audiences(one, release))


def request_notification(client: "DynamoDBClient", table: str, identity: ExaminationId, asked_at: datetime) -> bool:
    """Change an examination so that its stream triggers notify again.

    Returns False if it is deleted.

    notify only sends what is owed, so that a needless request notifies nobody twice.

    Raises:
        ServiceFault: DynamoDB refused; ServiceUnavailable where trying again may help.
    """
    return write_conditionally(
        client,
        "request notifications",
        lambda: client.update_item(
            TableName=table,
            Key=to_dynamodb(key_of(identity)),
            UpdateExpression=f"SET {ASKED_AGAIN} = :asked_at ADD {REVISION} :one",
            ConditionExpression="attribute_exists(patient)",
            ExpressionAttributeValues=to_dynamodb({":asked_at": text_of_time(asked_at), ":one": 1}),
        ),
    )
