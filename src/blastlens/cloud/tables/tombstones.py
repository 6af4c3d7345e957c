"""Tombstones of erased patients, without personal data, in two tables."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from blastlens.cloud.service_errors import translated_errors
from blastlens.cloud.tables.attributes import to_dynamodb
from blastlens.cloud.tables.items import text_of_time
from blastlens.domain.patient import PatientId

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ERASED = "#erased"
"""Partition of the tombstones in the examinations table. A patient's partition contains a slash."""


@dataclass(frozen=True)
class Tombstones:
    """Tombstones in the tables of examinations and of contents, through a boto3 DynamoDB client.

    A tombstone holds the hash of `clinic/patient` and the time of erasure. While it stands, nothing of the patient may
    be stored: an answer that was under way while the patient was erased would bring the patient back. It stands in both
    tables, so that no function needs another table: classify reads it in the contents, examine in the examinations.

    Every method raises ServiceFault if DynamoDB refuses, and ServiceUnavailable where a retry may help.
    """

    client: "DynamoDBClient"
    examinations: str
    contents: str

    def covers(self, patient: PatientId) -> bool:
        """Return whether a patient is erased, read consistently."""
        return stands(self.client, self.examinations, examination_key(patient))

    def add(self, patient: PatientId, erased_at: datetime) -> None:
        """Store the tombstones of a patient; earlier ones are replaced."""
        for table, key in self._places(patient):
            with translated_errors("store a tombstone"):
                item = to_dynamodb({**key, "erased_at": text_of_time(erased_at)})
                self.client.put_item(TableName=table, Item=item)

    def remove(self, patient: PatientId) -> None:
        """Remove the tombstones of a patient; there may be none."""
        # The reverse of their order: while one of them stands, `covers` says that there is something to remove.
        for table, key in reversed(self._places(patient)):
            with translated_errors("remove a tombstone"):
                self.client.delete_item(TableName=table, Key=to_dynamodb(key))

    def _places(self, patient: PatientId) -> tuple[tuple[str, dict[str, str]], ...]:
        return (self.examinations, examination_key(patient)), (self.contents, content_key(patient))


def stands(client: "DynamoDBClient", table: str, key: Mapping[str, str]) -> bool:
    """Return whether there is an item of this key, read consistently."""
    with translated_errors("find a tombstone"):
        return "Item" in client.get_item(TableName=table, Key=to_dynamodb(key), ConsistentRead=True)


def examination_key(patient: PatientId) -> dict[str, str]:
    """Return the key of a patient's tombstone in the examinations table."""
    return {"patient": ERASED, "examination": patient.tombstone}


def content_key(patient: PatientId) -> dict[str, str]:
    """Return the key of a patient's tombstone in the table of contents, where other keys begin with a clinic's id."""
    return {"content": f"{ERASED}#{patient.tombstone}"}
