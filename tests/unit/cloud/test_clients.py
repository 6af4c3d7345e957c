from typing import Any

import boto3
import pytest

from blastlens.cloud.clients import dynamodb_client, s3_client, s3_presigning_client, sns_client
from blastlens.cloud.images import ImageStore
from tests.answers import BUCKET, UPLOAD


def test_no_call_waits_longer_than_a_function_may_run():
    for client in (s3_client(), s3_presigning_client(), dynamodb_client(), sns_client()):
        config: Any = client.meta.config
        attempts = config.retries["total_max_attempts"]
        assert attempts * (config.connect_timeout + config.read_timeout) <= 60


@pytest.mark.parametrize("region", ["eu-central-1", "us-east-1", "eu-west-1", "ap-southeast-1"])
def test_a_browser_is_sent_to_the_buckets_own_region_with_the_signature_that_kms_wants(
    region: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("AWS_DEFAULT_REGION", region)
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    form = ImageStore(s3_presigning_client()).upload_form(BUCKET, UPLOAD, 1024, seconds=60)
    assert region in form.url or region == "us-east-1"  # whose name has no region in it
    assert form.fields["x-amz-algorithm"] == "AWS4-HMAC-SHA256"
