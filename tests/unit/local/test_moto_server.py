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
