"""Runs each part of the contract on moto and on the services in memory."""

import uuid
from collections.abc import Iterator

import pytest

from blastlens.domain.upload import Upload
from tests.aws import services, shared_streams_client
from tests.contract.case import Case, memory_case


@pytest.fixture(scope="module", params=["moto", "memory"])
def case(request: pytest.FixtureRequest) -> Iterator[Case]:
    if request.param == "memory":
        yield memory_case()
        return
    with services() as aws:
        streams = shared_streams_client()
        urls = aws.queue.url, aws.queue.dead_letter_url
        topic_arn, phone_arn = aws.topics.first_arn, aws.phone().endpoint
        yield Case(aws.s3, aws.dynamodb, streams, aws.sqs, *urls, aws.sns, topic_arn, phone_arn)


@pytest.fixture
def upload() -> Upload:
    return Upload("clinic-7", "patient-41", uuid.uuid4().hex, "jpg")
