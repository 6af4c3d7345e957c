from typing import Any

from blastlens.cloud.clients import dynamodb_client, s3_client, s3_signing_client, sns_client
from blastlens.cloud.images import ImageStore
from tests.answers import BUCKET, UPLOAD


def test_no_call_waits_longer_than_a_function_may_run():
    for client in (s3_client(), s3_signing_client(), dynamodb_client(), sns_client()):
        config: Any = client.meta.config
        attempts = config.retries["total_max_attempts"]
        assert attempts * (config.connect_timeout + config.read_timeout) <= 60


def test_a_browser_is_sent_to_the_buckets_own_region():
    form = ImageStore(s3_signing_client()).upload_form(BUCKET, UPLOAD, 1024, seconds=60)
    assert "eu-central-1" in form.url
    assert form.fields["x-amz-algorithm"] == "AWS4-HMAC-SHA256"
