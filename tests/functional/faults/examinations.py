"""Checks of the examinations after a scenario."""

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise

from blastlens.cloud.tables.attributes import from_dynamodb
from blastlens.cloud.tables.examination_items import examination_of
from blastlens.cloud.tables.reviews import ReviewsTable
from blastlens.domain.examination import SETTLED, SIGNED, Examination, ExaminationStatus
from blastlens.domain.examining import Step, examine
from blastlens.domain.record import Record
from blastlens.domain.review import fold_events
from blastlens.domain.signature import SignatureKind
from blastlens.domain.upload import ExaminationId
from tests.aws import EXAMINATIONS_TABLE, REVIEWS_TABLE
from tests.functional.faults import checks
from tests.functional.faults.tally import Tally
from tests.functional.faults.world import QUIET, World

_EMPTY = hashlib.sha256(b"").hexdigest()


def check_settled(world: World, digests: Sequence[str]) -> None:
    """Every field is in its examination, which is what its fields come to, and open only while it is held."""
    fields = _fields(world)
    assert {one.id for one in world.examinations.all()} == set(fields), "an examination without fields"
    for identity, step in _computed(world):
        stored = world.examinations.get(identity)
        assert stored is not None and not step.is_changed, f"{identity} is not what its fields come to"
        uploads = {one.result.upload.path for one in fields[identity] if one.result.upload}
        totals = stored.totals
        assert totals.fields + totals.waiting_for_model == len(uploads), f"{identity} has not all of its fields"
        if stored.status is ExaminationStatus.OPEN:
            assert stored.is_held, f"{identity} stays open"
        if not stored.history:
            assert not totals.waiting_for_model and totals.model.digest in digests


def check_contents(world: World) -> None:
    """Every patient but the first with the same image is known to have it; all empty files are alike."""
    owners = defaultdict(set)
    for identity, records in _fields(world).items():
        for one in records:
            custody = one.result.custody
            if custody is not None and custody.sha256 not in ("", _EMPTY) and custody.same_as is None:
                owners[identity.clinic_id, custody.sha256].add(identity.patient)
    several = {content: patients for content, patients in owners.items() if len(patients) > 1}
    assert not several, f"two patients were the first with the same image: {several}"


def check_history(world: World) -> None:
    """Of every examination, each state follows the one before."""
    states: dict[ExaminationId, list[Examination]] = defaultdict(list)
    for one in _states(world):
        states[one.id].append(one)
    for every in states.values():
        assert every[0].revision == 1
        for before, after in pairwise(every):
            if after.revision > 1:  # else it was erased in between
                _check_step(before, after)


def _check_step(before: Examination, after: Examination) -> None:
    name = f"{after.id} at revision {after.revision}"
    assert after.revision == before.revision + 1, name
    assert after.history[: len(before.history)] == before.history, f"{name}: a signature changed"
    for audience, told in before.told.items():
        assert after.told[audience][: len(told)] == told, f"{name}: a notice changed"
    if len(after.history) > len(before.history):
        _check_signature(before, after, name)
    if before.history:
        assert after.totals.model == before.totals.model, f"{name} was read again although it is signed"
        is_retracted = after.history[-1].conclusion is None
        assert (after.status is ExaminationStatus.RETRACTED) is is_retracted
        assert is_retracted or after.status in SIGNED, f"{name} lost its signature"


def _check_signature(before: Examination, after: Examination, name: str) -> None:
    signature = after.history[-1]
    assert len(after.history) == len(before.history) + 1, f"{name} was signed twice at once"
    assert all(one.reason != signature.reason for one in before.history), f"{name}: a signature was stored twice"
    if signature.kind is not SignatureKind.RETRACT:
        assert signature.basis == before.totals.basis, f"{name} was signed for other fields than it has"
        assert not before.is_held, f"{name} was signed although it is held"
        assert before.history or before.status in SETTLED, f"{name} was signed before it settled"


def count(world: World, tally: Tally) -> None:
    """Add the numbers of a scenario to those of the run."""
    states = list(_states(world))
    tally.held += len({one.id for one in states if one.is_held})
    tally.requeued += len({one.id for one in states if one.requeues})
    found = list(world.examinations.all())
    tally.examinations += len(found)
    told = [len(notices) for one in found for notices in one.told.values()]
    tally.notices += sum(told)
    tally.corrections += sum(told) - len(told)


def _computed(world: World) -> Iterator[tuple[ExaminationId, Step]]:
    reviews = ReviewsTable(world.cloud.tables, REVIEWS_TABLE, EXAMINATIONS_TABLE)
    for identity, records in _fields(world).items():
        stored, excluded = world.examinations.get(identity), fold_events(reviews.of(identity)).excluded
        yield identity, examine(identity, records, stored, world.clock(), QUIET, excluded=excluded)


def _fields(world: World) -> dict[ExaminationId, list[Record]]:
    """Return the field records of each examination."""
    found: dict[ExaminationId, list[Record]] = defaultdict(list)
    for one in checks.records(world):
        if one.result.upload is not None:
            found[one.result.upload.examination].append(one)
    return found


def _states(world: World) -> Iterator[Examination]:
    """Yield every state of every examination, as their stream has them."""
    streams, arn = world.cloud.streams, world.cloud.examination_stream
    (shard,) = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
    start = {"StreamArn": arn, "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
    iterator = streams.get_shard_iterator(**start)["ShardIterator"]
    for one in streams.get_records(ShardIterator=iterator, Limit=1000)["Records"]:
        if "revision" in one["dynamodb"].get("NewImage", {}):
            yield examination_of(from_dynamodb(one["dynamodb"]["NewImage"]))
