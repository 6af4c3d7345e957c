"""Reviews that are stored while others store something."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, cast

import pytest

from blastlens.cloud.settle_queue import SettleQueue
from blastlens.cloud.tables.reviews import ReviewsTable
from blastlens.domain.errors import ServiceUnavailable
from blastlens.domain.examination import Examination, ExaminationStatus
from blastlens.domain.labels import Label
from blastlens.domain.record import Record
from blastlens.domain.review import Comment, Exclusion, Inclusion, ReviewEvent
from blastlens.domain.reviewing import FieldsArriving, ReviewRefused
from blastlens.domain.signature import SignatureKind
from blastlens.domain.signing import BasisChanged
from blastlens.functions.examine import ExamineDependencies, examine_until_stored
from blastlens.functions.retries import NO_RETRIES
from blastlens.functions.reviewing import FieldMissing, Reviewing
from blastlens.functions.sign_off import ATTEMPTS, ExaminationMissing, store_signature
from tests.answers import EXAMINATION, NOON, field_record, field_summary, pass_at_once, prediction
from tests.aws import Services
from tests.examinations import signature
from tests.reviews import exclusion, move, moves, review_event

QUIET = timedelta(seconds=180)
LATER = NOON + timedelta(hours=1)


def field(number: int, label: Label = Label.PRE_B) -> Record:
    return field_record(number, replace(prediction(label), field=field_summary()))


BENIGN, OTHER = field(1, Label.BENIGN), field(2)


@pytest.fixture
def examine(aws: Services) -> Callable[..., Examination]:
    """Compute the examination as the function does, after storing some more records."""
    queue = SettleQueue(aws.sqs, aws.sqs.create_queue(QueueName="settle")["QueueUrl"], aws.queue.url)
    parts = ExamineDependencies(aws.results, aws.examinations, aws.reviews, queue, QUIET, lambda: LATER, pass_at_once)

    def run(*records: Record) -> Examination:
        for one in records:
            aws.results.write(one.result)
        step = examine_until_stored(EXAMINATION, parts, NO_RETRIES)
        assert step is not None
        return step.examination

    return run


@dataclass
class BusyTable:
    """A table of reviews to which others write between each reading and the writing that follows."""

    table: ReviewsTable
    write: Callable[[], Any]
    times: int = 1

    def of(self, identity) -> list[ReviewEvent]:
        found = self.table.of(identity)
        if self.times:
            self.times -= 1
            self.write()
        return found

    def add(self, event: ReviewEvent, seen: Examination, changed: Examination | None = None) -> bool:
        return self.table.add(event, seen, changed)


def reviewing(aws: Services, table: Any = None) -> Reviewing:
    return Reviewing(aws.examinations, cast(ReviewsTable, table or aws.reviews), aws.results, QUIET, lambda: LATER)


def test_an_excluded_field_is_left_out_at_once_and_by_whatever_computes_the_examination_later(aws: Services, examine):
    before = examine(BENIGN, OTHER)
    done = reviewing(aws).add(EXAMINATION, review_event(Exclusion("field-0002", "", "smudged")), before.totals.basis)
    assert (before.totals.fields_read, done.examination.totals.fields_read) == (2, 1)
    assert (done.examination.totals.fields_excluded, done.examination.revision) == (1, before.revision + 1)
    assert done.review.excluded == {"field-0002": exclusion(OTHER).version}
    assert examine().totals == done.examination.totals
    assert aws.examinations.get(EXAMINATION) == done.examination
    later = examine(field(3))
    assert (later.totals.fields_read, later.totals.fields_excluded) == (2, 1)
    back = reviewing(aws).add(EXAMINATION, review_event(Inclusion("field-0002")))
    assert (back.examination.totals.fields_read, back.review.excluded) == (3, {})


def test_a_request_that_is_sent_again_is_stored_once(aws: Services, examine):
    examine(BENIGN, OTHER)
    for content in (Exclusion("field-0002", "", "smudged"), Comment("look at field 1"), moves(move(BENIGN)).content):
        event, work = review_event(content), reviewing(aws)
        first, second = (work.add(EXAMINATION, event) for _ in range(2))
        assert second == first, content
    assert len(aws.reviews.of(EXAMINATION)) == 3
    with pytest.raises(ReviewRefused, match="sent before with other content"):
        work.add(EXAMINATION, replace(event, content=Comment("something else")))


def test_a_change_that_is_stored_meanwhile_is_seen_before_an_event_is_stored(aws: Services, examine):
    seen = examine(BENIGN, OTHER)

    def comment() -> None:
        reviewing(aws).add(EXAMINATION, review_event(Comment("first")))

    done = reviewing(aws, BusyTable(aws.reviews, comment)).add(EXAMINATION, review_event(Comment("second")))
    assert [one.text for _, one in done.review.comments] == ["first", "second"]
    assert done.examination == aws.examinations.get(EXAMINATION)
    corrected = signature(SignatureKind.CORRECT, basis=seen.totals.basis)

    def correct() -> None:
        store_signature(aws.examinations, EXAMINATION, corrected, 0)

    for content in (Exclusion("field-0002", "", "smudged"), moves(move(BENIGN)).content):
        with pytest.raises(ReviewRefused, match="retract the signature first"):
            reviewing(aws, BusyTable(aws.reviews, correct)).add(EXAMINATION, review_event(content))
    now = aws.examinations.get(EXAMINATION)
    assert now is not None and now.totals == seen.totals and not aws.reviews.of(EXAMINATION)[2:]


def test_a_signature_of_what_was_seen_before_an_exclusion_is_refused(aws: Services, examine):
    seen = examine(BENIGN, OTHER)
    reviewing(aws).add(EXAMINATION, review_event(Exclusion("field-0002", "", "smudged")))
    asked = signature(SignatureKind.CORRECT, basis=seen.totals.basis)
    with pytest.raises(BasisChanged, match=r"1 read, 0 refused, 1 excluded"):
        store_signature(aws.examinations, EXAMINATION, asked, 0)


def test_an_exclusion_of_what_was_not_seen_is_refused(aws: Services, examine):
    seen = examine(BENIGN)
    examine(OTHER)
    with pytest.raises(BasisChanged, match="2 read"):
        reviewing(aws).add(EXAMINATION, review_event(Exclusion("field-0001", "", "smudged")), seen.totals.basis)
    with pytest.raises(FieldMissing):
        reviewing(aws).add(EXAMINATION, review_event(Exclusion("field-0009", "", "smudged")))
    with pytest.raises(ExaminationMissing):
        reviewing(aws).add(replace(EXAMINATION, examination_id="nowhere"), review_event())


def test_an_exclusion_waits_until_fields_that_are_being_added_belong_to_the_examination(aws: Services, examine):
    examine(BENIGN)
    aws.results.write(OTHER.result)
    with pytest.raises(FieldsArriving, match="try again in a few seconds"):
        reviewing(aws).add(EXAMINATION, review_event(Exclusion("field-0001", "", "smudged")))
    assert aws.reviews.of(EXAMINATION) == []
    examine()
    done = reviewing(aws).add(EXAMINATION, review_event(Exclusion("field-0001", "", "smudged")))
    assert done.examination.status is ExaminationStatus.READY


def test_an_examination_that_never_rests_gives_up(aws: Services, examine):
    examine(BENIGN)

    def comment() -> None:
        reviewing(aws).add(EXAMINATION, review_event())

    with pytest.raises(ServiceUnavailable, match="keeps changing"):
        reviewing(aws, BusyTable(aws.reviews, comment, ATTEMPTS)).add(EXAMINATION, review_event())
