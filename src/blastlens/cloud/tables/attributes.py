"""Conversion between plain values and DynamoDB's typed attribute values."""

from collections.abc import Mapping
from typing import Any

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer


def to_dynamodb(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values as DynamoDB's API expects them.

    For example, `{"a": "b"}` becomes `{"a": {"S": "b"}}`.
    """
    serialize = TypeSerializer().serialize
    return {name: serialize(value) for name, value in values.items()}


def from_dynamodb(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the plain values: the inverse of `to_dynamodb`."""
    deserialize = TypeDeserializer().deserialize
    return {name: deserialize(value) for name, value in values.items()}
