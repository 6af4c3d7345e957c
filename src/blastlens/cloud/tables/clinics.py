"""Clinics in DynamoDB, with unique names and at most 200 for each topic."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from blastlens.cloud.service_errors import error_code, service_fault_from, translated_errors
from blastlens.cloud.tables.attributes import from_dynamodb, to_dynamodb
from blastlens.cloud.tables.conditional_writes import write_conditionally
from blastlens.cloud.tables.paging import read_all_items
from blastlens.domain.clinic import Clinic
from blastlens.domain.errors import InvalidSettings, ServiceUnavailable
from blastlens.domain.text_catalogue import Language

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

CLINICS = "#clinics"
"""Partition of all clinics; it cannot be a clinic's id."""

CLINICS_A_TOPIC = 200
"""How many filter policies SNS allows for one topic."""

_VERSION = "#version"
_ATTEMPTS = 10


@dataclass(frozen=True)
class ClinicsTable:
    """The clinics of the table, through a boto3 DynamoDB client.

    Threads may share it.

    Additions at the same time cannot take the same name or exceed a topic's limit: each one increments a version
    (optimistic locking), and one with an outdated version reads the table again. Every method raises ServiceFault if
    DynamoDB refuses, and ServiceUnavailable where a retry may help.
    """

    client: "DynamoDBClient"
    name: str

    def get(self, clinic_id: str) -> Clinic | None:
        """Return a clinic, read consistently; None if there is none of that id."""
        with translated_errors("read a clinic"):
            response = self.client.get_item(TableName=self.name, Key=_key(clinic_id), ConsistentRead=True)
        return _clinic_of(from_dynamodb(response["Item"])) if "Item" in response else None

    def all(self) -> list[Clinic]:
        """Return every clinic, read consistently, in the order of names."""
        found = [_clinic_of(item) for item in self._items() if item["entry"] != _VERSION]
        return sorted(found, key=lambda clinic: (clinic.name.casefold(), clinic.id))

    def add(self, wanted: Clinic, topics: Callable[[int], str]) -> Clinic:
        """Store a clinic with the first topic below the limit.

        One of that name and address stays as it is.

        Args:
            wanted: the clinic; its topic is ignored and chosen here.
            topics: number, from 0 on → ARN of the topic.

        Returns:
            The clinic that is stored in the table.

        Raises:
            InvalidSettings: its name or its address is taken, or it is being removed.
        """
        for _ in range(_ATTEMPTS):
            items = list(self._items())
            version = next((int(item["version"]) for item in items if item["entry"] == _VERSION), 0)
            clinics = [_clinic_of(item) for item in items if item["entry"] != _VERSION]
            known = _known(wanted, clinics)
            if known is not None:
                return known
            new = replace(wanted, topic_arn=_topic_with_capacity(clinics, topics))
            if self._add_at(new, version):
                return new
        raise ServiceUnavailable(f"could not add a clinic: the table changed during {_ATTEMPTS} attempts, try again")

    def put(self, clinic: Clinic) -> None:
        """Store a changed clinic."""
        with translated_errors("store a clinic"):
            self.client.put_item(TableName=self.name, Item=to_dynamodb(_item_of(clinic)))

    def set_contact(self, clinic_id: str, contact: str) -> bool:
        """Store a clinic's contact, and leave everything else as it is.

        Returns False if there is no such clinic: it was removed meanwhile.
        """
        return write_conditionally(
            self.client,
            "store a clinic's contact",
            lambda: self.client.update_item(
                TableName=self.name,
                Key=_key(clinic_id),
                UpdateExpression="SET contact = :contact",
                ConditionExpression="attribute_exists(entry)",
                ExpressionAttributeValues=to_dynamodb({":contact": contact}),
            ),
        )

    def delete(self, clinic_id: str) -> None:
        """Delete a clinic; it may be deleted already."""
        with translated_errors("remove a clinic"):
            self.client.delete_item(TableName=self.name, Key=_key(clinic_id))

    def _items(self) -> Iterator[dict[str, Any]]:
        # "#version" sorts before every id: it is read first, so that the items after it are at least as new.
        return read_all_items(
            "read the clinics",
            self.client.query,
            TableName=self.name,
            KeyConditionExpression="place = :clinics",
            ExpressionAttributeValues=to_dynamodb({":clinics": CLINICS}),
        )

    def _add_at(self, clinic: Clinic, version: int) -> bool:
        """Store a clinic and the next version in one transaction.

        Returns False if the version is outdated.
        """
        put = {"Item": to_dynamodb(_item_of(clinic)), "ConditionExpression": "attribute_not_exists(entry)"}
        count_up = {
            "Key": _key(_VERSION),
            "UpdateExpression": "SET version = :next",
            "ConditionExpression": "version = :now" if version else "attribute_not_exists(version)",
            "ExpressionAttributeValues": to_dynamodb(
                {":next": version + 1, **({":now": version} if version else {})},
            ),
        }
        writes: Any = [{"Put": {"TableName": self.name, **put}}, {"Update": {"TableName": self.name, **count_up}}]
        with translated_errors("add a clinic"):
            try:
                self.client.transact_write_items(TransactItems=writes)
            except ClientError as error:
                if error_code(error) == "TransactionCanceledException":
                    return False
                raise service_fault_from("add a clinic", error) from None
        return True


def _known(wanted: Clinic, clinics: Sequence[Clinic]) -> Clinic | None:
    name, email = wanted.name.casefold(), wanted.email.casefold()
    for clinic in clinics:
        same = (clinic.name.casefold() == name, clinic.email.casefold() == email)
        if any(same) and clinic.leaving:
            raise InvalidSettings(f"Clinic {clinic.id} is being removed: finish it with `clinic remove {clinic.id}`.")
        if all(same):
            return clinic
        if any(same):
            what = "name" if same[0] else "e-mail address"
            raise InvalidSettings(f"Clinic {clinic.id} has this {what} already: choose another, or remove it first.")
    return None


def _topic_with_capacity(clinics: Sequence[Clinic], topics: Callable[[int], str]) -> str:
    taken = Counter(clinic.topic_arn for clinic in clinics)
    return next(arn for arn in map(topics, count()) if taken[arn] < CLINICS_A_TOPIC)


def _key(clinic_id: str) -> dict[str, Any]:
    return to_dynamodb({"place": CLINICS, "entry": clinic_id})


def _item_of(clinic: Clinic) -> dict[str, Any]:
    return {
        "place": CLINICS,
        "entry": clinic.id,
        "name": clinic.name,
        "email": clinic.email,
        "language": str(clinic.language),
        "topic_arn": clinic.topic_arn,
        "subscription_arn": clinic.subscription_arn,
        "leaving": clinic.leaving,
        "role": clinic.role,
        "reports_arn": clinic.reports_arn,
        "contact": clinic.contact,
    }


def _clinic_of(item: dict[str, Any]) -> Clinic:
    return Clinic(
        item["entry"],
        item["name"],
        item["email"],
        Language(item["language"]),
        item["topic_arn"],
        item["subscription_arn"],
        item["leaving"],
        item.get("role", ""),
        item.get("reports_arn", ""),
        item.get("contact", ""),
    )
