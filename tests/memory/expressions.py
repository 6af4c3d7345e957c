"""DynamoDB's expressions, as far as we use them.

Items are handed out as they lie in the table: an update returns a copy.
"""

import operator
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import cache
from typing import Any

Item = dict[str, Any]
Names = Mapping[str, str]

_FUNCTION = re.compile(r"(attribute_exists|attribute_not_exists)\(([\w.#]+)\)")
_COMPARISON = re.compile(r"([\w.#]+) (=|<>|<|<=|>|>=) (:\w+)")
_BEGINNING = re.compile(r"begins_with\(([\w.#]+), (:\w+)\)")
_CLAUSE = re.compile(r"(?:^| )(SET|ADD|REMOVE|DELETE) ")
_CALL = re.compile(r"(list_append|if_not_exists)\((.+)\)")


def holds(condition: str, item: Item, names: Names, values: Item) -> bool:
    """Return whether a condition holds of an item; of an empty one where there is none."""
    return any(
        all(_part_holds(part, item, names, values) for part in alternative.split(" AND "))
        for alternative in condition.split(" OR ")
    )


def update(expression: str, item: Item, names: Names, values: Item) -> Item:
    """Return an item as an update leaves it. Everything that is read is read of the item before."""
    changed = item
    for kind, target, operand in _steps(expression):
        path = _path(target, names)
        old = _value(item, path)
        if kind == "REMOVE":
            changed = _without(changed, path)
        elif kind == "SET":
            changed = _with(changed, path, _evaluate(operand, item, names, values))
        else:
            changed = _with(changed, path, _ADDED[kind](old, values[operand]))
    return changed


def equation(condition: str, names: Names, values: Item) -> tuple[str, Any]:
    """Return the attribute and the value that a key condition asks for."""
    found = _COMPARISON.fullmatch(condition)
    assert found is not None and found[2] == "=", condition
    (name,) = _path(found[1], names)
    return name, values[found[3]]


@cache
def _steps(expression: str) -> tuple[tuple[str, str, str], ...]:
    """Return clause, target and operand of each step."""
    _, *parts = _CLAUSE.split(expression)
    return tuple(step for kind, text in zip(parts[::2], parts[1::2], strict=True) for step in _of_clause(kind, text))


def _of_clause(kind: str, text: str) -> Iterator[tuple[str, str, str]]:
    for step in _split(text):
        target, _, operand = step.partition(" = " if kind == "SET" else " ")
        assert operand or kind == "REMOVE", text
        yield kind, target, operand


def _split(text: str) -> list[str]:
    """Split at the commas outside of every parenthesis."""
    parts, depth, start = [], 0, 0
    for place, sign in enumerate(text):
        depth += (sign == "(") - (sign == ")")
        if depth == 0 and text.startswith(", ", place):
            parts.append(text[start:place])
            start = place + 2
    return [*parts, text[start:]]


def _evaluate(operand: str, item: Item, names: Names, values: Item) -> Any:
    if call := _CALL.fullmatch(operand):
        first, second = _split(call[2])
        if call[1] == "if_not_exists":
            there = _value(item, _path(first, names))
            return _evaluate(second, item, names, values) if there is None else there
        lists = (_evaluate(one, item, names, values)["L"] for one in (first, second))
        return {"L": [element for each in lists for element in each]}
    return values[operand] if operand.startswith(":") else _value(item, _path(operand, names))


def _part_holds(condition: str, item: Item, names: Names, values: Item) -> bool:
    if question := _FUNCTION.fullmatch(condition):
        is_there = _value(item, _path(question[2], names)) is not None
        return is_there is (question[1] == "attribute_exists")
    if beginning := _BEGINNING.fullmatch(condition):
        text = _value(item, _path(beginning[1], names)) or {}
        return bool(text.get("S", "").startswith(values[beginning[2]]["S"]) and "S" in text)
    found = _COMPARISON.fullmatch(condition)
    assert found is not None, condition
    return _compare(_value(item, _path(found[1], names)), found[2], values[found[3]])


def _compare(one: Any, sign: str, other: Any) -> bool:
    if sign in ("=", "<>"):
        return bool(one == other) is (sign == "=")
    return one is not None and "S" in one and "S" in other and bool(_ORDERS[sign](one["S"], other["S"]))


def _add(there: Any, more: Any) -> Any:
    """Return a number with another one added to it, or two sets in one."""
    if "N" in more:
        return {"N": str(Decimal((there or {"N": "0"})["N"]) + Decimal(more["N"]))}
    return {"SS": sorted({*(there or {"SS": []})["SS"], *more["SS"]})}


def _take_away(there: Any, less: Any) -> Any:
    return {"SS": sorted({*(there or {"SS": []})["SS"]} - {*less["SS"]})}


_ORDERS = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
_ADDED = {"ADD": _add, "DELETE": _take_away}


def _with(item: Item, path: list[str], value: Any) -> Item:
    first, *rest = path
    return item | {first: {"M": _with(item[first]["M"], rest, value)} if rest else value}


def _without(item: Item, path: list[str]) -> Item:
    first, *rest = path
    if rest and first in item:
        return item | {first: {"M": _without(item[first]["M"], rest)}}
    return {name: value for name, value in item.items() if name != first}


def _path(text: str, names: Names) -> list[str]:
    return [names[step] if step.startswith("#") else step for step in text.split(".")]


def _value(item: Item, path: list[str]) -> Any:
    place: Any = {"M": item}
    for step in path:
        place = place.get("M", {}).get(step) if place else None
    return place
