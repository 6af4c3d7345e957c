"""Reading pages of a DynamoDB query or scan: all of them, or one of a worklist."""

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from blastlens.cloud.service_errors import translated_errors
from blastlens.cloud.tables.attributes import from_dynamodb, to_dynamodb

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

BY_CLINIC = "by_clinic"
"""Index of a clinic's worklist, in every table that has one."""

Plain = dict[str, Any]


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


def read_worklist(
    client: "DynamoDBClient", table: str, clinic_id: str, limit: int, start: Plain | None, section: str = ""
) -> tuple[list[Plain], Plain]:
    """Return up to `limit` plain items of a clinic's worklist, the greatest sort key first, and the last item's key.

    The key is empty after the last page. The index is eventually consistent.

    Args:
        client: DynamoDB client.
        table: name of a table with the index `by_clinic`.
        clinic_id: the clinic.
        limit: most items to return.
        start: key of the last item of the page before; None for the first page.
        section: beginning of `rank`, the sort key of examinations; empty for every item.

    Raises:
        ServiceFault: DynamoDB refused; ServiceUnavailable where trying again may help.
    """
    following: Plain = {} if start is None else {"ExclusiveStartKey": to_dynamodb(start)}
    condition, values = "clinic_id = :clinic", {":clinic": clinic_id}
    if section:
        condition, values = f"{condition} AND begins_with(#rank, :section)", values | {":section": section}
        following["ExpressionAttributeNames"] = {"#rank": "rank"}
    with translated_errors("read a worklist"):
        page = client.query(
            TableName=table,
            IndexName=BY_CLINIC,
            KeyConditionExpression=condition,
            ExpressionAttributeValues=to_dynamodb(values),
            ScanIndexForward=False,
            Limit=limit,
            **following,
        )
    return [from_dynamodb(item) for item in page["Items"]], from_dynamodb(page.get("LastEvaluatedKey", {}))
