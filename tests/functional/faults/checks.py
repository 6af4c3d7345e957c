"""What has to hold once a scenario is quiet."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from blastlens.cloud.attributes import from_dynamodb
from blastlens.cloud.dead_letters import NOT_NOTED
from blastlens.cloud.items import record_of
from blastlens.cloud.results import ResultsTable
from blastlens.domain.record import Audience, Record
from blastlens.domain.result import Status, result_id
from blastlens.domain.upload import ObjectVersion, parse_key
from blastlens.domain.wording import reference
from blastlens.local.faults import Fault
from tests.answers import BUCKET
from tests.aws import TABLE
from tests.functional.faults.world import CLINIC_TOPIC, DEAD, FAILED_NOTICES, UPLOADS, World, phone_of
from tests.memory.topics import push_data

# After these the message is out, and we do not know.
_DEATHS = {Fault.DIED_BEFORE, Fault.DIED_AFTER}
_AFTER_PUBLISHING = {Fault.ANSWER_LOST, Fault.ANSWER_LATE, Fault.BODY_CUT, Fault.DIED_AFTER}


def records(world: World) -> list[Record]:
    """Every record of the table."""
    return [record_of(from_dynamodb(item)) for item in world.table.scan(TABLE)["Items"]]


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
    """Every picture that a record names is there; every prediction has its three."""
    for record in records(world):
        pictures = [key for key in vars(record.result.artifacts).values() if key]
        assert len(pictures) == (3 if record.result.status is Status.CLASSIFIED else 0)
        for key in pictures:
            assert world.objects.get_object(BUCKET, key)["ContentLength"] > 0


def check_notices(world: World) -> None:
    """Everybody is told of everything, and again only where a try failed after its message was out."""
    published = Counter((one.arn, one.attributes["upload_id"]) for one in world.topics.published)
    owed: Counter[tuple[str, str]] = Counter()
    places: dict[tuple[str, str], Record] = {}
    for record in records(world):
        assert not record.owed, f"{record.id} is owed to {record.owed}"
        for audience in record.told:
            owed[_told_at(audience, record), reference(record)] += 1
        places[record.id.upload, record.id.reading] = record
    excused = Counter(_excuses(world, places))
    for place in published | owed:
        least, most = owed[place], owed[place] + excused[place]
        assert least <= published[place] <= most, f"{place}: told {published[place]}, not {least} to {most} times"


def _told_at(audience: Audience, record: Record) -> str:
    upload = record.result.upload
    if audience is Audience.CLINIC or upload is None:
        return CLINIC_TOPIC
    return phone_of(upload.clinic_id, upload.patient_id)


def _excuses(world: World, of: Mapping[tuple[str, str], Record]) -> list[tuple[str, str]]:
    """For each fault after which a message was out and no mark was made: where it went, and the upload."""
    found = []
    for fault, operation, arguments in world.injected:
        if operation == "publish" and fault in _AFTER_PUBLISHING:
            attributes: Any = arguments.get("MessageAttributes")
            upload_id = (
                attributes["upload_id"]["StringValue"] if attributes else push_data(arguments["Message"])["upload_id"]
            )
            found.append((arguments.get("TopicArn") or arguments["TargetArn"], upload_id))
        elif operation == "update_item" and fault not in _AFTER_PUBLISHING:
            audience = _marked(arguments)
            if audience is not None:
                record = of[arguments["Key"]["upload"]["S"], arguments["Key"]["reading"]["S"]]
                found.append((_told_at(audience, record), reference(record)))
    return found


def _marked(arguments: Mapping[str, Any]) -> Audience | None:
    """Tell whose mark it was that failed: the clinic's, or that of the patient's phone."""
    if arguments["UpdateExpression"].startswith("ADD pushed"):
        return Audience.PATIENT
    audience = arguments.get("ExpressionAttributeNames", {}).get("#audience")
    return Audience.CLINIC if audience == Audience.CLINIC else None


def check_queues(world: World, poison: list[str]) -> None:
    """Nothing is left in a queue but the poison, set aside with its cause; none of it is lost."""
    assert world.queues.queues[UPLOADS].messages == {}
    assert world.queues.queues[FAILED_NOTICES].messages == {}
    letters = list(world.dead_letters.take())
    assert {letter.body for letter in letters} == set(poison)
    assert all(letter.cause and letter.cause != NOT_NOTED for letter in letters)
    # A copy more may come of each death, and of each answer that is lost, between setting aside and deleting.
    again = sum(fault in _DEATHS or operation == "send_message" for fault, operation, _ in world.injected)
    copies, sent = Counter(letter.body for letter in letters), Counter(poison)
    assert all(sent[body] <= number <= sent[body] * (1 + again) for body, number in copies.items()), copies
    assert len(world.queues.queues[DEAD].messages) == len(letters)


def check_order(world: World, versions: list[ObjectVersion], digest: str) -> None:
    """Of each key the newest version's newest answer comes first."""
    newest = {one.key: one for one in versions}
    table = ResultsTable(world.table, TABLE)  # type: ignore[arg-type]
    for key, version in newest.items():
        if result_id(version, digest).upload.startswith("unreadable/"):
            continue
        first, *rest = table.readings(parse_key(key))
        assert first.id == result_id(version, digest), f"{first.id} hides {version.version_id}"
        assert len({one.id for one in rest} | {first.id}) == len(rest) + 1


def check_log(world: World, people: list[str]) -> None:
    """The log names nobody."""
    named = [one for one in people if one in world.log]
    assert not named, f"the log names {named}"
