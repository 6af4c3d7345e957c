"""Writes to DynamoDB that a condition may refuse."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from blastlens.cloud.service_errors import error_code, service_fault_from, translated_errors
from blastlens.domain.errors import ServiceUnavailable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_CANCELLED = "TransactionCanceledException"
_UNMET = "ConditionalCheckFailed"


def write_conditionally(client: "DynamoDBClient", action: str, write: Callable[[], object]) -> bool:
    """Call `write`, and return False where its condition does not hold.

    Args:
        client: DynamoDB client, which `write` uses.
        action: the action, to follow "could not".
        write: a put, update or delete with a condition.

    Raises:
        ServiceFault: DynamoDB refused; ServiceUnavailable where trying again may help.
    """
    with translated_errors(action):
        try:
            write()
        except client.exceptions.ConditionalCheckFailedException:
            return False
    return True


def transact_conditionally(client: "DynamoDBClient", action: str, writes: Any) -> bool:
    """Write several items or none, and return False where a condition of one does not hold.

    Args:
        client: DynamoDB client.
        action: the action, to follow "could not".
        writes: `TransactItems` of DynamoDB's API.

    Raises:
        ServiceFault: DynamoDB refused; ServiceUnavailable where trying again may help.
    """
    with translated_errors(action):
        try:
            client.transact_write_items(TransactItems=writes)
        except ClientError as error:
            if error_code(error) != _CANCELLED:
                raise service_fault_from(action, error) from None
            reasons: Any = error.response.get("CancellationReasons", [])
            if any(one.get("Code") == _UNMET for one in reasons):
                return False
            # Another transaction holds one of the items.
            raise ServiceUnavailable(f"could not {action}: {_CANCELLED}", _CANCELLED) from None
    return True
