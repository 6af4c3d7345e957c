"""Signatures that are stored while others store something."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, cast

import pytest

from blastlens.cloud.tables.examinations import ExaminationsTable
from blastlens.domain.errors import ServiceUnavailable
from blastlens.domain.examination import Examination, Meaning, Told
from blastlens.domain.record import Audience
from blastlens.domain.signature import SignatureKind
from blastlens.domain.signing import BasisChanged, SigningRefused
from blastlens.functions.sign_off import ATTEMPTS, store_signature
from tests.answers import NOON
from tests.aws import Services
from tests.examinations import BASIS, EXAMINATION, examination, signature, totals


@dataclass
class BusyTable:
    """A table to which others write between each reading and the writing that follows, so often as `times`."""

    table: ExaminationsTable
    write: Callable[[Examination], Any]
    times: int = 1

    def get(self, identity) -> Examination | None:
        return self.table.get(identity)

    def put(self, one: Examination, expected_revision: int | None) -> bool:
        if self.times:
            self.times -= 1
            current = self.table.get(one.id)
            assert current is not None
            self.write(current)
        return self.table.put(one, expected_revision)


def store(aws: Services, write: Callable[[Examination], Any], times: int = 1) -> Examination:
    aws.examinations.put(examination(), None)
    table = cast(ExaminationsTable, BusyTable(aws.examinations, write, times))
    return store_signature(table, EXAMINATION, signature(), 0)


def test_a_notice_that_was_sent_meanwhile_does_not_disturb_a_signature(aws: Services):
    told = Told(Meaning.LEUKEMIA, NOON, BASIS)
    store(aws, lambda one: aws.examinations.mark_told(one.id, Audience.CLINIC, told), times=3)
    now = aws.examinations.get(EXAMINATION)
    assert now is not None and now.history == (signature(),)
    assert now.told == {Audience.CLINIC: (told,)} and now.revision == 5, "the same mark again is the same notice"


def test_fields_that_arrive_while_a_signature_is_stored_refuse_it(aws: Services):
    def add_field(one: Examination) -> None:
        changed = replace(one, totals=totals(basis="cd" * 32, fields_read=9), revision=one.revision + 1)
        assert aws.examinations.put(changed, one.revision)

    with pytest.raises(BasisChanged, match="Fields now: 9 read"):
        store(aws, add_field)
    now = aws.examinations.get(EXAMINATION)
    assert now is not None and now.history == ()


def test_of_two_signatures_in_the_same_moment_one_is_stored_and_the_other_told(aws: Services):
    def sign(one: Examination) -> None:
        store_signature(aws.examinations, one.id, signature(SignatureKind.CORRECT, signed_by="Dr. Amsel"), 0)

    with pytest.raises(SigningRefused, match=r"Meanwhile it was signed as Pro-B ALL by Dr\. Amsel"):
        store(aws, sign)
    now = aws.examinations.get(EXAMINATION)
    assert now is not None and [one.signed_by for one in now.history] == ["Dr. Amsel"]


def test_an_examination_that_never_rests_is_left_to_another_try(aws: Services):
    def touch(one: Examination) -> None:
        aws.examinations.mark_phone(one.id, "phone#leukemia#1")

    with pytest.raises(ServiceUnavailable, match="keeps changing"):
        store(aws, touch, times=ATTEMPTS)
