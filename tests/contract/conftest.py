"""Runs each part of the contract on moto and on the services in memory."""

import uuid
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config

from blastlens.domain.upload import Upload
from tests.aws import REGION, services
from tests.contract.case import Case, memory_case


@pytest.fixture(scope="module", params=["moto", "memory"])
def case(request: pytest.FixtureRequest) -> Iterator[Case]:
    if request.param == "memory":
        yield memory_case()
        return
    with services() as aws:
        # moto does not know the addresses that begin with an account's number.
        plain_address = Config(account_id_endpoint_mode="disabled")
        streams: Any = boto3.client("dynamodbstreams", region_name=REGION, config=plain_address)
        urls = aws.queue.url, aws.queue.dead_letter_url
        topic_arn, phone_arn = aws.topics.first_arn, aws.phone().endpoint
        yield Case(aws.s3, aws.dynamodb, streams, aws.sqs, *urls, aws.sns, topic_arn, phone_arn, aws.dynamodb)


@pytest.fixture
def upload() -> Upload:
    return Upload("clinic-7", "patient-41", uuid.uuid4().hex, "jpg")
