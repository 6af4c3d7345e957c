"""Results in DynamoDB: each is written once, told once to each audience, and signed once."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from blastlens.cloud.service_errors import service_faults
from blastlens.cloud.tables.attributes import from_dynamodb, to_dynamodb
from blastlens.cloud.tables.items import HEARD, LEFT_TO_CLINIC, Item, item_of, record_of, sign_off_part, text_of_time
from blastlens.cloud.tables.paging import every_item
from blastlens.domain.errors import BlastlensError
from blastlens.domain.finding import Finding
from blastlens.domain.record import Audience, Record, SignOff, sort_newest_first
from blastlens.domain.result import Result, ResultId, Status, upload_part
from blastlens.domain.upload import Upload

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

BY_CLINIC = "by_clinic"


class InvalidPlace(BlastlensError):
    """A worklist cannot be continued from where it was asked to."""


@dataclass(frozen=True)
class Place:
    """Where a page of a clinic's worklist ended."""

    upload: str
    reading: str
    uploaded_at: str


@dataclass(frozen=True)
class Page:
    """A part of a clinic's worklist, newest upload first; `next` is None after the last page."""

    records: tuple[Record, ...]
    next: Place | None


@dataclass(frozen=True)
class ResultsTable:
    """The table of results, by a boto3 DynamoDB client, which threads may share.

    Every method raises ServiceFault where DynamoDB refuses, and ServiceUnavailable where trying again may help.
    """

    client: "DynamoDBClient"
    name: str

    def write(self, result: Result) -> bool:
        """Store a result whole or not at all; False where it lies there already, which then stays as it is."""
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
        """Tell whether a result is stored, as of now."""
        with service_faults("look for a result"):
            response = self.client.get_item(
                TableName=self.name,
                Key=_key(identity),
                ConsistentRead=True,
                ProjectionExpression="#reading",
                ExpressionAttributeNames={"#reading": "reading"},
            )
        return "Item" in response

    def get(self, identity: ResultId) -> Record | None:
        """Return a record as it is now; None where there is none."""
        with service_faults("read a result"):
            response = self.client.get_item(TableName=self.name, Key=_key(identity), ConsistentRead=True)
        return record_of(from_dynamodb(response["Item"])) if "Item" in response else None

    def readings(self, upload: Upload) -> list[Record]:
        """Return every record of an upload, the newest version first; empty where there is none."""
        items = every_item(
            "read an upload's results",
            self.client.query,
            TableName=self.name,
            KeyConditionExpression="#upload = :upload",
            ExpressionAttributeNames={"#upload": "upload"},
            ExpressionAttributeValues=to_dynamodb({":upload": upload_part(upload)}),
        )
        return sort_newest_first([record_of(item) for item in items])

    def worklist(self, clinic_id: str, limit: int, place: Place | None = None) -> Page:
        """Return up to `limit` of a clinic's records, newest upload first, after `place` where one is given.

        Raises:
            InvalidPlace: `place` lies in no list of this clinic.
        """
        start = {} if place is None else {"ExclusiveStartKey": to_dynamodb(_start_key(clinic_id, place))}
        with service_faults("read a worklist"):
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
        return Page(records, Place(last["upload"], last["reading"], last["uploaded_at"]) if last else None)

    def mark_told(
        self, identity: ResultId, audience: Audience, told_at: datetime, seconds: float, left_to_clinic: bool = False
    ) -> bool:
        """Note that an audience was told, `seconds` after the upload, in the attribute `seconds_to_AUDIENCE`.

        Where the patient is left to the clinic, that is noted in the same write.

        Returns:
            False where that was noted before, or there is no such result.
        """
        values = {":told_at": text_of_time(told_at), ":seconds": Decimal(f"{seconds:.3f}")}
        left = f", {LEFT_TO_CLINIC} = :left" if left_to_clinic else ""
        return self._conditionally(
            "note who was told",
            lambda: self.client.update_item(
                TableName=self.name,
                Key=_key(identity),
                UpdateExpression=f"SET told.#audience = :told_at, #seconds = :seconds{left}",
                ConditionExpression="attribute_exists(#upload) AND attribute_not_exists(told.#audience)",
                ExpressionAttributeNames={
                    "#upload": "upload",
                    "#audience": str(audience),
                    "#seconds": f"seconds_to_{audience}",
                },
                ExpressionAttributeValues=to_dynamodb(values | ({":left": True} if left_to_clinic else {})),
            ),
        )

    def mark_heard(self, identity: ResultId, finding: Finding) -> bool:
        """Note what the patient is told that the smear shows; False where there is no such result."""
        return self._note("note what the patient is told", identity, HEARD, str(finding))

    def leave_to_clinic(self, identity: ResultId) -> bool:
        """Note that the clinic alone tells the patient; False where there is no such result."""
        return self._note("leave a patient to the clinic", identity, LEFT_TO_CLINIC, True)

    def mark_pushed(self, identity: ResultId, phone_id: str) -> None:
        """Note that a phone took the patient's message, so that a retry for another phone leaves this one alone."""
        with service_faults("note which phone was reached"):
            self.client.update_item(
                TableName=self.name,
                Key=_key(identity),
                UpdateExpression="ADD pushed :phone",
                ExpressionAttributeValues={":phone": {"SS": [phone_id]}},
            )

    def sign_off(self, identity: ResultId, sign_off: SignOff) -> bool:
        """Store a clinician's word on a prediction; False where it was signed before, or is no prediction."""
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

    def _note(self, action: str, identity: ResultId, name: str, value: str | bool) -> bool:
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
        with service_faults(action):
            try:
                call()
            except self.client.exceptions.ConditionalCheckFailedException:
                return False
        return True


def _key(identity: ResultId) -> dict[str, Any]:
    return to_dynamodb({"upload": identity.upload, "reading": identity.reading})


def _start_key(clinic_id: str, place: Place) -> Item:
    if not place.upload.startswith(f"{clinic_id}/"):
        raise InvalidPlace("the worklist cannot be continued from there")
    return {
        "clinic_id": clinic_id,
        "uploaded_at": place.uploaded_at,
        "upload": place.upload,
        "reading": place.reading,
    }
