"""Conversion between plain values and DynamoDB's numbers and attribute values."""

import math
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

_DECIMALS = 12  # more precise than the model, and never an exponent that DynamoDB rejects


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


def to_decimal(value: float, what: str) -> Decimal:
    """Return a number as DynamoDB stores it.

    Raises:
        ValueError: it is not finite, which DynamoDB cannot store.
    """
    if not math.isfinite(value):
        raise ValueError(f"{what} is {value}, not a number that can be stored")
    return Decimal(repr(round(float(value), _DECIMALS)))


def decimals(values: Mapping[str, float], what: str) -> dict[str, Decimal]:
    """Return numbers as DynamoDB stores them; errors call them `what` and their name.

    Raises:
        ValueError: a number is not finite.
    """
    return {name: to_decimal(value, f"{what} {name}") for name, value in values.items()}


def floats(values: Mapping[str, Decimal]) -> dict[str, float]:
    """Return stored numbers: the inverse of `decimals`."""
    return {name: float(value) for name, value in values.items()}
