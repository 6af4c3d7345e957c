"""DynamoDB and its stream in memory, for the expressions that we use.

Items are handed out as they lie here: nobody may change one.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from botocore.exceptions import ClientError

from tests.memory.answers import refusal

Item = dict[str, Any]
Names = Mapping[str, str]

_FUNCTION = re.compile(r"(attribute_exists|attribute_not_exists)\(([\w.#]+)\)")
_EQUATION = re.compile(r"([\w.#]+) = (:\w+)")
_BEGINNING = re.compile(r"begins_with\((\w+), (:\w+)\)")
_ASSIGNMENT = re.compile(r"([\w.#]+)(?: =)? (:\w+)")


class ConditionalCheckFailedException(ClientError):
    """A condition does not hold."""


@dataclass
class MemoryTable:
    """Stands in for boto3's DynamoDB client and its client of streams, with one table of any name.

    Attributes:
        partition, sort: names of the key's two halves.
        index_partition, index_sort: likewise of the only index.
    """

    partition: str = "upload"
    sort: str = "reading"
    index_partition: str = "clinic_id"
    index_sort: str = "uploaded_at"
    exceptions: Any = field(
        default_factory=lambda: SimpleNamespace(ConditionalCheckFailedException=ConditionalCheckFailedException)
    )
    _items: dict[tuple[str, str], Item] = field(default_factory=dict)
    _changes: list[dict[str, Any]] = field(default_factory=list)

    def put_item(
        self,
        TableName: str,
        Item: Item,
        ConditionExpression: str = "",
        ExpressionAttributeNames: Names | None = None,
    ) -> dict[str, Any]:
        """Store an item if the condition holds of the one that lies there."""
        key = self._key_of(Item)
        self._check(key, ConditionExpression, ExpressionAttributeNames or {}, {})
        self._store(key, dict(Item))
        return {}

    def delete_item(self, TableName: str, Key: Item) -> dict[str, Any]:
        """Delete an item if it exists, without a stream record."""
        self._items.pop(self._key_of(Key), None)
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
        found = self._items.get(self._key_of(Key))
        if found is None:
            return {}
        wanted = [(ExpressionAttributeNames or {})[name] for name in ProjectionExpression.split(", ") if name]
        return {"Item": {name: found[name] for name in wanted or found}}

    def update_item(
        self,
        TableName: str,
        Key: Item,
        UpdateExpression: str,
        ExpressionAttributeValues: Item,
        ConditionExpression: str = "",
        ExpressionAttributeNames: Names | None = None,
    ) -> dict[str, Any]:
        """Set attributes, or add to a set, if the condition holds."""
        key, names = self._key_of(Key), ExpressionAttributeNames or {}
        self._check(key, ConditionExpression, names, ExpressionAttributeValues)
        kind, _, assignments = UpdateExpression.partition(" ")
        item = self._items.get(key, dict(Key))
        for assignment in assignments.split(", "):
            step = _ASSIGNMENT.fullmatch(assignment)
            assert step is not None and kind in ("SET", "ADD"), UpdateExpression
            path, value = _path(step[1], names), ExpressionAttributeValues[step[2]]
            item = _with(item, path, _together(_value(item, path), value) if kind == "ADD" else value)
        self._store(key, item)
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
    ) -> dict[str, Any]:
        """Hand out the items of one partition in order."""
        whole, _, beginning = KeyConditionExpression.partition(" AND ")
        equation = _EQUATION.fullmatch(whole)
        assert equation is not None, KeyConditionExpression
        (name,) = _path(equation[1], ExpressionAttributeNames or {})
        sort = self.index_sort if IndexName else self.sort
        value = ExpressionAttributeValues[equation[2]]
        items = [one for one in self._items.values() if one.get(name) == value]
        if beginning:
            start = _BEGINNING.fullmatch(beginning)
            assert start is not None, KeyConditionExpression
            first = ExpressionAttributeValues[start[2]]["S"]
            items = [one for one in items if one[start[1]]["S"].startswith(first)]
        items.sort(key=lambda one: (one[sort]["S"], *self._key_of(one)), reverse=not ScanIndexForward)
        if ExclusiveStartKey is not None:
            keys = [self._key_of(one) for one in items]
            items = items[keys.index(self._key_of(ExclusiveStartKey)) + 1 :]
        page = items[:Limit]
        names = {self.partition, self.sort, name, sort}
        more = {"LastEvaluatedKey": {one: page[-1][one] for one in names}} if len(page) < len(items) else {}
        return {"Items": page, **more}

    def scan(self, TableName: str, ConsistentRead: bool = False) -> dict[str, Any]:
        """Hand out all items."""
        return {"Items": list(self._items.values())}

    def describe_stream(self, StreamArn: str) -> dict[str, Any]:
        """Describe the only shard."""
        return {"StreamDescription": {"Shards": [{"ShardId": "shard"}]}}

    def get_shard_iterator(self, StreamArn: str, ShardId: str, ShardIteratorType: str) -> dict[str, Any]:
        """Hand out an iterator: a number of changes."""
        return {"ShardIterator": "0" if ShardIteratorType == "TRIM_HORIZON" else str(len(self._changes))}

    def get_records(self, ShardIterator: str, Limit: int) -> dict[str, Any]:
        """Hand out what changed after an iterator."""
        start = int(ShardIterator)
        records = self._changes[start : start + Limit]
        return {"Records": records, "NextShardIterator": str(start + len(records))}

    def _key_of(self, item: Mapping[str, Any]) -> tuple[str, str]:
        return item[self.partition]["S"], item[self.sort]["S"]

    def _store(self, key: tuple[str, str], item: Item) -> None:
        name = "MODIFY" if key in self._items else "INSERT"
        self._items[key] = item
        keys = {self.partition: item[self.partition], self.sort: item[self.sort]}
        image: dict[str, Any] = {"Keys": keys, "NewImage": item, "SequenceNumber": str(len(self._changes) + 1)}
        change = {"eventName": name, "eventSource": "aws:dynamodb", "dynamodb": image}
        image["ApproximateCreationDateTime"] = 0.0
        self._changes.append(change)

    def _check(self, key: tuple[str, str], condition: str, names: Names, values: Item) -> None:
        item = self._items.get(key, {})
        if condition and not all(_holds(part, item, names, values) for part in condition.split(" AND ")):
            raise refusal("ConditionalCheckFailedException", "Write", kind=ConditionalCheckFailedException)


def _holds(condition: str, item: Item, names: Names, values: Item) -> bool:
    if question := _FUNCTION.fullmatch(condition):
        is_there = _value(item, _path(question[2], names)) is not None
        return is_there is (question[1] == "attribute_exists")
    equation = _EQUATION.fullmatch(condition)
    assert equation is not None, condition
    return bool(_value(item, _path(equation[1], names)) == values[equation[2]])


def _with(item: Item, path: list[str], value: Any) -> Item:
    """Return a copy with another value at a path: items are handed out as they lie here, and never changed."""
    first, *rest = path
    return item | {first: {"M": _with(item[first]["M"], rest, value)} if rest else value}


def _together(there: Any, more: Any) -> Any:
    return {"SS": sorted({*(there or {"SS": []})["SS"], *more["SS"]})}


def _path(text: str, names: Names) -> list[str]:
    return [names[step] if step.startswith("#") else step for step in text.split(".")]


def _value(item: Item, path: list[str]) -> Any:
    place: Any = {"M": item}
    for step in path:
        place = place.get("M", {}).get(step) if place else None
    return place
