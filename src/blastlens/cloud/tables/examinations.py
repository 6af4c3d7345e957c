"""Examinations in DynamoDB, each write conditional on a revision."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from blastlens.cloud.service_errors import translated_errors
from blastlens.cloud.tables.attributes import from_dynamodb, to_dynamodb
from blastlens.cloud.tables.conditional_writes import write_conditionally
from blastlens.cloud.tables.examination_items import (
    LEFT_TO_CLINIC,
    PUSHED,
    REVISION,
    TOLD_PREFIX,
    examination_of,
    item_of,
    key_of,
    told_part,
)
from blastlens.cloud.tables.paging import read_all_items, read_worklist
from blastlens.cloud.tables.results import InvalidCursor
from blastlens.cloud.tables.tombstones import ERASED, examination_key, stands
from blastlens.domain.examination import Examination, Told
from blastlens.domain.patient import patient_of
from blastlens.domain.record import Audience
from blastlens.domain.upload import ExaminationId

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@dataclass(frozen=True)
class ExaminationCursor:
    """The last examination of a page of a clinic's worklist."""

    patient: str
    examination: str
    rank: str


@dataclass(frozen=True)
class ExaminationPage:
    """A page of a clinic's worklist, unsigned and urgent first; `next` is None after the last page."""

    examinations: tuple[Examination, ...]
    next: ExaminationCursor | None


@dataclass(frozen=True)
class ExaminationsTable:
    """The examinations table, through a boto3 DynamoDB client, which threads may share.

    Every method raises ServiceFault if DynamoDB refuses, and ServiceUnavailable where a retry may help.
    """

    client: "DynamoDBClient"
    name: str

    def get(self, identity: ExaminationId) -> Examination | None:
        """Return an examination, read consistently; None if there is none."""
        with translated_errors("read an examination"):
            response = self.client.get_item(TableName=self.name, Key=to_dynamodb(key_of(identity)), ConsistentRead=True)
        return examination_of(from_dynamodb(response["Item"])) if "Item" in response else None

    def put(self, examination: Examination, expected_revision: int | None) -> bool:
        """Store an examination where the stored one still has the expected revision; None expects that there is none.

        Returns False if it has another one: read it again, and start over.
        """
        names: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(patient)"}
        if expected_revision is not None:
            names = {
                "ConditionExpression": f"{REVISION} = :expected",
                "ExpressionAttributeValues": to_dynamodb({":expected": expected_revision}),
            }
        return write_conditionally(
            self.client,
            "store an examination",
            lambda: self.client.put_item(TableName=self.name, Item=to_dynamodb(item_of(examination)), **names),
        )

    def of_patient(self, clinic_id: str, patient_id: str) -> list[Examination]:
        """Return the examinations of a patient, read consistently."""
        items = read_all_items(
            "read a patient's examinations",
            self.client.query,
            TableName=self.name,
            KeyConditionExpression="patient = :patient",
            ExpressionAttributeValues=to_dynamodb({":patient": f"{clinic_id}/{patient_id}"}),
            ConsistentRead=True,
        )
        return [examination_of(item) for item in items]

    def all(self) -> Iterator[Examination]:
        """Yield every examination, reading one page at a time."""
        for item in read_all_items("read examinations", self.client.scan, TableName=self.name):
            if item["patient"] != ERASED:
                yield examination_of(item)

    def is_erased(self, identity: ExaminationId) -> bool:
        """Return whether the patient of an examination is erased, so that nothing of it may be stored."""
        return stands(self.client, self.name, examination_key(patient_of(identity)))

    def worklist(self, clinic_id: str, limit: int, cursor: ExaminationCursor | None = None) -> ExaminationPage:
        """Return a page of a clinic's examinations, unsigned and urgent first, then newest.

        It has up to `limit` of them, which follow `cursor` if one is given.

        Raises:
            InvalidCursor: `cursor` belongs to another clinic.
        """
        start = None if cursor is None else _start_key(clinic_id, cursor)
        items, last = read_worklist(self.client, self.name, clinic_id, limit, start)
        found = tuple(examination_of(item) for item in items)
        return ExaminationPage(
            found, ExaminationCursor(last["patient"], last["examination"], last["rank"]) if last else None
        )

    def mark_told(self, identity: ExaminationId, audience: Audience, told: Told, left_to_clinic: bool = False) -> bool:
        """Record a notice to an audience, after it was sent.

        The same write records that the clinic has to inform the patient, if `left_to_clinic`.

        Returns False if there is no such examination.
        """
        left = f", {LEFT_TO_CLINIC} = :left" if left_to_clinic else ""
        return self._update(
            "record a notice",
            identity,
            f"SET #told = list_append(if_not_exists(#told, :none), :told){left} ADD {REVISION} :one",
            {":told": [told_part(told)], ":none": []} | ({":left": True} if left_to_clinic else {}),
            {"#told": f"{TOLD_PREFIX}{audience}"},
        )

    def mark_phone(self, identity: ExaminationId, mark: str) -> bool:
        """Record that a phone accepted a message, so that a retry for another phone does not send it again.

        Returns False if there is no such examination.
        """
        expression = f"ADD {PUSHED} :marks, {REVISION} :one"
        return self._update("record a notified phone", identity, expression, {":marks": {mark}})

    def leave_to_clinic(self, identity: ExaminationId) -> bool:
        """Record that only the clinic informs the patient.

        Returns False if there is no such examination.
        """
        expression = f"SET {LEFT_TO_CLINIC} = :left ADD {REVISION} :one"
        return self._update("leave a patient to the clinic", identity, expression, {":left": True})

    def _update(
        self,
        action: str,
        identity: ExaminationId,
        expression: str,
        values: dict[str, Any],
        names: dict[str, str] | None = None,
    ) -> bool:
        given = {"ExpressionAttributeNames": names} if names else {}
        return write_conditionally(
            self.client,
            action,
            lambda: self.client.update_item(
                TableName=self.name,
                Key=to_dynamodb(key_of(identity)),
                UpdateExpression=expression,
                ConditionExpression="attribute_exists(patient)",
                ExpressionAttributeValues=to_dynamodb(values | {":one": 1}),
                **given,  # type: ignore[arg-type]
            ),
        )


def _start_key(clinic_id: str, cursor: ExaminationCursor) -> dict[str, Any]:
    if not cursor.patient.startswith(f"{clinic_id}/"):
        raise InvalidCursor("the worklist cannot be continued from there")
    return {"clinic_id": clinic_id, "rank": cursor.rank, "patient": cursor.patient, "examination": cursor.examination}
