"""Writes to DynamoDB that a condition may refuse."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from blastlens.cloud.service_errors import translated_errors

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


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
