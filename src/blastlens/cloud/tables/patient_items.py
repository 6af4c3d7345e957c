"""Items of one patient in the tables: finding all of them, and deleting them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from blastlens.cloud.service_errors import translated_errors
from blastlens.cloud.tables.attributes import from_dynamodb, to_dynamodb
from blastlens.cloud.tables.conditional_writes import write_conditionally
from blastlens.cloud.tables.contents import content_key
from blastlens.cloud.tables.examination_items import REVISION
from blastlens.cloud.tables.items import Item
from blastlens.cloud.tables.paging import BY_CLINIC, read_all_items
from blastlens.domain.errors import ServiceUnavailable
from blastlens.domain.patient import PatientId

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

FORGOTTEN = "erased"
"""What remains of an erased patient's examination in the records of another patient who has the same image."""


_ATTEMPTS = 20


@dataclass(frozen=True)
class PatientItems:
    """Items of a patient as they are stored, through a boto3 DynamoDB client.

    They are not converted to records, so that an item of another version, or a damaged one, is found and deleted, too.
    Every method raises ServiceFault if DynamoDB refuses, and ServiceUnavailable where a retry may help.

    Attributes:
        client: DynamoDB client.
        results: name of the results table.
        examinations: name of the examinations table.
        contents: name of the table of contents.
        reviews: name of the table of reviews.
    """

    client: "DynamoDBClient"
    results: str
    examinations: str
    contents: str
    reviews: str

    def examinations_of(self, patient: PatientId) -> list[Item]:
        """Return the patient's examinations, read consistently."""
        return self._of_patient("read a patient's examinations", self.examinations, patient)

    def reviews_of(self, patient: PatientId) -> list[Item]:
        """Return the events of reviews of the patient's examinations, read consistently."""
        return self._of_patient("read a patient's reviews", self.reviews, patient)

    def fields_of(self, patient: PatientId, partitions: Iterable[str]) -> list[Item]:
        """Return every field record of the patient, read consistently.

        Those that neither an examination nor an image leads to are found by the clinic's index, which is eventually
        consistent and is read completely.

        Args:
            patient: the patient.
            partitions: partitions of the results table that are known to hold records of the patient.
        """
        indexed = self._of_clinic(patient, "patient_id = :patient", {":patient": patient.patient_id})
        known = {*partitions, *(str(item["upload"]) for item in indexed)}
        return [item for partition in sorted(known) for item in self._partition(partition)]

    def copies_of(self, patient: PatientId) -> list[Item]:
        """Return the field records of other patients that name an examination of this one, for having the same image.

        They are found by the clinic's index, and read consistently.
        """
        prefix = f"{patient}/"
        indexed = self._of_clinic(patient, "begins_with(custody.same_as, :patient)", {":patient": prefix})
        partitions = sorted({item["upload"] for item in indexed})
        found = (item for partition in partitions for item in self._partition(partition))
        return [item for item in found if str(item.get("custody", {}).get("same_as", "")).startswith(prefix)]

    def contents_of(self, patient: PatientId) -> list[Item]:
        """Return what is recorded of the bytes that the patient had first. Reads the whole table."""
        items = read_all_items(
            "read contents",
            self.client.scan,
            TableName=self.contents,
            FilterExpression="patient_id = :patient AND begins_with(content, :clinic)",
            ExpressionAttributeValues=to_dynamodb(
                {":patient": patient.patient_id, ":clinic": content_key(patient.clinic_id, "")}
            ),
        )
        return list(items)

    def delete_field(self, item: Mapping[str, Any]) -> None:
        """Delete a field record."""
        self._delete(self.results, {"upload": item["upload"], "reading": item["reading"]})

    def delete_examination(self, item: Mapping[str, Any]) -> None:
        """Delete an examination."""
        self._delete(self.examinations, {"patient": item["patient"], "examination": item["examination"]})

    def delete_review(self, item: Mapping[str, Any]) -> None:
        """Delete an event of a review."""
        self._delete(self.reviews, {"patient": item["patient"], "entry": item["entry"]})

    def delete_content(self, item: Mapping[str, Any]) -> None:
        """Delete what is recorded of an image's bytes."""
        self._delete(self.contents, {"content": item["content"]})

    def forget_copy(self, item: Mapping[str, Any]) -> None:
        """Remove the name of the patient's examination from another patient's field record, and its examination.

        Both go on saying that another patient had the same image: a person still has to look at it, or has done so.
        The examination comes first: the field leads to it when an interrupted erasure is repeated.
        """
        named, forgotten = str(item["custody"]["same_as"]), forgotten_examination(str(item["clinic_id"]))
        self._forget_in_examination(str(item["upload"]), named.rpartition("/")[0] + "/", forgotten)
        # A record that was deleted meanwhile stays so.
        write_conditionally(
            self.client,
            "forget a patient in another record",
            lambda: self.client.update_item(
                TableName=self.results,
                Key=to_dynamodb({"upload": item["upload"], "reading": item["reading"]}),
                UpdateExpression="SET custody.same_as = :forgotten",
                ConditionExpression="attribute_exists(reading)",
                ExpressionAttributeValues=to_dynamodb({":forgotten": forgotten}),
            ),
        )

    def _forget_in_examination(self, examination: str, prefix: str, forgotten: str) -> None:
        """Replace the names that begin with `prefix` in an examination; start over where it was stored meanwhile."""
        patient, _, examination_id = examination.rpartition("/")
        key = to_dynamodb({"patient": patient, "examination": examination_id})
        for _ in range(_ATTEMPTS):
            with translated_errors("forget a patient in another examination"):
                found = self.client.get_item(TableName=self.examinations, Key=key, ConsistentRead=True).get("Item")
                item = None if found is None else from_dynamodb(found)
                changed = {} if item is None else _without_names(item, prefix, forgotten)
                if item is None or not changed:
                    return
                names = {f"#{part}": part for part in changed}
                sets = ", ".join(f"#{part}.shared_with = :{part}" for part in changed)
                values = {f":{part}": names_now for part, names_now in changed.items()}
                try:
                    self.client.update_item(
                        TableName=self.examinations,
                        Key=key,
                        UpdateExpression=f"SET {sets} ADD {REVISION} :one",
                        ConditionExpression=f"{REVISION} = :seen",
                        ExpressionAttributeNames=names,
                        ExpressionAttributeValues=to_dynamodb({**values, ":one": 1, ":seen": item[REVISION]}),
                    )
                except self.client.exceptions.ConditionalCheckFailedException:
                    continue
                return
        raise ServiceUnavailable("an examination changed again and again while an erased patient was removed from it")

    def _of_patient(self, action: str, table: str, patient: PatientId) -> list[Item]:
        items = read_all_items(
            action,
            self.client.query,
            TableName=table,
            KeyConditionExpression="patient = :patient",
            ExpressionAttributeValues=to_dynamodb({":patient": str(patient)}),
        )
        return list(items)

    def _partition(self, examination: str) -> Iterator[Item]:
        return read_all_items(
            "read an examination's fields",
            self.client.query,
            TableName=self.results,
            KeyConditionExpression="#upload = :examination",
            ExpressionAttributeNames={"#upload": "upload"},
            ExpressionAttributeValues=to_dynamodb({":examination": examination}),
        )

    def _of_clinic(self, patient: PatientId, condition: str, values: Mapping[str, str]) -> Iterator[Item]:
        return read_all_items(
            "read a clinic's fields",
            self.client.query,
            TableName=self.results,
            IndexName=BY_CLINIC,
            ConsistentRead=False,
            KeyConditionExpression="clinic_id = :clinic",
            FilterExpression=condition,
            ExpressionAttributeValues=to_dynamodb({":clinic": patient.clinic_id, **values}),
        )

    def _delete(self, table: str, key: Mapping[str, str]) -> None:
        with translated_errors("delete an item"):
            self.client.delete_item(TableName=table, Key=to_dynamodb(key))


def forgotten_examination(clinic_id: str) -> str:
    """Return what takes the place of an erased patient's examination, in the form `clinic/patient/examination`."""
    return f"{clinic_id}/{FORGOTTEN}/{FORGOTTEN}"


def _without_names(item: Mapping[str, Any], prefix: str, forgotten: str) -> dict[str, list[str]]:
    """Return the changed lists of examinations with the same image, by the attribute that holds them."""
    before = {part: list(item.get(part, {}).get("shared_with", ())) for part in ("totals", "released")}
    after = {
        part: sorted({forgotten if one.startswith(prefix) else one for one in names}) for part, names in before.items()
    }
    return {part: names for part, names in after.items() if names != sorted(before[part])}
