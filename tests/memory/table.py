"""DynamoDB and its streams in memory, for the expressions that we use.

Items are handed out as they lie here: nobody may change one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from botocore.exceptions import ClientError

from tests.aws import CLINICS_TABLE, CONTENTS_TABLE, EXAMINATIONS_TABLE, PATIENT_ACCESS_TABLE, REVIEWS_TABLE, TABLE
from tests.memory.answers import refusal
from tests.memory.expressions import Item, Names, equation, holds, update

_BEGINNING = "begins_with("


class ConditionalCheckFailedException(ClientError):
    """A condition does not hold."""


@dataclass
class MemoryTable:
    """One table.

    Attributes:
        partition, sort: names of the key's two halves; no sort half where it is empty.
        index_sort: name of the sort key of the only index, whose partition is any attribute.
        items: key → item.
        changes: what its stream holds.
    """

    partition: str = "upload"
    sort: str = "reading"
    index_sort: str = "uploaded_at"
    items: dict[tuple[str, ...], Item] = field(default_factory=dict)
    changes: list[dict[str, Any]] = field(default_factory=list)

    @property
    def key_names(self) -> list[str]:
        """Names of the attributes of the key."""
        return [self.partition, self.sort] if self.sort else [self.partition]

    def key_of(self, item: Mapping[str, Any]) -> tuple[str, ...]:
        """Return the key of an item."""
        return tuple(item[name]["S"] for name in self.key_names)

    def store(self, key: tuple[str, ...], item: Item) -> None:
        """Store an item, which its stream tells of."""
        self._change("MODIFY" if key in self.items else "INSERT", item, {"NewImage": item})
        self.items[key] = item

    def delete(self, key: tuple[str, ...]) -> None:
        """Delete an item if it is there, which its stream tells of."""
        if key in self.items:
            self._change("REMOVE", self.items.pop(key), {})

    def in_order(self, name: str, value: Any, beginning: tuple[str, str], sort: str) -> list[Item]:
        """Return the items of a partition whose sort key begins in a way."""
        first, start = beginning
        found = [one for one in self.items.values() if one.get(name) == value]
        kept = [one for one in found if not first or one[first]["S"].startswith(start)]
        return sorted(kept, key=lambda one: (one[sort]["S"] if sort in one else "", *self.key_of(one)))

    def _change(self, name: str, item: Item, image: dict[str, Any]) -> None:
        keys = {one: item[one] for one in self.key_names}
        number = {"SequenceNumber": str(len(self.changes) + 1), "ApproximateCreationDateTime": 0.0}
        change = {"eventName": name, "eventSource": "aws:dynamodb", "dynamodb": {"Keys": keys, **image, **number}}
        self.changes.append(change)


@dataclass
class MemoryTables:
    """Stands in for boto3's DynamoDB client and its client of streams; a stream's ARN is its table's name.

    Attributes:
        tables: name → table.
    """

    tables: dict[str, MemoryTable]
    exceptions: Any = field(
        default_factory=lambda: SimpleNamespace(ConditionalCheckFailedException=ConditionalCheckFailedException)
    )

    def put_item(
        self,
        TableName: str,
        Item: Item,
        ConditionExpression: str = "",
        ExpressionAttributeNames: Names | None = None,
        ExpressionAttributeValues: Item | None = None,
    ) -> dict[str, Any]:
        """Store an item if the condition holds of the one that lies there."""
        table = self.tables[TableName]
        key = table.key_of(Item)
        _check(table.items.get(key), ConditionExpression, ExpressionAttributeNames, ExpressionAttributeValues)
        table.store(key, dict(Item))
        return {}

    def delete_item(
        self,
        TableName: str,
        Key: Item,
        ConditionExpression: str = "",
        ExpressionAttributeNames: Names | None = None,
        ExpressionAttributeValues: Item | None = None,
    ) -> dict[str, Any]:
        """Delete an item, which may be gone, if the condition holds."""
        table = self.tables[TableName]
        key = table.key_of(Key)
        _check(table.items.get(key), ConditionExpression, ExpressionAttributeNames, ExpressionAttributeValues)
        table.delete(key)
        return {}

    def get_item(
        self,
        TableName: str,
        Key: Item,
        ConsistentRead: bool,
        ProjectionExpression: str = "",
        ExpressionAttributeNames: Names | None = None,
    ) -> dict[str, Any]:
        """Return an item or its projection."""
        table = self.tables[TableName]
        found = table.items.get(table.key_of(Key))
        if found is None:
            return {}
        return {"Item": _projected(found, ProjectionExpression, ExpressionAttributeNames or {})}

    def update_item(
        self,
        TableName: str,
        Key: Item,
        UpdateExpression: str,
        ExpressionAttributeValues: Item | None = None,
        ConditionExpression: str = "",
        ExpressionAttributeNames: Names | None = None,
    ) -> dict[str, Any]:
        """Change an item, or make one, if the condition holds."""
        table, names, values = self.tables[TableName], ExpressionAttributeNames or {}, ExpressionAttributeValues or {}
        key = table.key_of(Key)
        found = table.items.get(key)
        _check(found, ConditionExpression, names, values)
        table.store(key, update(UpdateExpression, dict(Key) if found is None else found, names, values))
        return {}

    def transact_write_items(self, TransactItems: list[dict[str, dict[str, Any]]]) -> dict[str, Any]:
        """Put items if all of their conditions hold; nothing is stored where one does not."""
        before = {name: dict(table.items) for name, table in self.tables.items()}
        changes = {name: len(table.changes) for name, table in self.tables.items()}
        try:
            for each in TransactItems:
                self.put_item(**each["Put"])
        except ConditionalCheckFailedException:
            for name, table in self.tables.items():
                table.items = before[name]
                del table.changes[changes[name] :]
            error = refusal("TransactionCanceledException", "Write")
            error.response["CancellationReasons"] = [{"Code": "ConditionalCheckFailed"}]
            raise error from None
        return {}

    def query(
        self,
        TableName: str,
        KeyConditionExpression: str,
        ExpressionAttributeValues: Item,
        ExpressionAttributeNames: Names | None = None,
        IndexName: str = "",
        ScanIndexForward: bool = True,
        Limit: int | None = None,
        ExclusiveStartKey: Item | None = None,
        ConsistentRead: bool = False,
        FilterExpression: str = "",
    ) -> dict[str, Any]:
        """Hand out the items of one partition in order."""
        table, given = self.tables[TableName], ExpressionAttributeNames or {}
        whole, _, beginning = KeyConditionExpression.partition(" AND ")
        name, value = equation(whole, given, ExpressionAttributeValues)
        sort = table.index_sort if IndexName else table.sort
        items = table.in_order(name, value, _beginning(beginning, ExpressionAttributeValues), sort)
        items = items if ScanIndexForward else items[::-1]
        if ExclusiveStartKey is not None:
            keys = [table.key_of(one) for one in items]
            items = items[keys.index(table.key_of(ExclusiveStartKey)) + 1 :]
        page = items[:Limit]
        names = {*table.key_names, name, *([sort] if sort else [])}
        more = {"LastEvaluatedKey": {one: page[-1][one] for one in names}} if len(page) < len(items) else {}
        return {"Items": _filtered(page, FilterExpression, given, ExpressionAttributeValues), **more}

    def scan(
        self,
        TableName: str,
        ConsistentRead: bool = False,
        FilterExpression: str = "",
        ProjectionExpression: str = "",
        ExpressionAttributeNames: Names | None = None,
        ExpressionAttributeValues: Item | None = None,
    ) -> dict[str, Any]:
        """Hand out all items, or their projections."""
        names = ExpressionAttributeNames or {}
        every = list(self.tables[TableName].items.values())
        found = _filtered(every, FilterExpression, names, ExpressionAttributeValues or {})
        return {"Items": [_projected(one, ProjectionExpression, names) for one in found]}

    def describe_stream(self, StreamArn: str) -> dict[str, Any]:
        """Describe the only shard."""
        return {"StreamDescription": {"Shards": [{"ShardId": f"shard-{StreamArn}"}]}}

    def get_shard_iterator(self, StreamArn: str, ShardId: str, ShardIteratorType: str) -> dict[str, Any]:
        """Hand out an iterator: the table and a number of changes."""
        start = 0 if ShardIteratorType == "TRIM_HORIZON" else len(self.tables[StreamArn].changes)
        return {"ShardIterator": f"{StreamArn}:{start}"}

    def get_records(self, ShardIterator: str, Limit: int) -> dict[str, Any]:
        """Hand out what changed after an iterator."""
        name, _, start = ShardIterator.rpartition(":")
        records = self.tables[name].changes[int(start) : int(start) + Limit]
        return {"Records": records, "NextShardIterator": f"{name}:{int(start) + len(records)}"}


def make_tables() -> MemoryTables:
    """Return the tables of template.yaml, by their names in tests."""
    return MemoryTables(
        {
            TABLE: MemoryTable(),
            EXAMINATIONS_TABLE: MemoryTable("patient", "examination", "rank"),
            CONTENTS_TABLE: MemoryTable("content", ""),
            CLINICS_TABLE: MemoryTable("place", "entry"),
            PATIENT_ACCESS_TABLE: MemoryTable("place", "entry"),
            REVIEWS_TABLE: MemoryTable("patient", "entry", ""),
        }
    )


def _check(found: Item | None, condition: str, names: Names | None, values: Item | None) -> None:
    if condition and not holds(condition, found or {}, names or {}, values or {}):
        raise refusal("ConditionalCheckFailedException", "Write", kind=ConditionalCheckFailedException)


def _filtered(items: list[Item], condition: str, names: Names, values: Item) -> list[Item]:
    return [one for one in items if holds(condition, one, names, values)] if condition else items


def _projected(item: Item, projection: str, names: Names) -> Item:
    wanted = [names.get(name, name) for name in projection.split(", ") if name]
    return {name: item[name] for name in wanted or item if name in item}


def _beginning(condition: str, values: Item) -> tuple[str, str]:
    """Return the attribute and the text of `begins_with(attribute, :text)`; empty without a condition."""
    if not condition:
        return "", ""
    assert condition.startswith(_BEGINNING) and condition.endswith(")"), condition
    name, _, text = condition.removeprefix(_BEGINNING).removesuffix(")").partition(", ")
    return name, values[text]["S"]
