"""Conversion of botocore's errors into ServiceFault and ServiceUnavailable."""

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError, ConnectionError, HTTPClientError, IncompleteReadError

from blastlens.domain.errors import ServiceFault, ServiceUnavailable

_TRANSIENT = frozenset(
    {
        "InternalError",
        "InternalFailure",
        "InternalServerError",
        # Each service has its own name for throttling by KMS.
        "KMS.ThrottlingException",
        "KMSThrottling",
        "KMSThrottlingException",
        "KmsThrottled",
        "LimitExceededException",
        "OperationAborted",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "RequestTimeout",
        "RequestTimeoutException",
        "ServiceUnavailable",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
        # Another write belongs to a transaction that is under way, as of a review and its examination.
        "TransactionConflictException",
        "TransactionInProgressException",
    }
)
_BROKEN_CONNECTIONS = (ConnectionError, HTTPClientError, IncompleteReadError)
_TOO_MANY_REQUESTS = 429
_SERVER_ERRORS = 500


@contextmanager
def translated_errors(action: str) -> Iterator[None]:
    """Raise botocore's errors as our own.

    The original error is not kept as the cause: its message may contain ARNs, an object's ARN contains a patient's id,
    and a traceback is written to the log.

    Args:
        action: the action, to follow "could not".

    Raises:
        ServiceUnavailable: the service is busy, slow or cannot be reached.
        ServiceFault: the service refuses permanently.
    """
    try:
        yield
    except ClientError as error:
        raise service_fault_from(action, error) from None
    except _BROKEN_CONNECTIONS as error:
        raise ServiceUnavailable(f"could not {action}: {type(error).__name__}", type(error).__name__) from None
    except BotoCoreError as error:
        raise ServiceFault(f"could not {action}: {type(error).__name__}", type(error).__name__) from None


def error_code(error: ClientError) -> str:
    """Return the service's error code, "" for none."""
    return str(error.response.get("Error", {}).get("Code", ""))


def service_fault_from(action: str, error: ClientError) -> ServiceFault:
    """Return ServiceUnavailable where a retry may help, else ServiceFault."""
    code = error_code(error)
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    is_transient = code in _TRANSIENT or status == _TOO_MANY_REQUESTS or status >= _SERVER_ERRORS
    kind = ServiceUnavailable if is_transient else ServiceFault
    return kind(f"could not {action}: {code or 'unknown error'} ({status})", code)
