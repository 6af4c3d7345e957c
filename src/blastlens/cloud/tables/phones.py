"""Patients' phones in DynamoDB, with the SNS endpoint or number of each."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from blastlens.cloud.service_errors import translated_errors
from blastlens.cloud.tables.attributes import to_dynamodb
from blastlens.cloud.tables.paging import read_all_items
from blastlens.domain.clinic import Phone, Platform
from blastlens.domain.text_catalogue import Language

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

BY_ENDPOINT = "by_endpoint"


@dataclass(frozen=True)
class PhonesTable:
    """The phones of the table, through a boto3 DynamoDB client.

    Threads may share it.

    Every method raises ServiceFault if DynamoDB refuses, and ServiceUnavailable where a retry may help.
    """

    client: "DynamoDBClient"
    name: str

    def put(self, phone: Phone) -> None:
        """Store a phone; one of the same patient and id is replaced."""
        with translated_errors("store a phone"):
            self.client.put_item(TableName=self.name, Item=to_dynamodb(_item_of(phone)))

    def remove(self, phone: Phone) -> None:
        """Delete a phone; it may be deleted already."""
        with translated_errors("delete a phone"):
            self.client.delete_item(
                TableName=self.name, Key=to_dynamodb({"place": phone.clinic_id, "entry": _entry(phone)})
            )

    def of_patient(self, clinic_id: str, patient_id: str) -> list[Phone]:
        """Return a patient's phones, read consistently."""
        return list(self._query(clinic_id, f"{patient_id}#"))

    def of_clinic(self, clinic_id: str) -> list[Phone]:
        """Return the phones of all patients of a clinic, read consistently."""
        return list(self._query(clinic_id, ""))

    def reached_by(self, endpoint: str) -> list[tuple[str, str]]:
        """Return the owners of an endpoint as (clinic id, patient id).

        The index is eventually consistent.
        """
        items = read_all_items(
            "find a phone's owners",
            self.client.query,
            TableName=self.name,
            IndexName=BY_ENDPOINT,
            ConsistentRead=False,
            KeyConditionExpression="endpoint = :endpoint",
            ExpressionAttributeValues=to_dynamodb({":endpoint": endpoint}),
        )
        return [(item["place"], item["entry"].partition("#")[0]) for item in items]

    def _query(self, clinic_id: str, prefix: str) -> Iterator[Phone]:
        condition, values = "place = :clinic", {":clinic": clinic_id}
        if prefix:
            condition, values = f"{condition} AND begins_with(entry, :prefix)", values | {":prefix": prefix}
        items = read_all_items(
            "read phones",
            self.client.query,
            TableName=self.name,
            KeyConditionExpression=condition,
            ExpressionAttributeValues=to_dynamodb(values),
        )
        return map(_phone_of, items)


def _entry(phone: Phone) -> str:
    return f"{phone.patient_id}#{phone.id}"


def _item_of(phone: Phone) -> dict[str, Any]:
    language = {} if phone.language is None else {"language": str(phone.language)}
    item = {"place": phone.clinic_id, "entry": _entry(phone), "platform": str(phone.platform)}
    return {**item, "endpoint": phone.endpoint, **language}


def _phone_of(item: dict[str, Any]) -> Phone:
    patient_id, _, phone_id = item["entry"].partition("#")
    language = Language(item["language"]) if "language" in item else None
    return Phone(phone_id, item["place"], patient_id, Platform(item["platform"]), item["endpoint"], language)
