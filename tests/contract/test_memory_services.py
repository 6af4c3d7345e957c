"""Contract tests of S3, DynamoDB and SNS: moto and the services in memory."""

from dataclasses import replace
from datetime import timedelta

import pytest

from blastlens.cloud.notifications.endpoints import Endpoints
from blastlens.cloud.notifications.notices import ClinicTopics
from blastlens.domain.clinic import Phone, Platform
from blastlens.domain.errors import Reason, UploadRefused
from blastlens.domain.examination import Meaning
from blastlens.domain.labels import Label
from blastlens.domain.notice import make_clinic_notice, make_patient_notice
from blastlens.domain.result import ResultId
from blastlens.domain.text_catalogue import Language
from blastlens.domain.upload import ObjectVersion, Upload
from tests.answers import BUCKET, NOON, PAGE, prediction, result
from tests.contract.case import Case
from tests.examinations import examination

PHONES = (("one", "patient-4"), ("two", "patient-4"), ("three", "patient-41"))


def refused(case: Case, source: ObjectVersion) -> Reason:
    with pytest.raises(UploadRefused) as caught:
        case.images.fetch(source, 1000)
    return caught.value.reason


def test_each_version_of_an_object_is_read_as_it_was_written(case: Case, upload: Upload):
    versions = [
        case.s3.put_object(Bucket=BUCKET, Key=upload.key, Body=data)["VersionId"] for data in (b"older", b"newer")
    ]
    read = [case.images.fetch(ObjectVersion(BUCKET, upload.key, one), 1000).data for one in (*versions, "null")]
    assert read == [b"older", b"newer", b"newer"]


def test_an_object_keeps_its_metadata(case: Case, upload: Upload):
    case.s3.put_object(Bucket=BUCKET, Key=upload.key, Body=b"smear", Metadata={"pixel-size-um": "0.25"})
    assert case.images.fetch(ObjectVersion(BUCKET, upload.key, "null"), 1000).metadata == {"pixel-size-um": "0.25"}


def test_what_is_deleted_or_was_never_there_is_missing(case: Case, upload: Upload):
    version = case.s3.put_object(Bucket=BUCKET, Key=upload.key, Body=b"smear")["VersionId"]
    case.s3.delete_object(Bucket=BUCKET, Key=upload.key, VersionId=version)
    gone = ObjectVersion(BUCKET, upload.key, version)
    never = ObjectVersion(BUCKET, f"{upload.key}.never", "null")
    assert [refused(case, gone), refused(case, never)] == [Reason.OBJECT_MISSING] * 2


def test_the_size_of_an_object_is_known_before_it_is_read(case: Case, upload: Upload):
    version = case.s3.put_object(Bucket=BUCKET, Key=upload.key, Body=b"x" * 1001)["VersionId"]
    assert refused(case, ObjectVersion(BUCKET, upload.key, version)) is Reason.TOO_MANY_BYTES


def test_a_picture_is_kept(case: Case, upload: Upload):
    key = f"artifacts/{upload.upload_id}.png"
    case.images.put_artifact(BUCKET, key, b"png", "image/png")
    assert [one["Key"] for one in case.s3.list_objects_v2(Bucket=BUCKET, Prefix=key)["Contents"]] == [key]


def test_a_result_is_written_once(case: Case, upload: Upload):
    stored = result(upload=upload)
    assert not case.results.exists(stored.id)
    assert [case.results.write(stored), case.results.write(result(prediction(Label.BENIGN), upload))] == [True, False]
    assert case.results.exists(stored.id)
    record = case.results.get(stored.id)
    assert record is not None and record.result == stored
    assert case.results.get(ResultId("clinic-7/patient-41/nowhere", "v#d")) is None


def test_the_phones_of_one_patient_are_found_and_forgotten(case: Case, upload: Upload):
    clinic = f"clinic-{upload.upload_id}"
    phones = [Phone(name, clinic, patient, Platform.GCM, f"arn:{name}") for name, patient in PHONES]
    for phone in phones:
        case.phones.put(phone)
    case.phones.put(replace(phones[0], endpoint="arn:rotated"))
    assert case.phones.of_patient(clinic, "patient-4") == [replace(phones[0], endpoint="arn:rotated"), phones[1]]
    case.phones.remove(phones[0])
    case.phones.remove(phones[0])
    assert case.phones.of_clinic(clinic) == phones[1:]


def test_a_topic_and_a_phone_take_what_is_for_them(case: Case):
    notice, phone = make_clinic_notice(examination(), Meaning.LEUKEMIA, PAGE), case.phone_arn
    assert ClinicTopics(case.sns, case.topic_arn).publish(notice, case.topic_arn)
    pushed = make_patient_notice(examination(), Meaning.LEUKEMIA, Language.ENGLISH)
    assert Endpoints(case.sns).publish(phone, pushed)


def test_a_phone_that_is_disabled_takes_nothing_until_it_is_enabled_again(case: Case):
    phone, pushed = case.phone_arn, make_patient_notice(examination(), Meaning.LEUKEMIA, Language.ENGLISH)
    took = []
    for enabled in ("false", "true"):
        case.sns.set_endpoint_attributes(EndpointArn=phone, Attributes={"Enabled": enabled})
        took.append(Endpoints(case.sns).publish(phone, pushed))
    assert took == [False, True]


def test_an_uploads_readings_and_a_clinics_worklist_are_found(case: Case, upload: Upload):
    clinic = f"clinic-{upload.upload_id[:8]}"
    ours = Upload(clinic, upload.patient_id, upload.upload_id, "jpg")
    for number in range(3):
        case.results.write(result(upload=ours, version=f"v{number}", uploaded_at=NOON + timedelta(minutes=number)))
    assert len(case.results.readings(ours)) == 3
    first = case.results.worklist(clinic, 2)
    assert first.next is not None
    second = case.results.worklist(clinic, 2, first.next)
    versions = [one.result.source.version_id for one in (*first.records, *second.records)]
    assert (versions, second.next) == (["v2", "v1", "v0"], None)
