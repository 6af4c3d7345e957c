"""Contents of images by clinic, to find the same bytes under two patients."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from blastlens.cloud.service_errors import translated_errors
from blastlens.cloud.tables.attributes import from_dynamodb, to_dynamodb
from blastlens.cloud.tables.conditional_writes import write_conditionally
from blastlens.cloud.tables.tombstones import content_key as tombstone_key
from blastlens.cloud.tables.tombstones import stands
from blastlens.domain.patient import patient_of
from blastlens.domain.upload import ExaminationId

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@dataclass(frozen=True)
class ContentsTable:
    """The table of contents, through a boto3 DynamoDB client, which threads may share.

    Every method raises ServiceFault if DynamoDB refuses, and ServiceUnavailable where a retry may help.
    """

    client: "DynamoDBClient"
    name: str

    def claim(self, examination: ExaminationId, sha256: str) -> ExaminationId:
        """Record whose image has these bytes, and return the examination that had them first in the clinic.

        A repeated claim returns the same examination.
        """
        content = content_key(examination.clinic_id, sha256)
        item = {
            "content": content,
            "patient_id": examination.patient_id,
            "examination_id": examination.examination_id,
        }
        is_first = write_conditionally(
            self.client,
            "record an image's content",
            lambda: self.client.put_item(
                TableName=self.name,
                Item=to_dynamodb(item),
                ConditionExpression="attribute_not_exists(content)",
            ),
        )
        if is_first:
            return examination
        return self.first(examination.clinic_id, sha256) or self.claim(examination, sha256)  # erased in between

    def first(self, clinic_id: str, sha256: str) -> ExaminationId | None:
        """Return the examination that had these bytes first, read consistently; None if none had."""
        with translated_errors("find an image's content"):
            response = self.client.get_item(
                TableName=self.name,
                Key=to_dynamodb({"content": content_key(clinic_id, sha256)}),
                ConsistentRead=True,
            )
        if "Item" not in response:
            return None
        item = from_dynamodb(response["Item"])
        return ExaminationId(clinic_id, item["patient_id"], item["examination_id"])

    def is_erased(self, examination: ExaminationId) -> bool:
        """Return whether the patient of an examination is erased, so that nothing of it may be stored."""
        return stands(self.client, self.name, tombstone_key(patient_of(examination)))

    def forget(self, clinic_id: str, patient_id: str, sha256: str) -> bool:
        """Delete what is recorded of these bytes, if the patient had them first.

        Returns False if another patient had, or nobody.
        """
        return write_conditionally(
            self.client,
            "delete an image's content",
            lambda: self.client.delete_item(
                TableName=self.name,
                Key=to_dynamodb({"content": content_key(clinic_id, sha256)}),
                ConditionExpression="patient_id = :patient",
                ExpressionAttributeValues=to_dynamodb({":patient": patient_id}),
            ),
        )


def content_key(clinic_id: str, sha256: str) -> str:
    """Return the key of the bytes of an image in a clinic."""
    return f"{clinic_id}#{sha256}"
