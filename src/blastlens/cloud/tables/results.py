"""Results in DynamoDB: stored once, notified once, signed once."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from blastlens.cloud.service_errors import translated_errors
from blastlens.cloud.tables.attributes import from_dynamodb, to_dynamodb
from blastlens.cloud.tables.conditional_writes import write_conditionally
from blastlens.cloud.tables.items import (
    Item,
    item_of,
    record_of,
)
from blastlens.cloud.tables.paging import read_all_items, read_worklist
from blastlens.domain.errors import BlastlensError
from blastlens.domain.record import Record, sort_newest_first
from blastlens.domain.result import Result, ResultId
from blastlens.domain.upload import ExaminationId, Upload

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class InvalidCursor(BlastlensError):
    """A cursor does not belong to the worklist."""


@dataclass(frozen=True)
class WorklistCursor:
    """The last record of a page of a clinic's worklist."""

    upload: str
    reading: str
    uploaded_at: str


@dataclass(frozen=True)
class Page:
    """A page of a clinic's worklist, newest upload first.

    `next` is None after the last page.
    """

    records: tuple[Record, ...]
    next: WorklistCursor | None


@dataclass(frozen=True)
class ResultsTable:
    """The results table, through a boto3 DynamoDB client, which threads may share.

    Every method raises ServiceFault if DynamoDB refuses, and ServiceUnavailable where a retry may help.
    """

    client: "DynamoDBClient"
    name: str

    def write(self, result: Result) -> bool:
        """Store a result with one write.

        Returns False if it exists already, which then stays as it is.
        """
        return write_conditionally(
            self.client,
            "store a result",
            lambda: self.client.put_item(
                TableName=self.name,
                Item=to_dynamodb(item_of(result)),
                ConditionExpression="attribute_not_exists(#upload)",
                ExpressionAttributeNames={"#upload": "upload"},
            ),
        )

    def exists(self, identity: ResultId) -> bool:
        """Return whether a result is stored, read consistently."""
        with translated_errors("find a result"):
            response = self.client.get_item(
                TableName=self.name,
                Key=_key(identity),
                ConsistentRead=True,
                ProjectionExpression="#reading",
                ExpressionAttributeNames={"#reading": "reading"},
            )
        return "Item" in response

    def get(self, identity: ResultId) -> Record | None:
        """Return a record, read consistently; None if there is none."""
        with translated_errors("read a result"):
            response = self.client.get_item(TableName=self.name, Key=_key(identity), ConsistentRead=True)
        return record_of(from_dynamodb(response["Item"])) if "Item" in response else None

    def readings(self, upload: Upload) -> list[Record]:
        """Return every record of an upload, read consistently, the newest version first.

        Returns an empty list if there is none.
        """
        found = self.fields(upload.examination)
        return sort_newest_first([one for one in found if one.result.upload and one.result.upload.path == upload.path])

    def fields(self, examination: ExaminationId) -> list[Record]:
        """Return every record of an examination's fields, of every version and model, read consistently."""
        items = read_all_items(
            "read an examination's fields",
            self.client.query,
            TableName=self.name,
            KeyConditionExpression="#upload = :examination",
            ExpressionAttributeNames={"#upload": "upload"},
            ExpressionAttributeValues=to_dynamodb({":examination": str(examination)}),
            ConsistentRead=True,
        )
        return [record_of(item) for item in items]

    def worklist(self, clinic_id: str, limit: int, cursor: WorklistCursor | None = None) -> Page:
        """Return a page of a clinic's records, newest upload first.

        It has up to `limit` records, which follow `cursor` if one is given.

        Raises:
            InvalidCursor: `cursor` belongs to another clinic.
        """
        start = None if cursor is None else _start_key(clinic_id, cursor)
        items, last = read_worklist(self.client, self.name, clinic_id, limit, start)
        records = tuple(record_of(item) for item in items)
        return Page(records, WorklistCursor(last["upload"], last["reading"], last["uploaded_at"]) if last else None)


def _key(identity: ResultId) -> dict[str, Any]:
    return to_dynamodb({"upload": identity.upload, "reading": identity.reading})


def _start_key(clinic_id: str, cursor: WorklistCursor) -> Item:
    if not cursor.upload.startswith(f"{clinic_id}/"):
        raise InvalidCursor("the worklist cannot be continued from there")
    return {
        "clinic_id": clinic_id,
        "uploaded_at": cursor.uploaded_at,
        "upload": cursor.upload,
        "reading": cursor.reading,
    }
