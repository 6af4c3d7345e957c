"""The audit trail: records are found by subject, and never lost in silence."""

from datetime import UTC, datetime, timedelta

import pytest

from blastlens.cloud.audit_trail import AuditTrail
from blastlens.domain.access import Access, Subject
from blastlens.domain.errors import ServiceFault
from tests.answers import NOON
from tests.aws import AUDIT_LOG_GROUP, Services

SUBJECTS = [
    Subject("c", "p", "e"),
    Subject("c", "p", "e2"),
    Subject("c", "p2", "e"),
    Subject("c2", "p", "e"),
    Subject("c"),
]


def access(subject: Subject, **changes: str) -> Access:
    return Access(NOON, "arn:aws:iam::1:user/x", "203.0.113.9", "GET /x", 200, "request", subject, **changes)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (Subject("c", "p", "e"), SUBJECTS[:1]),
        (Subject("c", "p"), SUBJECTS[:2]),
        (Subject("c"), [*SUBJECTS[:3], SUBJECTS[4]]),
        (Subject("c", "p", "nobody"), []),
        (Subject(), SUBJECTS),
    ],
)
def test_accesses_to_an_examination_a_patient_or_a_clinic_are_found(aws: Services, wanted: Subject, found):
    aws.trail.write([access(one) for one in SUBJECTS])
    assert {one.subject for one in aws.trail.read(wanted)} == set(found)


def test_a_record_is_read_as_it_was_written(aws: Services):
    written = access(SUBJECTS[0], upload_id="u")
    aws.trail.write([written])
    assert list(aws.trail.read(SUBJECTS[0])) == [written]


def test_every_process_has_a_stream_of_its_own_and_all_are_read(aws: Services):
    for _ in range(3):
        AuditTrail(aws.trail.client, AUDIT_LOG_GROUP).write([access(SUBJECTS[0])])
    streams = aws.trail.client.describe_log_streams(logGroupName=AUDIT_LOG_GROUP)["logStreams"]
    assert len(streams) == 3 and len(list(aws.trail.read(SUBJECTS[0]))) == 3


def test_a_stream_that_exists_already_is_written_to(aws: Services):
    for _ in range(2):
        AuditTrail(aws.trail.client, AUDIT_LOG_GROUP, "mine").write([access(SUBJECTS[0])])
    assert len(list(aws.trail.read(SUBJECTS[0]))) == 2


def test_a_large_page_is_written_in_parts(aws: Services):
    aws.trail.write([access(Subject("c", "p", f"e{number}")) for number in range(1001)])
    assert len(list(aws.trail.read(Subject("c", "p")))) == 1001


def test_accesses_before_a_time_are_left_out(aws: Services):
    now = datetime.now(UTC)
    aws.trail.write([access(SUBJECTS[0])])
    assert len(list(aws.trail.read(SUBJECTS[0], now - timedelta(minutes=1)))) == 1
    assert list(aws.trail.read(SUBJECTS[0], now + timedelta(minutes=1))) == []


def test_a_log_group_that_is_gone_is_an_error(aws: Services):
    with pytest.raises(ServiceFault, match="write the audit trail"):
        AuditTrail(aws.trail.client, "elsewhere").write([access(SUBJECTS[0])])
