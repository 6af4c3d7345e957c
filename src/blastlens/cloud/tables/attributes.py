"""Plain values ↔ the typed values that DynamoDB's API takes."""

from collections.abc import Mapping
from typing import Any

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer


def to_dynamodb(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values as the API takes them: `{"a": "b"}` becomes `{"a": {"S": "b"}}`."""
    serialize = TypeSerializer().serialize
    return {name: serialize(value) for name, value in values.items()}


def from_dynamodb(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return what `to_dynamodb` was given."""
    deserialize = TypeDeserializer().deserialize
    return {name: deserialize(value) for name, value in values.items()}
