"""Checks of the notices after a scenario: recipients, counts and duplicates."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from blastlens.cloud.tables.items import LEFT_TO_CLINIC
from blastlens.domain.notice import PHONE_GONE_STATUS, UNDELIVERED_STATUS
from blastlens.domain.notice_texts import reference
from blastlens.domain.record import Audience, Record
from blastlens.domain.result import Status
from tests.failing_clients import Fault
from tests.functional.faults.phones import GivenPhone
from tests.functional.faults.world import World
from tests.memory.topics import push_data

Recipient = tuple[str, str]
"""A topic or a phone, and the upload of its notice."""

# After these faults the message is sent, or the phone deleted, although the call failed.
AFTER_IT_WAS_DONE = {Fault.ANSWER_LOST, Fault.ANSWER_LATE, Fault.BODY_CUT, Fault.DIED_AFTER}

# A notice of a removed phone does not name the phone: all of them are counted together.
GONE: Recipient = ("a phone is gone", "")
UNTOLD: Recipient = ("a patient was not told", "")


def check_notices(world: World, records: list[Record]) -> None:
    """Check that every notice is sent, and again only after a fault behind the first message."""
    told = Counter(_place(arn, attributes) for arn, attributes in world.cloud.given())
    owed = Counter(place for record in records for place in _owed(world, record))
    owed[GONE] = sum(not world.phones.is_known(one) for one in world.phones.given)
    excused = Counter(_excuses(world, {(one.id.upload, one.id.reading): one for one in records}))
    left = sum(record.left_to_clinic for record in records)
    assert told.pop(UNTOLD, 0) <= left + excused[UNTOLD], "clinics read too often that somebody was not told"
    for place in told | owed:
        least, most = owed[place], owed[place] + excused[place]
        assert least <= told[place] <= most, f"{place}: told {told[place]}, not {least} to {most} times"


def check_phones(world: World, records: list[Record]) -> None:
    """Check that phones get all later results, and that dead phones are removed by the next notification."""
    for record in records:
        assert Audience.CLINIC not in record.owed, f"{record.id} is owed to the clinic"
        phones = _phones_of(world, record)
        nobody_listens = not any(world.phones.is_known(one) for one in phones)
        assert not record.due(world.release) or nobody_listens, f"{record.id} is owed to the patient"
        assert not record.owes_correction or nobody_listens, f"{record.id} was not put right"
        if record.waits_for_sign_off(world.release):
            assert not record.pushed, f"{record.id} was sent to the patient before a clinician signed"
        elif record.result.status is Status.CLASSIFIED:
            for one in phones:
                _check_phone(world, one, record)


def _check_phone(world: World, one: GivenPhone, record: Record) -> None:
    version = record.result.source.version_id
    if one.dead_since is None:
        assert world.phones.is_known(one), f"{one.phone.id} lives and was forgotten"
        assert version in one.late_for or _took(one, record), f"{one.phone.id} was not told of {record.id}"
    elif version not in one.dead_since:
        assert not _took(one, record), f"{one.phone.id} was dead when {record.id} came"
        assert not world.phones.is_known(one), f"{one.phone.id} is dead and was not forgotten"


def _took(one: GivenPhone, record: Record) -> bool:
    return any(_phone_of(mark) == one.phone.id for mark in record.pushed)


def _phone_of(mark: str) -> str:
    """Return the id of the phone that a delivery mark belongs to."""
    return mark.partition("#")[0]


def _phones_of(world: World, record: Record) -> list[GivenPhone]:
    upload = record.result.upload
    return [] if upload is None else world.phones.of(upload.clinic_id, upload.patient_id)


def _owed(world: World, record: Record) -> Iterator[Recipient]:
    """Yield every recipient that a record marks as notified."""
    if Audience.CLINIC in record.notified:
        yield world.cloud.clinic_topic, reference(record)
    for mark in record.pushed:
        yield world.phones.arn_of(_phone_of(mark)), reference(record)


def _place(arn: str, attributes: Mapping[str, str]) -> Recipient:
    kinds = {PHONE_GONE_STATUS: GONE, UNDELIVERED_STATUS: UNTOLD}
    return kinds.get(attributes.get("status", ""), (arn, attributes["upload_id"]))


def _excuses(world: World, of: Mapping[tuple[str, str], Record]) -> Iterator[Recipient]:
    """Yield the recipient of each message that was sent without a mark because of a fault."""
    for fault, operation, arguments in world.injected:
        if operation == "publish" and fault in AFTER_IT_WAS_DONE:
            yield _published_at(arguments)
        elif operation == "update_item" and fault not in AFTER_IT_WAS_DONE:
            key = arguments["Key"]
            yield from _unmarked(world, arguments, of.get((key["upload"]["S"], key["reading"]["S"])))
        elif operation == "delete_item" and fault not in AFTER_IT_WAS_DONE:
            yield GONE


def _published_at(arguments: Mapping[str, Any]) -> Recipient:
    given: Any = arguments.get("MessageAttributes")
    attributes = {name: one["StringValue"] for name, one in given.items()} if given else push_data(arguments["Message"])
    return _place(arguments.get("TopicArn") or arguments["TargetArn"], attributes)


def _unmarked(world: World, arguments: Mapping[str, Any], record: Record | None) -> Iterator[Recipient]:
    """Yield the recipient whose mark failed: the clinic or a phone."""
    if record is None:
        return
    if arguments.get("ExpressionAttributeNames", {}).get("#name") == LEFT_TO_CLINIC:
        yield UNTOLD
    elif arguments["UpdateExpression"].startswith("ADD pushed"):
        for mark in arguments["ExpressionAttributeValues"][":phone"]["SS"]:
            yield world.phones.arn_of(_phone_of(mark)), reference(record)
    elif arguments.get("ExpressionAttributeNames", {}).get("#audience") == Audience.CLINIC:
        yield world.cloud.clinic_topic, reference(record)
