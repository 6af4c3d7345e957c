from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from blastlens.cloud.operations.caller import ProvenCaller, prove_caller
from blastlens.domain.errors import ServiceUnavailable

ARN = "arn:aws:sts::123456789012:assumed-role/laboratory/dr-vogel"


def answering(headers: dict[str, str]) -> Any:
    about = {"HTTPHeaders": headers, "RequestId": "r-1"}
    return SimpleNamespace(get_caller_identity=lambda: {"Arn": ARN, "ResponseMetadata": about})


def test_the_caller_and_the_time_are_those_that_aws_states():
    found = prove_caller(answering({"date": "Sun, 22 Nov 2026 12:00:00 GMT"}))
    assert found == ProvenCaller(ARN, datetime(2026, 11, 22, 12, tzinfo=UTC), "r-1")


def test_an_answer_without_a_date_counts_by_the_clock_of_this_machine():
    before = datetime.now(UTC)
    assert before <= prove_caller(answering({})).now <= datetime.now(UTC)


def test_a_caller_who_cannot_be_proven_signs_nothing():
    def fail() -> None:
        raise EndpointConnectionError(endpoint_url="https://sts.example")

    with pytest.raises(ServiceUnavailable, match="could not find out who you are"):
        prove_caller(SimpleNamespace(get_caller_identity=fail))
