import urllib.error
import urllib.request

import pytest

from blastlens.local.clients import LocalClients
from blastlens.local.stack.moto_server import MotoServer


@pytest.mark.parametrize("host", ["localhost", "127.0.1.1"])
def test_the_services_answer_by_the_name_that_they_were_started_with(host: str):
    with MotoServer(host) as server:
        assert LocalClients(server.endpoint).client("sqs").list_queues()["ResponseMetadata"]["HTTPStatusCode"] == 200


def test_a_page_of_another_origin_is_refused_with_the_reason():
    with MotoServer() as server:
        request = urllib.request.Request(server.endpoint, headers={"Origin": "https://example.com"})
        with pytest.raises(urllib.error.HTTPError, match="403") as refused:
            urllib.request.urlopen(request)
        assert b"--host" in refused.value.read()


def test_a_browsers_question_before_an_upload_needs_no_signature():
    with MotoServer() as server:
        s3 = LocalClients(server.endpoint).client("s3")
        s3.create_bucket(Bucket="uploads")
        rule = {"AllowedMethods": ["PUT"], "AllowedOrigins": ["*"], "AllowedHeaders": ["*"]}
        s3.put_bucket_cors(Bucket="uploads", CORSConfiguration={"CORSRules": [rule]})
        url = s3.generate_presigned_url(
            "put_object", Params={"Bucket": "uploads", "Key": "a", "ContentType": "image/png"}
        )
        asked = {
            "Origin": "http://127.0.0.1:4567",
            "Access-Control-Request-Method": "PUT",
            "Access-Control-Request-Headers": "content-type,if-none-match",
        }

        answer = urllib.request.urlopen(urllib.request.Request(url, method="OPTIONS", headers=asked))

        assert answer.status == 200
        assert "PUT" in answer.headers["Access-Control-Allow-Methods"]
