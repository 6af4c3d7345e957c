"""Checks after a scenario: records, artifacts, queues, order and log."""

from collections import Counter

from blastlens.cloud.operations.dead_letters import UNKNOWN_CAUSE
from blastlens.cloud.tables.attributes import from_dynamodb
from blastlens.cloud.tables.items import record_of
from blastlens.cloud.tables.results import ResultsTable
from blastlens.domain.record import Record
from blastlens.domain.result import Status, result_id
from blastlens.domain.upload import ObjectVersion, parse_key
from tests.answers import BUCKET
from tests.aws import TABLE
from tests.failing_clients import Fault
from tests.functional.faults.world import World

_DEATHS = {Fault.DIED_BEFORE, Fault.DIED_AFTER}


def records(world: World) -> list[Record]:
    """Every record of the table."""
    return [record_of(from_dynamodb(item)) for item in world.items()]


def check_all_answered(world: World, versions: list[ObjectVersion], digests: list[str]) -> None:
    """Every object version has a record of a model that was at work in its time."""
    found = {record.id for record in records(world)}
    lost = [one.key for one in versions if not found & {result_id(one, digest) for digest in digests}]
    assert not lost, f"lost: {lost}"


def check_records(world: World, versions: list[ObjectVersion], digest: str) -> None:
    """Every object version has one record of the model that is at work, and none has two of any model."""
    found = Counter(record.id for record in records(world))
    assert all(number == 1 for number in found.values())
    wanted = {result_id(one, digest) for one in versions}
    missing = wanted - set(found)
    assert not missing, f"lost: {missing}"
    uploads = {identity.upload for identity in wanted}
    strangers = [identity for identity in found if identity.upload not in uploads]
    assert not strangers, f"nobody uploaded {strangers}"


def check_artifacts(world: World) -> None:
    """Every artifact that a record names is there; every prediction has three pictures and the file of its cells."""
    for record in records(world):
        artifacts = [key for key in vars(record.result.artifacts).values() if key]
        assert len(artifacts) == (4 if record.result.status is Status.CLASSIFIED else 0)
        for key in artifacts:
            assert world.cloud.objects.get_object(Bucket=BUCKET, Key=key)["ContentLength"] > 0


def check_queues(world: World, invalid: list[str]) -> None:
    """Check that only invalid messages are left, dead-lettered with a cause, and all of them."""
    for queue in (world.cloud.uploads, world.cloud.settle, world.cloud.failed_examinations, world.cloud.failed_notices):
        assert world.waiting(queue) == 0
    messages = list(world.dead_letters.receive_all())
    assert {message.body for message in messages} == set(invalid)
    assert all(message.cause and message.cause != UNKNOWN_CAUSE for message in messages)
    # Each death and each lost response between dead-lettering and deletion may add a copy.
    again = sum(fault in _DEATHS or operation == "send_message" for fault, operation, _ in world.injected)
    copies, sent = Counter(message.body for message in messages), Counter(invalid)
    assert all(sent[body] <= number <= sent[body] * (1 + again) for body, number in copies.items()), copies
    assert world.waiting(world.cloud.dead) == len(messages)


def check_order(world: World, versions: list[ObjectVersion], digest: str) -> None:
    """Of each key the newest version's newest answer comes first."""
    newest = {one.key: one for one in versions}
    table = ResultsTable(world.cloud.tables, TABLE)
    for key, version in newest.items():
        if result_id(version, digest).upload.startswith("unreadable/"):
            continue
        first, *rest = table.readings(parse_key(key))
        assert first.id == result_id(version, digest), f"{first.id} hides {version.version_id}"
        assert len({one.id for one in rest} | {first.id}) == len(rest) + 1


def check_log(world: World, people: list[str]) -> None:
    """Check that the log contains no personal data."""
    named = [one for one in people if one in world.log]
    assert not named, f"the log names {named}"
