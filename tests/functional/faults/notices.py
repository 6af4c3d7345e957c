"""Checks of the notices after a scenario: recipients, counts and duplicates."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from blastlens.cloud.tables.attributes import from_dynamodb
from blastlens.cloud.tables.examination_items import PUSHED, TOLD_PREFIX
from blastlens.domain.delivery_marks import ANNOUNCED
from blastlens.domain.examination import Examination
from blastlens.domain.notice import PHONE_GONE_STATUS, UNDELIVERED_STATUS
from blastlens.domain.record import Audience
from blastlens.domain.upload import ExaminationId
from tests.aws import EXAMINATIONS_TABLE
from tests.failing_clients import Fault
from tests.functional.faults import checks
from tests.functional.faults.fields import NEIGHBOUR
from tests.functional.faults.phones import GivenPhone
from tests.functional.faults.world import World
from tests.memory.topics import push_data

Recipient = tuple[str, str]
"""A topic or a phone, and the examination of its notice."""

# After these faults the message is sent, or the phone deleted, although the call failed.
AFTER_IT_WAS_DONE = {Fault.ANSWER_LOST, Fault.ANSWER_LATE, Fault.BODY_CUT, Fault.DIED_AFTER}

# A notice of a removed phone does not name the phone: all of them are counted together.
GONE: Recipient = ("a phone is gone", "")
UNTOLD: Recipient = ("a patient was not told", "")


def check_notices(world: World) -> None:
    """Check that nothing is owed, that every notice was owed when it was sent, and none was sent twice without need."""
    assert not world.witness.mistakes, world.witness.mistakes
    found = list(world.examinations.all())
    for one in found:
        owed = {audience: one.owes(audience, world.release) for audience in Audience}
        assert not any(owed.values()), f"{one.id} is owed: {owed}"
    sent = Counter(_place(arn, attributes) for arn, attributes in world.cloud.given())
    told = Counter(place for one in found for place in _told(world, one))
    told[GONE] = sum(not world.phones.is_known(one) for one in world.phones.given)
    _leave_out_erased(world, sent, told)
    excused = Counter(_excuses(world))
    left = sum(one.left_to_clinic for one in found)
    assert sent.pop(UNTOLD, 0) <= left + excused[UNTOLD], "clinics read too often that somebody was not told"
    for place in sent | told:
        least, most = told[place], told[place] + excused[place]
        assert least <= sent[place] <= most, f"{place}: sent {sent[place]}, not {least} to {most} times"


def _leave_out_erased(world: World, sent: Counter[Recipient], told: Counter[Recipient]) -> None:
    """Leave out what was sent about erased patients: nothing states any more what they were told."""
    there = {one.id.examination_id for one in world.examinations.all()}
    for recipient, examination_id in list(sent):
        if examination_id and examination_id not in there:
            del sent[recipient, examination_id]
    erased = [one for one in world.phones.given if one.phone.patient_id == NEIGHBOUR]
    if not any(world.phones.is_known(one) for one in erased):
        told[GONE] -= len(erased)


def check_phones(world: World) -> None:
    """Check that every phone that lives got what its patient was told, and none that was dead before."""
    versions: dict[ExaminationId, set[str]] = {}
    for record in checks.records(world):
        if record.result.upload is not None:
            version = record.result.source.version_id
            versions.setdefault(record.result.upload.examination, set()).add(version)
    for one in world.examinations.all():
        for phone in world.phones.of(one.id.clinic_id, one.id.patient_id):
            _check_phone(world, phone, one, versions.get(one.id, set()))


def _check_phone(world: World, phone: GivenPhone, one: Examination, versions: set[str]) -> None:
    is_told = bool(one.told.get(Audience.PATIENT))
    took = any(mark.partition("#")[0] == phone.phone.id for mark in one.pushed)
    if phone.dead_since is None:
        assert world.phones.is_known(phone), f"{phone.phone.id} lives and was forgotten"
        was_there = not versions & phone.late_for
        assert took or not (is_told and was_there), f"{phone.phone.id} was not told of {one.id}"
    elif not versions & phone.dead_since:
        assert not took, f"{phone.phone.id} was dead when {one.id} came"
        assert not (is_told and world.phones.is_known(phone)), f"{phone.phone.id} is dead and was not forgotten"


def _told(world: World, one: Examination) -> Iterator[Recipient]:
    """Yield every recipient that an examination states as notified."""
    topics = {Audience.CLINIC: world.cloud.clinic_topic, Audience.SYSTEM: world.cloud.report_topic}
    for audience, topic in topics.items():
        for _ in one.told.get(audience, ()):
            yield topic, one.id.examination_id
    for mark in one.pushed:
        phone, _, _ = mark.partition("#")
        if phone != ANNOUNCED:
            yield world.phones.arn_of(phone), one.id.examination_id


def _place(arn: str, attributes: Mapping[str, str]) -> Recipient:
    kinds = {PHONE_GONE_STATUS: GONE, UNDELIVERED_STATUS: UNTOLD}
    return kinds.get(attributes.get("status", ""), (arn, attributes["examination_id"]))


def _excuses(world: World) -> Iterator[Recipient]:
    """Yield the recipient of each message that was sent without a mark because of a fault."""
    for fault, operation, arguments in world.injected:
        if operation == "publish" and fault in AFTER_IT_WAS_DONE:
            yield _published_at(arguments)
        elif operation == "update_item" and fault not in AFTER_IT_WAS_DONE:
            yield from _unmarked(world, arguments)
        elif operation == "delete_item" and fault not in AFTER_IT_WAS_DONE:
            yield GONE


def _published_at(arguments: Mapping[str, Any]) -> Recipient:
    given: Any = arguments.get("MessageAttributes")
    attributes = {name: one["StringValue"] for name, one in given.items()} if given else push_data(arguments["Message"])
    return _place(arguments.get("TopicArn") or arguments["TargetArn"], attributes)


def _unmarked(world: World, arguments: Mapping[str, Any]) -> Iterator[Recipient]:
    """Yield the recipient whose mark failed: the clinic, a system or a phone."""
    if arguments["TableName"] != EXAMINATIONS_TABLE:
        return
    examination_id = from_dynamodb(arguments["Key"])["examination"]
    told = arguments.get("ExpressionAttributeNames", {}).get("#told")
    if told == f"{TOLD_PREFIX}{Audience.CLINIC}":
        yield world.cloud.clinic_topic, examination_id
    elif told == f"{TOLD_PREFIX}{Audience.SYSTEM}":
        yield world.cloud.report_topic, examination_id
    elif arguments["UpdateExpression"].startswith(f"ADD {PUSHED}"):
        for mark in from_dynamodb(arguments["ExpressionAttributeValues"])[":marks"]:
            phone, _, _ = mark.partition("#")
            if phone != ANNOUNCED:
                yield world.phones.arn_of(phone), examination_id
    elif "left" in arguments["UpdateExpression"]:
        yield UNTOLD
