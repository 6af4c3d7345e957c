import pytest
from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    IncompleteReadError,
    NoCredentialsError,
    ReadTimeoutError,
)

from blastlens.cloud.service_errors import translated_errors
from blastlens.domain.errors import ServiceFault, ServiceUnavailable


def answered(code: str, status: int = 400, message: str = "") -> ClientError:
    response = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(response, "GetObject")  # type: ignore[arg-type]


def raised(error: Exception) -> ServiceFault:
    with pytest.raises(ServiceFault) as caught, translated_errors("read an image"):
        raise error
    return caught.value


@pytest.mark.parametrize(
    "error",
    [
        answered("SlowDown", 503),
        answered("ThrottlingException"),
        answered("ProvisionedThroughputExceededException"),
        answered("KMSThrottlingException"),
        answered("KMS.ThrottlingException"),
        answered("KmsThrottled"),
        answered("TooManyRequestsException"),
        answered("RequestTimeout"),
        answered("SomethingNew", 500),
        answered("SomethingNew", 429),
        EndpointConnectionError(endpoint_url="https://s3"),
        ConnectTimeoutError(endpoint_url="https://s3"),
        IncompleteReadError(actual_bytes=1, expected_bytes=2),
        ReadTimeoutError(endpoint_url="https://s3"),
    ],
    ids=str,
)
def test_a_service_that_is_busy_slow_or_out_of_reach_is_worth_another_try(error: Exception):
    assert raised(error).can_retry
    assert isinstance(raised(error), ServiceUnavailable)


@pytest.mark.parametrize(
    "error",
    [answered("AccessDenied", 403), answered("ResourceNotFoundException"), NoCredentialsError(), answered("", 0)],
    ids=str,
)
def test_a_service_that_refuses_is_not_worth_another_try(error: Exception):
    assert not raised(error).can_retry


def test_the_error_names_the_action_and_the_services_code():
    assert str(raised(answered("AccessDenied", 403))) == "could not read an image: AccessDenied (403)"


def test_the_error_does_not_repeat_the_message_of_aws():
    fault = raised(answered("AccessDenied", 403, "not authorized on arn:aws:s3:::b/uploads/c/patient-41/u.jpg"))
    assert "patient-41" not in str(fault)
    assert fault.__suppress_context__ and fault.__cause__ is None


def test_errors_of_our_own_pass_through():
    with pytest.raises(KeyError), translated_errors("read an image"):
        raise KeyError("ours")
