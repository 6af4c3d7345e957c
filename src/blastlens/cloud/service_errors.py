"""Turns what botocore raises into our own errors, which know whether a retry can help."""

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError, ConnectionError, HTTPClientError, IncompleteReadError

from blastlens.domain.errors import ServiceFault, ServiceUnavailable

_TRANSIENT = frozenset(
    {
        "InternalError",
        "InternalFailure",
        "InternalServerError",
        # Each service has a name of its own for a key that is asked for too often.
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
        "TransactionInProgressException",
    }
)
_BROKEN_CONNECTIONS = (ConnectionError, HTTPClientError, IncompleteReadError)
_TOO_MANY_REQUESTS = 429
_SERVER_ERRORS = 500


@contextmanager
def translated_errors(action: str) -> Iterator[None]:
    """Raise botocore's errors as ours.

    The original is not kept as the cause: AWS puts ARNs into its messages, an object's ARN holds a patient's id,
    and a traceback ends in the log.

    Args:
        action: what is being done, to follow "could not".

    Raises:
        ServiceUnavailable: the service is busy, slow or out of reach.
        ServiceFault: the service refuses, and will go on refusing.
    """
    try:
        yield
    except ClientError as error:
        raise service_fault_from(action, error) from None
    except _BROKEN_CONNECTIONS as error:
        raise ServiceUnavailable(f"could not {action}: {type(error).__name__}") from None
    except BotoCoreError as error:
        raise ServiceFault(f"could not {action}: {type(error).__name__}") from None


def error_code(error: ClientError) -> str:
    """Return the service's own name for an error, "" where it gave none."""
    return str(error.response.get("Error", {}).get("Code", ""))


def service_fault_from(action: str, error: ClientError) -> ServiceFault:
    """Return the error of ours that says what `error` means for a retry."""
    code = error_code(error)
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    is_transient = code in _TRANSIENT or status == _TOO_MANY_REQUESTS or status >= _SERVER_ERRORS
    kind = ServiceUnavailable if is_transient else ServiceFault
    return kind(f"could not {action}: {code or 'unknown error'} ({status})")
