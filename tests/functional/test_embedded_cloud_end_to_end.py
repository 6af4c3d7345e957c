"""An image in the embedded cloud: upload, record and notices."""

import json
import secrets
import urllib.request
from itertools import count

import pytest
from urllib3 import PoolManager

from blastlens.cloud.tables.results import ResultsTable
from blastlens.domain.labels import Label
from blastlens.domain.upload import Upload
from blastlens.imaging.overlay import encode_png
from blastlens.imaging.synthetic import draw_smear
from blastlens.local.demo.sent_notices import pushed_notices, sent_notices
from blastlens.local.stack.phones import give_phone
from tests.functional.waiting import wait_for

PHONES = "the patient's phones"
TAKEN = "2020-11-20T09:30:15.000Z"
SEEDS = count(1)


@pytest.fixture
def smear():
    """An image that no other patient has: the same one under two patients would be held."""
    return encode_png(draw_smear(next(SEEDS)).image)


def put(cloud, upload, data):
    give_phone(cloud.clients, cloud.deployment, upload.clinic_id, upload.patient_id)
    bucket = cloud.stack.resources["UploadBucket"]
    return cloud.clients.client("s3").put_object(Bucket=bucket, Key=upload.key, Body=data)["VersionId"]


def records(cloud, upload):
    table = ResultsTable(cloud.clients.client("dynamodb"), cloud.stack.resources["ResultsTable"])
    return table.readings(upload)


def notices(cloud, topic, upload):
    sent = pushed_notices() if topic == PHONES else sent_notices(cloud.stack.resources[topic])
    return [notice for notice in sent if notice.attributes["upload_id"] == upload.upload_id]


def queue_event(cloud, upload, version):
    """Return an event as S3 sends it, to be sent once more."""
    bucket = cloud.stack.resources["UploadBucket"]
    thing = {"key": upload.key, "size": 1, "eTag": "e", "versionId": version, "sequencer": "00"}
    record = {
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": "us-east-1",
        "eventTime": "2026-11-22T12:00:00.000Z",
        "eventName": "ObjectCreated:Put",
        "s3": {"bucket": {"name": bucket, "arn": f"arn:aws:s3:::{bucket}"}, "object": thing},
    }
    return json.dumps({"Records": [record]})


def test_a_smear_is_recorded_and_notified_to_clinic_and_patient(cloud, smear):
    upload = Upload("clinic", f"patient-{secrets.token_hex(4)}", "whole-way", "png")
    version = put(cloud, upload, smear)
    (patient,) = wait_for(lambda: notices(cloud, PHONES, upload))
    (clinic,) = notices(cloud, "ClinicTopic", upload)
    (record,) = records(cloud, upload)
    assert record.result.source.version_id == version
    assert record.result.answer.label is Label.PRE_B
    assert "Pre-B ALL" in clinic.body("email")
    assert "Your clinic will explain it" in patient.body("default")
    assert json.loads(patient.body("APNS"))["aps"]["alert"]
    s3 = cloud.clients.client("s3")
    picture = s3.get_object(Bucket=record.result.source.bucket, Key=record.result.artifacts.overlay)
    assert picture["Body"].read().startswith(b"\x89PNG")


def test_only_the_clinic_is_notified_of_a_truncated_image(cloud, smear):
    upload = Upload("clinic", f"patient-{secrets.token_hex(4)}", "truncated", "png")
    put(cloud, upload, smear[: len(smear) // 2])
    (clinic,) = wait_for(lambda: notices(cloud, "ClinicTopic", upload))
    assert "No field of this examination could be read" in clinic.body("email")
    assert notices(cloud, PHONES, upload) == []


def test_a_failed_image_is_retried_and_notified_once(cloud, reader, smear):
    reader.failures = 2
    upload = Upload("clinic", f"patient-{secrets.token_hex(4)}", "stumbled", "png")
    put(cloud, upload, smear)
    assert len(wait_for(lambda: notices(cloud, PHONES, upload))) == 1
    assert reader.failures == 0
    assert len(records(cloud, upload)) == 1


def test_an_image_that_always_fails_ends_in_the_dead_letter_queue(cloud, reader, smear):
    reader.failures = 1000
    try:
        upload = Upload("clinic", f"patient-{secrets.token_hex(4)}", "poison", "png")
        put(cloud, upload, smear)
        sqs, url = cloud.clients.client("sqs"), cloud.stack.resources["UploadDeadLetterQueue"]
        (message,) = wait_for(lambda: sqs.receive_message(QueueUrl=url).get("Messages"))
    finally:
        reader.failures = 0
    assert json.loads(message["Body"])["Records"][0]["s3"]["object"]["key"] == upload.key
    assert records(cloud, upload) == []


def test_a_repeated_event_is_answered_and_notified_once(cloud, reader, smear):
    upload = Upload("clinic", f"patient-{secrets.token_hex(4)}", "twice", "png")
    version = put(cloud, upload, smear)
    wait_for(lambda: notices(cloud, PHONES, upload))
    sqs, url = cloud.clients.client("sqs"), cloud.stack.resources["UploadQueue"]
    for _ in range(3):
        sqs.send_message(QueueUrl=url, MessageBody=queue_event(cloud, upload, version))
    after = Upload("clinic", f"patient-{secrets.token_hex(4)}", "after-twice", "png")
    put(cloud, after, encode_png(draw_smear(next(SEEDS)).image))
    wait_for(lambda: notices(cloud, PHONES, after))
    assert len(records(cloud, upload)) == 1
    assert len(notices(cloud, "ClinicTopic", upload)) == len(notices(cloud, PHONES, upload)) == 1


def test_an_upload_through_the_api(cloud, smear):
    uploads = f"{cloud.api_address}/clinics/clinic/patients/api-patient/uploads"
    body = json.dumps({"extension": "png", "pixel_size_um": 0.25, "taken_at": TAKEN}).encode()
    asked = urllib.request.Request(uploads, data=body, headers={"content-type": "application/json"})
    with urllib.request.urlopen(asked, timeout=5) as response:
        form = json.load(response)
    assert form["url"].startswith(cloud.endpoint)
    upload = Upload("clinic", "api-patient", form["upload_id"], "png")
    with PoolManager() as pool:
        posted = pool.request("POST", form["url"], fields={**form["fields"], "file": ("smear.png", smear)}, timeout=5)
    assert posted.status == 204
    bucket = cloud.stack.resources["UploadBucket"]
    metadata = cloud.clients.client("s3").head_object(Bucket=bucket, Key=upload.key)["Metadata"]
    assert metadata == {"pixel-size-um": "0.250000", "pixel-size-from": "metadata", "taken-at": TAKEN}
    wait_for(lambda: records(cloud, upload))
    with urllib.request.urlopen(f"{uploads}/{form['upload_id']}", timeout=5) as response:
        (reading,) = json.load(response)["readings"]
    assert (reading["label"], reading["taken_at"]) == ("pre_b", TAKEN)
    wait_for(lambda: notices(cloud, "ClinicTopic", upload))
    assert "of 20 November 2020" in str(notices(cloud, "ClinicTopic", upload))
