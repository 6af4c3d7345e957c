"""Reading all pages of a DynamoDB query or scan."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from blastlens.cloud.service_errors import translated_errors
from blastlens.cloud.tables.attributes import from_dynamodb


def read_all_items(action: str, read: Callable[..., Mapping[str, Any]], **asked: Any) -> Iterator[dict[str, Any]]:
    """Yield the items as plain values, read consistently.

    The next page is read when it is needed.

    Args:
        action: the action, to follow "could not".
        read: `query` or `scan` of a boto3 DynamoDB client.
        asked: its arguments; an index needs `ConsistentRead=False` and is eventually consistent.

    Raises:
        ServiceFault: DynamoDB refused; ServiceUnavailable where trying again may help.
    """
    start: dict[str, Any] = {}
    while True:
        with translated_errors(action):
            page = read(**{"ConsistentRead": True, **asked, **start})
        yield from (from_dynamodb(item) for item in page["Items"])
        if not page.get("LastEvaluatedKey"):
            return
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}
