"""Plain values ↔ DynamoDB's typed ones."""

from collections.abc import Mapping
from typing import Any

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer


def to_dynamodb(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values as DynamoDB's API takes them."""
    serialize = TypeSerializer().serialize
    return {name: serialize(value) for name, value in values.items()}


def from_dynamodb(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return what DynamoDB's API gave as plain values."""
    deserialize = TypeDeserializer().deserialize
    return {name: deserialize(value) for name, value in values.items()}
