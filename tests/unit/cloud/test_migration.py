"""Migration of stored records to examinations, in moto."""

from dataclasses import replace
from datetime import timedelta

import pytest

from blastlens.cloud.operations.migration import RECENT, Migration, Outcome
from blastlens.cloud.tables.tombstones import Tombstones
from blastlens.domain.examination import ExaminationStatus
from blastlens.domain.labels import Label
from blastlens.domain.notification_plan import PatientRelease
from blastlens.domain.patient import PatientId
from blastlens.domain.record import Audience
from blastlens.domain.signature import SignatureKind
from blastlens.domain.upload import Upload
from tests.answers import NOON, prediction, result, sign_off, unreadable_result
from tests.aws import CONTENTS_TABLE, EXAMINATIONS_TABLE, TABLE, Services
from tests.old_records import mark_told, sign
from tests.reviews import exclusion, review_event

LONG_AFTER = NOON + RECENT * 2
QUIET = timedelta(seconds=180)


def upload(number: int) -> Upload:
    return Upload("clinic-7", f"patient-{number}", f"upload-{number}", "jpg")


@pytest.fixture
def migration(aws: Services) -> Migration:
    """Four records from before: told, told and signed, told nobody, and one of a key that breaks the contract."""
    for number in (1, 2, 3):
        aws.results.write(result(prediction(Label.PRE_B), upload(number)))
    aws.results.write(unreadable_result())
    for number in (1, 2):
        identity = result(upload=upload(number)).id
        mark_told(aws.dynamodb, TABLE, identity, Audience.CLINIC, NOON)
    sign(aws.dynamodb, TABLE, result(upload=upload(2)).id, sign_off(Label.PRO_B))
    mark_told(aws.dynamodb, TABLE, result(upload=upload(2)).id, Audience.PATIENT, NOON)
    return Migration(aws.results, aws.examinations, aws.reviews, QUIET, lambda: LONG_AFTER)


def run(migration: Migration, apply: bool = True) -> list[tuple[str, Outcome]]:
    return sorted((one.identity.patient_id, one.outcome) for one in migration.run(apply))


def test_a_dry_run_writes_nothing_and_foretells_what_a_run_does(aws: Services, migration: Migration):
    foretold = run(migration, apply=False)
    assert list(aws.examinations.all()) == []
    assert foretold == run(migration) == [(f"patient-{number}", Outcome.WRITTEN) for number in (1, 2, 3)]
    assert len(list(aws.examinations.all())) == 3


def test_what_was_told_and_signed_is_taken_over_and_nobody_is_owed_anything(aws: Services, migration: Migration):
    found = {one.identity.patient_id: one for one in migration.run(apply=True)}
    assert [found[f"patient-{number}"].is_signed for number in (1, 2, 3)] == [False, True, False]
    assert [found[f"patient-{number}"].is_untold for number in (1, 2, 3)] == [False, False, True]
    for one in aws.examinations.all():
        assert one.migrated
        assert all(one.owes(who, release) is None for who in Audience for release in PatientRelease)
    signed = aws.examinations.get(upload(2).examination)
    assert signed is not None and signed.status is ExaminationStatus.SIGNED
    assert signed.history[0].kind is SignatureKind.CORRECT and signed.history[0].signed_by == sign_off().signed_by
    assert set(signed.told) == set(Audience)


def test_a_second_run_changes_nothing(aws: Services, migration: Migration):
    run(migration)
    before = aws.dynamodb.scan(TableName=EXAMINATIONS_TABLE)["Items"]
    assert {outcome for _, outcome in run(migration)} == {Outcome.THERE}
    assert aws.dynamodb.scan(TableName=EXAMINATIONS_TABLE)["Items"] == before


def test_a_run_that_was_stopped_is_continued(aws: Services, migration: Migration):
    next(iter(migration.run(apply=True)))
    assert len(list(aws.examinations.all())) == 1
    assert sorted(outcome for _, outcome in run(migration)) == [Outcome.THERE, Outcome.WRITTEN, Outcome.WRITTEN]


def test_an_examination_that_is_written_meanwhile_is_left(aws: Services, migration: Migration, monkeypatch):
    monkeypatch.setattr(type(aws.examinations), "put", lambda *_: False)
    assert {outcome for _, outcome in run(migration)} == {Outcome.THERE}


def test_a_recent_record_whose_clinic_was_told_nothing_is_left_to_be_told(aws: Services, migration: Migration):
    soon = replace(migration, clock=lambda: NOON + timedelta(days=1))
    assert run(soon)[2] == ("patient-3", Outcome.RECENT)
    assert aws.examinations.get(upload(3).examination) is None


def test_an_examination_that_was_lost_comes_back_without_what_people_excluded(aws: Services, migration: Migration):
    run(migration)
    lost = aws.examinations.get(upload(1).examination)
    assert lost is not None
    (field,) = aws.results.fields(lost.id)
    assert aws.reviews.add(review_event(exclusion(field)), lost)
    aws.dynamodb.delete_item(
        TableName=EXAMINATIONS_TABLE, Key={"patient": {"S": lost.id.patient}, "examination": {"S": "upload-1"}}
    )
    run(migration)
    found = aws.examinations.get(lost.id)
    assert found is not None and found.totals.fields_excluded == 1


def test_an_erased_patient_does_not_come_back(aws: Services, migration: Migration):
    Tombstones(aws.dynamodb, EXAMINATIONS_TABLE, CONTENTS_TABLE).add(PatientId("clinic-7", "patient-1"), NOON)
    assert run(migration)[0] == ("patient-1", Outcome.ERASED)
    assert aws.examinations.get(upload(1).examination) is None
