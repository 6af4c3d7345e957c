"""Tombstones of erased patients in the examinations table, without personal data."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from blastlens.cloud.service_errors import translated_errors
from blastlens.cloud.tables.attributes import to_dynamodb
from blastlens.cloud.tables.items import text_of_time
from blastlens.domain.patient import PatientId, patient_of
from blastlens.domain.upload import ExaminationId

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ERASED = "#erased"
"""Partition of the tombstones; no patient's partition has this name, because those contain a slash."""


@dataclass(frozen=True)
class Tombstones:
    """The tombstones of the examinations table, through a boto3 DynamoDB client, which threads may share.

    A tombstone holds the hash of `clinic/patient` and the time of erasure. While it stands, nothing of the patient may
    be stored: an answer that was under way while the patient was erased would bring the patient back.

    Every method raises ServiceFault if DynamoDB refuses, and ServiceUnavailable where a retry may help.
    """

    client: "DynamoDBClient"
    name: str

    def covers(self, examination: ExaminationId) -> bool:
        """Return whether the patient of an examination is erased, read consistently."""
        return self.covers_patient(patient_of(examination))

    def covers_patient(self, patient: PatientId) -> bool:
        """Return whether a patient is erased, read consistently."""
        with translated_errors("find a tombstone"):
            found = self.client.get_item(TableName=self.name, Key=_key(patient), ConsistentRead=True)
        return "Item" in found

    def add(self, patient: PatientId, erased_at: datetime) -> None:
        """Store the tombstone of a patient; an earlier one is replaced."""
        with translated_errors("store a tombstone"):
            item = {**_key(patient), **to_dynamodb({"erased_at": text_of_time(erased_at)})}
            self.client.put_item(TableName=self.name, Item=item)

    def remove(self, patient: PatientId) -> None:
        """Remove the tombstone of a patient; there may be none."""
        with translated_errors("remove a tombstone"):
            self.client.delete_item(TableName=self.name, Key=_key(patient))


def _key(patient: PatientId) -> dict[str, Any]:
    return to_dynamodb({"patient": ERASED, "examination": patient.tombstone})
