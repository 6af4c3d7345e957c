from dataclasses import replace
from datetime import UTC, datetime, timedelta

import boto3
import pytest
from botocore.config import Config
from botocore.stub import Stubber

from blastlens.cloud.images import ImageStore
from blastlens.domain.errors import Reason, ServiceFault, ServiceUnavailable, UploadRefused
from blastlens.domain.upload import MAX_BYTES, ObjectVersion
from tests.answers import BUCKET, UPLOAD, source
from tests.aws import Services


def refused(store: ImageStore, wanted: ObjectVersion, limit_bytes: int = MAX_BYTES) -> UploadRefused:
    with pytest.raises(UploadRefused) as caught:
        store.fetch(wanted, limit_bytes)
    return caught.value


def test_exactly_the_version_of_the_event_is_read(aws: Services):
    first = aws.upload(UPLOAD.key, b"smear one")
    second = aws.upload(UPLOAD.key, b"smear two")
    assert aws.images.fetch(first, MAX_BYTES).data == b"smear one"
    assert aws.images.fetch(second, MAX_BYTES).data == b"smear two"


def test_where_the_event_names_no_version_the_current_one_is_read(aws: Services):
    aws.upload(UPLOAD.key, b"smear one")
    aws.upload(UPLOAD.key, b"smear two")
    assert aws.images.fetch(source(version="null"), MAX_BYTES).data == b"smear two"


def test_the_time_of_the_upload_is_s3s_own_in_utc(aws: Services):
    uploaded_at = aws.images.fetch(aws.upload(UPLOAD.key), MAX_BYTES).uploaded_at
    assert uploaded_at.tzinfo is UTC
    assert abs(uploaded_at - datetime.now(UTC)) < timedelta(minutes=1)


def test_an_empty_object_is_fetched_as_no_bytes(aws: Services):
    assert aws.images.fetch(aws.upload(UPLOAD.key, b""), MAX_BYTES).data == b""


def test_an_object_that_never_was_is_refused_as_missing(aws: Services):
    assert refused(aws.images, source(version="null")).reason is Reason.OBJECT_MISSING


def test_a_deleted_version_is_refused_as_missing(aws: Services):
    gone = aws.upload(UPLOAD.key)
    aws.s3.delete_object(Bucket=BUCKET, Key=gone.key, VersionId=gone.version_id)
    assert refused(aws.images, gone).reason is Reason.OBJECT_MISSING


def test_a_delete_marker_is_refused_as_missing(aws: Services):
    aws.upload(UPLOAD.key)
    marker = aws.s3.delete_object(Bucket=BUCKET, Key=UPLOAD.key)["VersionId"]
    assert refused(aws.images, source(version=marker)).reason is Reason.OBJECT_MISSING


def test_an_older_version_is_still_read_after_the_object_was_deleted(aws: Services):
    version = aws.upload(UPLOAD.key, b"smear")
    aws.s3.delete_object(Bucket=BUCKET, Key=UPLOAD.key)
    assert aws.images.fetch(version, MAX_BYTES).data == b"smear"


def test_an_object_that_the_event_calls_too_large_is_not_asked_for():
    client = boto3.client("s3")
    with Stubber(client):  # any call would fail
        refusal = refused(ImageStore(client), replace(source(), size=MAX_BYTES + 1))
    assert refusal.reason is Reason.TOO_MANY_BYTES


def test_an_object_larger_than_in_the_event_is_refused(aws: Services):
    larger = replace(aws.upload(UPLOAD.key, b"smear" * 10), size=5)
    assert refused(aws.images, larger, limit_bytes=49).reason is Reason.TOO_MANY_BYTES
    assert len(aws.images.fetch(larger, limit_bytes=50).data) == 50


def test_a_missing_bucket_is_a_service_error_and_not_a_rejection(aws: Services):
    with pytest.raises(ServiceFault, match="NoSuchBucket"):
        aws.images.fetch(source(bucket="nowhere"), MAX_BYTES)


def test_a_busy_service_is_worth_another_try():
    client = boto3.client("s3", config=Config(retries={"total_max_attempts": 1}))
    with Stubber(client) as stub:
        stub.add_client_error("get_object", "SlowDown", http_status_code=503)
        stub.add_client_error("put_object", "SlowDown", http_status_code=503)
        with pytest.raises(ServiceUnavailable):
            ImageStore(client).fetch(source(), MAX_BYTES)
        with pytest.raises(ServiceUnavailable):
            ImageStore(client).put_artifact(BUCKET, "artifacts/x.png", b"png", "image/png")


def test_a_picture_is_stored_with_its_type(aws: Services):
    aws.images.put_artifact(BUCKET, "artifacts/x.png", b"png", "image/png")
    stored = aws.s3.get_object(Bucket=BUCKET, Key="artifacts/x.png")
    assert (stored["Body"].read(), stored["ContentType"]) == (b"png", "image/png")


def test_a_form_lets_one_file_in_under_the_uploads_key(aws: Services):
    form = aws.images.upload_form(BUCKET, UPLOAD, MAX_BYTES, seconds=900)
    assert BUCKET in form.url
    assert form.fields["key"] == UPLOAD.key
    assert {"policy", "x-amz-signature"} <= form.fields.keys()
