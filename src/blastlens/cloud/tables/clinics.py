"""Clinics in DynamoDB: every name and every address once, and no topic with more clinics than SNS can filter for."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from blastlens.cloud.service_errors import error_code, fault_of, service_faults
from blastlens.cloud.tables.attributes import from_dynamodb, to_dynamodb
from blastlens.cloud.tables.paging import every_item
from blastlens.domain.clinic import Clinic
from blastlens.domain.errors import InvalidSettings, ServiceUnavailable
from blastlens.domain.text_catalogue import Language

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

CLINICS = "#clinics"
"""The place of all clinics; no clinic's id can be called so."""

CLINICS_A_TOPIC = 200
"""How many filter policies SNS keeps for one topic."""

_VERSION = "#version"
_ATTEMPTS = 10


@dataclass(frozen=True)
class ClinicsTable:
    """The clinics of the table, by a boto3 DynamoDB client, which threads may share.

    Two who add clinics at once cannot take the same name or the last place of a topic: whoever adds counts up a
    version, and whose version is no longer the newest looks again. Every method raises ServiceFault where DynamoDB
    refuses, and ServiceUnavailable where trying again may help.
    """

    client: "DynamoDBClient"
    name: str

    def get(self, clinic_id: str) -> Clinic | None:
        """Return a clinic as it is now; None where there is none of that id."""
        with service_faults("read a clinic"):
            response = self.client.get_item(TableName=self.name, Key=_key(clinic_id), ConsistentRead=True)
        return _clinic_of(from_dynamodb(response["Item"])) if "Item" in response else None

    def all(self) -> list[Clinic]:
        """Return every clinic as of now, in the order of their names."""
        found = [_clinic_of(item) for item in self._items() if item["entry"] != _VERSION]
        return sorted(found, key=lambda clinic: (clinic.name.casefold(), clinic.id))

    def add(self, wanted: Clinic, topics: Callable[[int], str]) -> Clinic:
        """Store a clinic in the first topic that has room; one of that name and address stays as it is.

        Args:
            wanted: the clinic; its topic is chosen here.
            topics: number, from 0 on → ARN of the topic.

        Returns:
            What lies in the table.

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
            new = replace(wanted, topic_arn=_topic_with_room(clinics, topics))
            if self._add_at(new, version):
                return new
        raise ServiceUnavailable(f"could not add a clinic: others were quicker {_ATTEMPTS} times, try again")

    def put(self, clinic: Clinic) -> None:
        """Store a clinic that is there already, with what has changed."""
        with service_faults("store a clinic"):
            self.client.put_item(TableName=self.name, Item=to_dynamodb(_item_of(clinic)))

    def delete(self, clinic_id: str) -> None:
        """Remove a clinic; it may be gone already."""
        with service_faults("remove a clinic"):
            self.client.delete_item(TableName=self.name, Key=_key(clinic_id))

    def _items(self) -> Iterator[dict[str, Any]]:
        # "#version" sorts before every id: it is read first, so that what is read after it is at least as new.
        return every_item(
            "read the clinics",
            self.client.query,
            TableName=self.name,
            KeyConditionExpression="place = :clinics",
            ExpressionAttributeValues=to_dynamodb({":clinics": CLINICS}),
        )

    def _add_at(self, clinic: Clinic, version: int) -> bool:
        """Store a clinic and the next version, both or none; False where somebody else was quicker."""
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
        with service_faults("add a clinic"):
            try:
                self.client.transact_write_items(TransactItems=writes)
            except ClientError as error:
                if error_code(error) == "TransactionCanceledException":
                    return False
                raise fault_of("add a clinic", error) from None
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


def _topic_with_room(clinics: Sequence[Clinic], topics: Callable[[int], str]) -> str:
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
    )
