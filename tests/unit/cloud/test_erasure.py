"""Erasure of a patient, and what it leaves of others."""

from dataclasses import replace
from datetime import timedelta

import pytest

from blastlens.cloud.object_versions import ObjectVersions
from blastlens.cloud.operations.erasure import Erasure
from blastlens.cloud.tables.patient_items import PatientItems, forgotten_examination
from blastlens.cloud.tables.tombstones import Tombstones
from blastlens.domain.errors import ServiceFault
from blastlens.domain.examining import examine
from blastlens.domain.patient import PatientId
from blastlens.domain.patient_access import make_code
from blastlens.domain.result import Custody
from blastlens.domain.upload import Upload
from tests.answers import BUCKET, NOON, result, unreadable_result
from tests.aws import CONTENTS_TABLE, EXAMINATIONS_TABLE, REVIEWS_TABLE, TABLE, Services
from tests.reviews import review_event

PATIENT = PatientId("clinic-7", "patient-4")
LONGER, ELSEWHERE = PatientId("clinic-7", "patient-41"), PatientId("clinic-70", "patient-4")
QUIET = timedelta(seconds=180)


@pytest.fixture
def erasure(aws: Services) -> Erasure:
    return Erasure(
        ObjectVersions(aws.s3, BUCKET),
        PatientItems(aws.dynamodb, TABLE, EXAMINATIONS_TABLE, CONTENTS_TABLE, REVIEWS_TABLE),
        Tombstones(aws.dynamodb, EXAMINATIONS_TABLE, CONTENTS_TABLE),
        aws.phones,
        aws.endpoints,
        lambda: NOON,
        aws.access,
    )


def store(
    aws: Services, patient: PatientId, examination: str | None = "e-1", name: str = "u-1", data: bytes = b"smear"
):
    """Store an image with its artifact, record, examination and content, as the functions do."""
    upload = Upload(patient.clinic_id, patient.patient_id, name, "jpg", examination)
    version = aws.upload(upload.key, data)
    aws.s3.put_object(Bucket=BUCKET, Key=f"artifacts/{upload.path}/v/d/overlay.png", Body=b"drawn")
    sha256 = data.hex()
    first = aws.contents.claim(upload.examination, sha256)
    same_as = None if first.patient == str(patient) else str(first)
    stored = replace(result(upload=upload, version=version.version_id), custody=Custody(sha256, same_as=same_as))
    aws.results.write(stored)
    records = aws.results.fields(upload.examination)
    known = aws.examinations.get(upload.examination)
    computed = examine(upload.examination, records, known, NOON + timedelta(days=1), QUIET).examination
    aws.examinations.put(computed, None if known is None else known.revision)
    return upload


def erase(erasure: Erasure, patient: PatientId) -> dict[str, int]:
    holdings, done = erasure.survey(patient), dict[str, int]()
    erasure.forbid(patient)

    def report(what: str, number: int) -> None:
        done[what] = done.get(what, 0) + number

    erasure.erase(patient, holdings, report)
    assert done == {what: number for what, number in holdings.counts.items() if number}
    return done


def everything(aws: Services) -> str:
    """All that lies in bucket and tables, as text."""
    versions = aws.s3.list_object_versions(Bucket=BUCKET)
    keys = [one["Key"] for kind in ("Versions", "DeleteMarkers") for one in versions.get(kind, [])]
    tables = [aws.dynamodb.scan(TableName=name)["Items"] for name in aws.dynamodb.list_tables()["TableNames"]]
    return f"{keys} {tables}"


def test_everything_of_the_patient_is_erased_and_nothing_of_anybody_else(aws: Services, erasure: Erasure):
    for patient in (PATIENT, LONGER, ELSEWHERE):
        store(aws, patient, "e-1", "u-1", f"a {patient}".encode())
        store(aws, patient, "e-1", "u-2", f"b {patient}".encode())
        store(aws, patient, None, "u-3", f"c {patient}".encode())
        examination = aws.examinations.get(patient.examination("e-1"))
        assert examination is not None and aws.reviews.add(review_event(), examination)
    for patient in (PATIENT, LONGER):
        aws.phone(f"token {patient}", patient.patient_id)
    others = [erasure.survey(one) for one in (LONGER, ELSEWHERE)]
    done = erase(erasure, PATIENT)
    assert done == {
        "object versions": 6,
        "field records": 3,
        "examinations": 2,
        "events of reviews": 1,
        "records of image contents": 3,
        "phones": 1,
    }
    assert erasure.survey(PATIENT).is_empty
    left = everything(aws)
    at = left.find("clinic-7/patient-4/")
    assert at < 0, left[at - 200 : at + 50]
    assert [erasure.survey(one).counts for one in (LONGER, ELSEWHERE)] == [one.counts for one in others]


def test_access_codes_go_and_nobody_is_signed_in_any_more(aws: Services, erasure: Erasure):
    new, other = make_code(PATIENT, "user/x", NOON), make_code(LONGER, "user/x", NOON)
    for one in (new, other):
        aws.access.add(one.stored)
    opened = aws.access.open_session(new.stored, NOON)
    assert opened is not None
    assert erase(erasure, PATIENT) == {"codes, sessions and browsers of the patient's page": 2}
    assert aws.access.session(opened[0], NOON) is None and aws.access.open_session(new.stored, NOON) is None
    assert "clinic-7/patient-4'" not in everything(aws) and aws.access.codes_of(LONGER) == [other.stored]


