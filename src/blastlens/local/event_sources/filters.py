"""Event filter patterns of event source mappings."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

Pattern = Mapping[str, Any]


def matches_any(event: Mapping[str, Any], patterns: Iterable[Pattern]) -> bool:
    """Return whether `event` matches one of `patterns`.

    Without patterns every event matches.

    Raises:
        ValueError: a pattern uses a rule that is not supported.
    """
    wanted = list(patterns)
    return not wanted or any(_matches(event, pattern) for pattern in wanted)


def _matches(event: Mapping[str, Any], pattern: Pattern) -> bool:
    return all(_field_matches(event, name, wanted) for name, wanted in pattern.items())


def _field_matches(event: Mapping[str, Any], name: str, wanted: Any) -> bool:
    if name == "$or":
        return any(_matches(event, alternative) for alternative in wanted)
    value = event.get(name)
    if isinstance(wanted, Mapping):
        return _matches(value if isinstance(value, Mapping) else {}, wanted)
    values = value if isinstance(value, list) else [value]
    return any(_rule_holds(rule, one, name in event) for rule in wanted for one in values)


def _rule_holds(rule: Any, value: Any, is_there: bool) -> bool:
    if not isinstance(rule, Mapping):
        return is_there and bool(rule == value)
    ((kind, wanted),) = rule.items()
    if kind == "exists":
        return bool(wanted) is is_there
    if kind not in _RULES:
        raise ValueError(f"The embedded cloud does not support the filter rule {kind!r}, only {sorted(_RULES)}.")
    return is_there and _RULES[kind](wanted, value)


def _is_in_range(wanted: list[Any], value: Any) -> bool:
    """Check `value` against bounds as `[">", 0, "<=", 5]`."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    bounds = zip(wanted[::2], wanted[1::2], strict=True)
    return all(_COMPARISONS[sign](value, bound) for sign, bound in bounds)


def _is_something_else(unwanted: Any, value: Any) -> bool:
    if isinstance(unwanted, Mapping):
        return not _rule_holds(unwanted, value, is_there=True)
    return value not in (unwanted if isinstance(unwanted, list) else [unwanted])


_COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "=": lambda value, bound: value == bound,
    "<": lambda value, bound: value < bound,
    "<=": lambda value, bound: value <= bound,
    ">": lambda value, bound: value > bound,
    ">=": lambda value, bound: value >= bound,
}

_RULES: dict[str, Callable[[Any, Any], bool]] = {
    "prefix": lambda wanted, value: isinstance(value, str) and value.startswith(wanted),
    "suffix": lambda wanted, value: isinstance(value, str) and value.endswith(wanted),
    "equals-ignore-case": lambda wanted, value: isinstance(value, str) and value.lower() == wanted.lower(),
    "numeric": _is_in_range,
    "anything-but": _is_something_else,
}
