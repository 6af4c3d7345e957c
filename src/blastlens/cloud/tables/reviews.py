"""Reviews in DynamoDB: each event is stored together with its examination."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from blastlens.cloud.service_errors import error_code, service_fault_from, translated_errors
from blastlens.cloud.tables.attributes import to_dynamodb
from blastlens.cloud.tables.examination_items import REVISION, item_of
from blastlens.cloud.tables.paging import read_all_items
from blastlens.cloud.tables.review_items import entry_prefix, event_item, event_of
from blastlens.domain.errors import ServiceFault, ServiceUnavailable
from blastlens.domain.examination import Examination
from blastlens.domain.review import ReviewEvent
from blastlens.domain.upload import ExaminationId

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_REFUSED = {"ConditionalCheckFailed", "TransactionConflict"}
"""Reasons of a cancelled transaction for which the caller reads again and starts over."""

_BUSY = {"ThrottlingError", "ProvisionedThroughputExceeded"}
"""Reasons for which the caller tries again later."""


@dataclass(frozen=True)
class ReviewsTable:
    """The events of reviews, through a boto3 DynamoDB client, which threads may share.

    All events of a patient are one partition, so that an erasure finds them by one query. Every method raises
    ServiceFault if DynamoDB refuses, and ServiceUnavailable where a retry may help.

    Attributes:
        client: DynamoDB client.
        name: name of the table.
        examinations: name of the examinations table.
    """

    client: "DynamoDBClient"
    name: str
    examinations: str

    def of(self, identity: ExaminationId) -> list[ReviewEvent]:
        """Return the events of an examination, read consistently, in no order."""
        items = read_all_items(
            "read a review",
            self.client.query,
            TableName=self.name,
            KeyConditionExpression="patient = :patient AND begins_with(entry, :examination)",
            ExpressionAttributeValues=to_dynamodb(
                {":patient": identity.patient, ":examination": entry_prefix(identity)}
            ),
        )
        return [event_of(item) for item in items]

    def add(self, event: ReviewEvent, seen: Examination, changed: Examination | None = None) -> bool:
        """Store an event, and its examination with the next revision, in one transaction.

        So whoever read the examination before, as to sign it, has to read it again.

        Args:
            event: the event.
            seen: the examination as it was read.
            changed: the examination as the event changes it; None where it stays the same.

        Returns False if the examination has another revision by now or is deleted, or there is an event of the same id.
        """
        after = replace(changed or seen, revision=seen.revision + 1)
        put_event = {
            "TableName": self.name,
            "Item": to_dynamodb(event_item(seen.id, event, seen.totals.last_expires_at)),
            "ConditionExpression": "attribute_not_exists(entry)",
        }
        put_examination = {
            "TableName": self.examinations,
            "Item": to_dynamodb(item_of(after)),
            "ConditionExpression": f"{REVISION} = :seen",
            "ExpressionAttributeValues": to_dynamodb({":seen": seen.revision}),
        }
        writes: Any = [{"Put": put_event}, {"Put": put_examination}]
        with translated_errors("store a review"):
            try:
                self.client.transact_write_items(TransactItems=writes)
            except ClientError as error:
                if error_code(error) != "TransactionCanceledException":
                    raise service_fault_from("store a review", error) from None
                return _refused(error)
        return True


def _refused(error: ClientError) -> bool:
    """Return False where a condition does not hold, or another transaction was under way.

    Raises:
        ServiceFault: it was cancelled for another reason; ServiceUnavailable where the table is busy.
    """
    response: Any = error.response
    codes = {str(one.get("Code")) for one in response.get("CancellationReasons", ())}
    if codes & _REFUSED:
        return False
    kind = ServiceUnavailable if codes & _BUSY else ServiceFault
    raise kind(f"could not store a review: {', '.join(sorted(codes - {'None'}))}", error_code(error))
