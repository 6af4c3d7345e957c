"""Access codes and sessions of patients in DynamoDB."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from blastlens.cloud.service_errors import translated_errors
from blastlens.cloud.tables.attributes import from_dynamodb, to_dynamodb
from blastlens.cloud.tables.browsers import BrowsersTable
from blastlens.cloud.tables.conditional_writes import transact_conditionally, write_conditionally
from blastlens.cloud.tables.items import Item, text_of_time
from blastlens.cloud.tables.paging import read_all_items
from blastlens.cloud.tables.patient_access_items import (
    CODE,
    code_key,
    code_of_item,
    item_of_code,
    item_of_secret,
    item_of_session,
    patient_of_place,
    secret_key,
    session_key,
    session_of_item,
)
from blastlens.domain.patient import PatientId
from blastlens.domain.patient_access import (
    MAX_WRONG_PINS,
    SESSION_LIFETIME,
    AccessCode,
    CodeState,
    Session,
    make_session_token,
    split_session_token,
)

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@dataclass(frozen=True)
class PatientAccessTable:
    """The table of access codes, sessions and browsers, through a boto3 DynamoDB client, which threads may share.

    The partition of a patient holds all that is the patient's; a partition of its own leads from the hash of a code to
    that partition. Everything is read consistently: a session is used within milliseconds, and a code that was taken
    back opens nothing more.

    Every method raises ServiceFault if DynamoDB refuses, and ServiceUnavailable where a retry may help.
    """

    client: "DynamoDBClient"
    name: str

    def add(self, code: AccessCode) -> None:
        """Store a new code, with what leads to it, or nothing of both."""
        puts = [{"Put": {"TableName": self.name, "Item": to_dynamodb(item)}} for item in _items_of(code)]
        transact_conditionally(self.client, "store an access code", puts)

    def find(self, secret: str) -> AccessCode | None:
        """Return the code of a hash, whatever its state; None if there is none."""
        item = self._read("find an access code", secret_key(secret))
        return None if item is None else self._code(item)

    def codes_of(self, patient: PatientId) -> list[AccessCode]:
        """Return the codes of a patient, the newest first; those that expired a month ago or earlier may be gone."""
        found = [code_of_item(item) for item in self._of(patient, CODE)]
        return sorted(found, key=lambda one: (one.made_at, one.id), reverse=True)

    def count_attempt(self, code: AccessCode, now: datetime) -> bool:
        """Count an attempt as a wrong PIN, before the PIN is compared.

        Returns False, and counts nothing, if the code opens nothing any more: of many attempts at once, at most five
        are compared.
        """
        condition = "attribute_exists(entry) AND attribute_not_exists(revoked_at) AND ends_at > :now"
        return self._change(
            "count an attempt to sign in",
            code,
            "SET wrong_pins = wrong_pins + :one",
            f"{condition} AND wrong_pins < :most",
            {":one": 1, ":most": MAX_WRONG_PINS, ":now": text_of_time(now)},
        )

    def open_session(self, code: AccessCode, now: datetime) -> tuple[str, Session] | None:
        """Start a session after a right PIN, and forget the wrong ones before it.

        Returns the session and its token, which is stored as a hash only; None if the code was taken back meanwhile.
        """
        token = make_session_token(code.secret)
        session = Session(code.patient, code.id, now + SESSION_LIFETIME)
        update = {
            "TableName": self.name,
            "Key": to_dynamodb(code_key(code)),
            "UpdateExpression": "SET wrong_pins = :none, last_used_at = :now",
            "ConditionExpression": "attribute_exists(entry) AND attribute_not_exists(revoked_at)",
            "ExpressionAttributeValues": to_dynamodb({":none": 0, ":now": text_of_time(now)}),
        }
        put = {"TableName": self.name, "Item": to_dynamodb(item_of_session(session, _hash_of(token)))}
        is_open = transact_conditionally(self.client, "start a session", [{"Update": update}, {"Put": put}])
        return (token, session) if is_open else None

    def session(self, token: str, now: datetime) -> Session | None:
        """Return the session of a token; None if it is over, or its code opens nothing any more."""
        hashes = split_session_token(token)
        pointer = None if hashes is None else self._read("find an access code", secret_key(hashes[0]))
        if hashes is None or pointer is None:
            return None
        item = self._read("read a session", session_key(patient_of_place(pointer["owner"]), hashes[1]))
        code = self._code(pointer)
        if item is None or code is None or code.state(now) is not CodeState.OPEN:
            return None
        session = session_of_item(item)
        return session if now < session.expires_at and session.code_id == code.id else None

    def close_session(self, token: str) -> None:
        """End the session of a token; it may be over already."""
        hashes = split_session_token(token)
        pointer = None if hashes is None else self._read("find an access code", secret_key(hashes[0]))
        if hashes is not None and pointer is not None:
            self._delete(session_key(patient_of_place(pointer["owner"]), hashes[1]))

    def revoke(self, patient: PatientId, code_id: str, now: datetime) -> bool:
        """Take a code back: it, its sessions and its browsers end at once.

        Returns False if the patient has no such code. A code that was taken back before stays as it is.
        """
        code = next((one for one in self.codes_of(patient) if one.id == code_id), None)
        if code is None:
            return False
        sets = "SET revoked_at = if_not_exists(revoked_at, :now)"
        is_there = self._change("revoke a code", code, sets, "attribute_exists(entry)", {":now": text_of_time(now)})
        browsers = BrowsersTable(self.client, self.name)
        for browser in browsers.of_patient(patient):
            if browser.code_id == code_id:
                browsers.remove(browser)
        return is_there

    def items_of(self, patient: PatientId) -> list[Item]:
        """Return all items of a patient as they are stored, the codes first."""
        return sorted(self._of(patient, ""), key=lambda item: (not item["entry"].startswith(CODE), item["entry"]))

    def delete_item(self, item: Mapping[str, Any]) -> None:
        """Delete an item of a patient, and before a code what leads to it."""
        if str(item["entry"]).startswith(CODE) and "secret" in item:
            self._delete(secret_key(str(item["secret"])))
        self._delete({"place": item["place"], "entry": item["entry"]})

    def _code(self, pointer: Item) -> AccessCode | None:
        key = {"place": pointer["owner"], "entry": f"{CODE}{pointer['code_id']}"}
        item = self._read("read an access code", key)
        return None if item is None else code_of_item(item)

    def _of(self, patient: PatientId, beginning: str) -> Iterator[Item]:
        condition, values = "place = :patient", {":patient": str(patient)}
        if beginning:
            condition, values = f"{condition} AND begins_with(entry, :beginning)", values | {":beginning": beginning}
        return read_all_items(
            "read a patient's access",
            self.client.query,
            TableName=self.name,
            KeyConditionExpression=condition,
            ExpressionAttributeValues=to_dynamodb(values),
        )

    def _read(self, action: str, key: Mapping[str, str]) -> Item | None:
        with translated_errors(action):
            found = self.client.get_item(TableName=self.name, Key=to_dynamodb(key), ConsistentRead=True)
        return from_dynamodb(found["Item"]) if "Item" in found else None

    def _change(self, action: str, code: AccessCode, sets: str, condition: str, values: Mapping[str, Any]) -> bool:
        return write_conditionally(
            self.client,
            action,
            lambda: self.client.update_item(
                TableName=self.name,
                Key=to_dynamodb(code_key(code)),
                UpdateExpression=sets,
                ConditionExpression=condition,
                ExpressionAttributeValues=to_dynamodb(values),
            ),
        )

    def _delete(self, key: Mapping[str, str]) -> None:
        with translated_errors("delete a patient's access"):
            self.client.delete_item(TableName=self.name, Key=to_dynamodb(key))


def _items_of(code: AccessCode) -> tuple[Item, Item]:
    return item_of_code(code), item_of_secret(code)


def _hash_of(token: str) -> str:
    hashes = split_session_token(token)
    assert hashes is not None, "a new token has the form of a token"
    return hashes[1]
