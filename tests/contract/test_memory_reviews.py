"""Contract tests of reviews, whose events are stored with their examinations."""

import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from blastlens.domain.examination import Examination, ExaminationStatus
from blastlens.domain.field import CellKind
from blastlens.domain.review import (
    CellClass,
    CellId,
    Comment,
    Content,
    Exclusion,
    Inclusion,
    Move,
    Moves,
    Opinion,
    Question,
)
from blastlens.domain.signature import Conclusion
from blastlens.domain.upload import ExaminationId
from tests.answers import NOON
from tests.aws import REVIEWS_TABLE
from tests.contract.case import Case
from tests.examinations import examination, totals
from tests.reviews import review_event

CONTENTS: tuple[Content, ...] = (
    Moves((Move(CellId("field-1", "field-1#v1#5f", 7), CellKind.BENIGN, CellClass.NOT_A_CELL),)),
    Exclusion("field-1", "field-1#v1", "smudged"),
    Inclusion("field-1"),
    Comment("look at\nfield 3"),
    Question("Pre-B?"),
    Opinion("question-1", "yes", Conclusion.PRE_B),
    Opinion("question-1", "no"),
)


@pytest.fixture
def stored(case: Case) -> Iterator[Examination]:
    """An examination of a clinic of its own, which is in the table."""
    identity = ExaminationId(f"clinic-{uuid.uuid4().hex[:8]}", "patient-41", "smear-1")
    one = replace(examination(), id=identity)
    assert case.examinations.put(one, None)
    yield one


def test_every_kind_of_event_is_read_as_it_was_stored(case: Case, stored: Examination):
    events = [review_event(content, NOON + timedelta(minutes=place)) for place, content in enumerate(CONTENTS)]
    for event in events:
        seen = case.examinations.get(stored.id)
        assert seen is not None and case.reviews.add(event, seen)
    assert sorted(case.reviews.of(stored.id), key=lambda one: one.at) == events
    assert case.reviews.of(replace(stored.id, examination_id="smear-11")) == []
    after = case.examinations.get(stored.id)
    assert after == replace(stored, revision=stored.revision + len(events))


def test_an_event_is_stored_once_and_only_over_the_revision_that_was_seen(case: Case, stored: Examination):
    first, second = review_event(), review_event()
    assert case.reviews.add(first, stored)
    now = replace(stored, revision=stored.revision + 1)
    assert [case.reviews.add(one, seen) for one, seen in ((second, stored), (first, now))] == [False, False]
    changed = replace(now, revision=now.revision + 1, status=ExaminationStatus.INSUFFICIENT)
    assert [case.reviews.add(second, seen, changed) for seen in (stored, now)] == [False, True]
    assert case.examinations.get(stored.id) == changed
    assert {one.id for one in case.reviews.of(stored.id)} == {first.id, second.id}


def test_an_examination_that_was_erased_gets_no_event(case: Case, stored: Examination):
    missing = replace(stored, id=replace(stored.id, examination_id="erased"))
    assert not case.reviews.add(review_event(), missing)
    assert not case.reviews.add(review_event(), missing, missing)
    assert case.reviews.of(missing.id) == [] and case.examinations.get(missing.id) is None


def test_events_are_kept_as_long_as_the_examination(case: Case, stored: Examination):
    kept = review_event()
    assert case.reviews.add(kept, stored)
    seen = replace(stored, revision=stored.revision + 1, totals=totals(last_expires_at=NOON))
    expiring = review_event()
    assert case.reviews.add(expiring, seen)
    items = case.dynamodb.scan(TableName=REVIEWS_TABLE)["Items"]
    until = {one["id"]["S"]: one.get("expires_at") for one in items}
    assert until[kept.id] is None and int(until[expiring.id]["N"]) > NOON.timestamp()