def test_all_versions_and_delete_markers_go(aws: Services, erasure: Erasure):
    upload = store(aws, PATIENT)
    aws.upload(upload.key, b"smear again")
    aws.s3.delete_object(Bucket=BUCKET, Key=upload.key)
    assert sum(one.is_marker for one in erasure.survey(PATIENT).versions) == 1
    erase(erasure, PATIENT)
    left = aws.s3.list_object_versions(Bucket=BUCKET)
    assert "Versions" not in left and "DeleteMarkers" not in left


def test_uploads_in_parts_that_were_never_completed_go(aws: Services, erasure: Erasure):
    key = "uploads/clinic-7/patient-4/e-1/u-9.tif"
    begun = aws.s3.create_multipart_upload(Bucket=BUCKET, Key=key)["UploadId"]
    aws.s3.upload_part(Bucket=BUCKET, Key=key, UploadId=begun, PartNumber=1, Body=b"part")
    erase(erasure, PATIENT)
    assert "Uploads" not in aws.s3.list_multipart_uploads(Bucket=BUCKET)


def test_records_without_an_image_or_an_examination_are_found_by_the_index(aws: Services, erasure: Erasure):
    aws.results.write(result(upload=Upload("clinic-7", "patient-4", "u-1", "jpg")))
    assert erase(erasure, PATIENT) == {"field records": 1}


def test_the_record_of_an_image_whose_name_breaks_the_contract_goes_with_the_image(aws: Services, erasure: Erasure):
    key = "uploads/clinic-7/patient-4/Jane Doe.jpg"
    aws.upload(key)
    aws.results.write(unreadable_result(key))
    assert erase(erasure, PATIENT) == {"object versions": 1, "field records": 1}
    assert aws.items() == []


def test_another_patient_with_the_same_image_stays_held_but_no_longer_names_the_erased_one(
    aws: Services, erasure: Erasure
):
    store(aws, PATIENT, data=b"the same")
    upload = store(aws, LONGER, data=b"the same")
    erase(erasure, PATIENT)
    (record,) = aws.results.fields(upload.examination)
    assert record.result.custody is not None and record.result.custody.same_as == forgotten_examination("clinic-7")
    examination = aws.examinations.get(upload.examination)
    assert examination is not None and examination.is_held
    assert PATIENT.patient_id + "/" not in repr(examination)
    assert examine(upload.examination, [record], examination, NOON, QUIET).examination.is_held
    assert aws.contents.first("clinic-7", b"the same".hex()) is None


def test_a_tombstone_covers_every_examination_of_the_patient_and_holds_no_id(aws: Services, erasure: Erasure):
    store(aws, PATIENT)
    erase(erasure, PATIENT)
    assert aws.examinations.is_erased(PATIENT.examination("e-1"))
    assert aws.examinations.is_erased(PATIENT.examination("never-seen"))
    assert not aws.examinations.is_erased(LONGER.examination("e-1"))
    assert aws.contents.is_erased(PATIENT.examination("e-1"))
    assert not aws.contents.is_erased(ELSEWHERE.examination("e-1"))
    (item,) = aws.dynamodb.scan(TableName=EXAMINATIONS_TABLE)["Items"]
    (other,) = aws.dynamodb.scan(TableName=CONTENTS_TABLE)["Items"]
    assert set(item) == {"patient", "examination", "erased_at"} and set(other) == {"content", "erased_at"}
    assert "patient-4" not in f"{item} {other}" and "clinic-7" not in f"{item} {other}"
    assert list(aws.examinations.all()) == []
    erasure.tombstones.remove(PATIENT)
    assert not aws.examinations.is_erased(PATIENT.examination("e-1"))
    assert not aws.contents.is_erased(PATIENT.examination("e-1")) and not erasure.tombstones.covers(PATIENT)


def test_an_interrupted_erasure_is_finished_by_the_next_one(aws: Services, erasure: Erasure):
    for number in range(3):
        store(aws, PATIENT, f"e-{number}", data=b"%d" % number)
    aws.phone(patient="patient-4")
    deletions, complete = 0, erasure.items._delete

    def die(table: str, key: object) -> None:
        nonlocal deletions
        deletions += 1
        if deletions == 5:
            raise ServiceFault("died")
        complete(table, key)  # type: ignore[arg-type]

    object.__setattr__(erasure.items, "_delete", die)
    with pytest.raises(ServiceFault):
        erase(erasure, PATIENT)
    object.__delattr__(erasure.items, "_delete")
    assert not erasure.survey(PATIENT).is_empty
    erase(erasure, PATIENT)
    assert erasure.survey(PATIENT).is_empty


def test_a_field_that_was_under_way_is_erased_by_the_second_pass(aws: Services, erasure: Erasure):
    store(aws, PATIENT)
    erase(erasure, PATIENT)
    store(aws, PATIENT, "e-2", "late")
    assert erase(erasure, PATIENT)["field records"] == 1
    assert erasure.survey(PATIENT).is_empty


def test_what_s3_keeps_is_an_error_that_names_no_patient(aws: Services, erasure: Erasure, monkeypatch):
    store(aws, PATIENT)
    refused = {"Errors": [{"Key": "uploads/clinic-7/patient-4/e-1/u-1.jpg", "Code": "AccessDenied"}]}
    monkeypatch.setattr(aws.s3, "delete_objects", lambda **_: refused)
    with pytest.raises(ServiceFault, match="1 of 2 object versions: AccessDenied") as raised:
        erase(erasure, PATIENT)
    assert "patient-4" not in str(raised.value)
