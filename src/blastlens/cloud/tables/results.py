"""Results in DynamoDB: stored once, notified once, signed once."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from blastlens.cloud.service_errors import translated_errors
from blastlens.cloud.tables.attributes import from_dynamodb, to_dynamodb
from blastlens.cloud.tables.items import (
    LEFT_TO_CLINIC,
    PATIENT_FINDING,
    Item,
    item_of,
    record_of,
    sign_off_part,
    text_of_time,
)
from blastlens.cloud.tables.paging import read_all_items
from blastlens.domain.errors import BlastlensError
from blastlens.domain.finding import Finding
from blastlens.domain.record import Audience, Record, SignOff, sort_newest_first
from blastlens.domain.result import Result, ResultId, Status
from blastlens.domain.upload import ExaminationId, Upload

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

BY_CLINIC = "by_clinic"


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
        return self._conditionally(
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
        start = {} if cursor is None else {"ExclusiveStartKey": to_dynamodb(_start_key(clinic_id, cursor))}
        with translated_errors("read a worklist"):
            response = self.client.query(
                TableName=self.name,
                IndexName=BY_CLINIC,
                KeyConditionExpression="clinic_id = :clinic",
                ExpressionAttributeValues=to_dynamodb({":clinic": clinic_id}),
                ScanIndexForward=False,
                Limit=limit,
                **start,  # type: ignore[arg-type]
            )
        records = tuple(record_of(from_dynamodb(item)) for item in response["Items"])
        last = from_dynamodb(response.get("LastEvaluatedKey", {}))
        return Page(records, WorklistCursor(last["upload"], last["reading"], last["uploaded_at"]) if last else None)

    def mark_notified(
        self,
        identity: ResultId,
        audience: Audience,
        notified_at: datetime,
        seconds: float,
        left_to_clinic: bool = False,
    ) -> bool:
        """Record that an audience was notified.

        The attribute `seconds_to_AUDIENCE` holds the `seconds` since the upload.

        The same write records that the clinic has to notify the patient, if `left_to_clinic`.

        Returns:
            False if that was recorded before, or there is no such result.
        """
        values = {":notified_at": text_of_time(notified_at), ":seconds": Decimal(f"{seconds:.3f}")}
        left = f", {LEFT_TO_CLINIC} = :left" if left_to_clinic else ""
        return self._conditionally(
            "record a notification",
            lambda: self.client.update_item(
                TableName=self.name,
                Key=_key(identity),
                UpdateExpression=f"SET told.#audience = :notified_at, #seconds = :seconds{left}",
                ConditionExpression="attribute_exists(#upload) AND attribute_not_exists(told.#audience)",
                ExpressionAttributeNames={
                    "#upload": "upload",
                    "#audience": str(audience),
                    "#seconds": f"seconds_to_{audience}",
                },
                ExpressionAttributeValues=to_dynamodb(values | ({":left": True} if left_to_clinic else {})),
            ),
        )

    def mark_patient_finding(self, identity: ResultId, finding: Finding) -> bool:
        """Record the finding that the patient is notified of.

        Returns False if there is no such result.
        """
        return self._set_attribute("record the patient's finding", identity, PATIENT_FINDING, str(finding))

    def leave_to_clinic(self, identity: ResultId) -> bool:
        """Record that only the clinic notifies the patient.

        Returns False if there is no such result.
        """
        return self._set_attribute("leave a patient to the clinic", identity, LEFT_TO_CLINIC, True)

    def mark_phone_notified(self, identity: ResultId, phone_id: str) -> None:
        """Record that a phone accepted the message.

        A retry for another phone then does not send it again.
        """
        with translated_errors("record a notified phone"):
            self.client.update_item(
                TableName=self.name,
                Key=_key(identity),
                UpdateExpression="ADD pushed :phone",
                ExpressionAttributeValues={":phone": {"SS": [phone_id]}},
            )

    def sign_off(self, identity: ResultId, sign_off: SignOff) -> bool:
        """Store a sign-off.

        Returns False if the result is signed already, or is not a prediction.
        """
        return self._conditionally(
            "sign a result",
            lambda: self.client.update_item(
                TableName=self.name,
                Key=_key(identity),
                UpdateExpression="SET signed_off = :sign_off",
                ConditionExpression="#status = :classified AND attribute_not_exists(signed_off)",
                ExpressionAttributeNames={"#status": "status"},
                ExpressionAttributeValues=to_dynamodb(
                    {":sign_off": sign_off_part(sign_off), ":classified": str(Status.CLASSIFIED)}
                ),
            ),
        )

    def _set_attribute(self, action: str, identity: ResultId, name: str, value: str | bool) -> bool:
        return self._conditionally(
            action,
            lambda: self.client.update_item(
                TableName=self.name,
                Key=_key(identity),
                UpdateExpression="SET #name = :value",
                ConditionExpression="attribute_exists(#upload)",
                ExpressionAttributeNames={"#upload": "upload", "#name": name},
                ExpressionAttributeValues=to_dynamodb({":value": value}),
            ),
        )

    def _conditionally(self, action: str, call: Any) -> bool:
        with translated_errors(action):
            try:
                call()
            except self.client.exceptions.ConditionalCheckFailedException:
                return False
        return True


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
