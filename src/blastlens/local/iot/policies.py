"""Evaluation of IAM policies, as far as the device role needs it."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

Statement = Mapping[str, Any]
Context = Mapping[str, str]

_VARIABLE = re.compile(r"\$\{([^}]+)\}")


def is_allowed(statements: Iterable[Statement], action: str, resource: str, context: Context) -> bool:
    """Return whether a request is allowed: a statement allows it, and none denies it.

    Args:
        statements: of all policies that apply.
        action: as `s3:PutObject`.
        resource: its ARN.
        context: condition key → value of the request.

    Raises:
        ValueError: a statement has an element that is not supported.
    """
    effects = {one["Effect"] for one in statements if _applies(one, action, resource, context)}
    return effects == {"Allow"}


def _applies(statement: Statement, action: str, resource: str, context: Context) -> bool:
    unknown = set(statement) - {"Sid", "Effect", "Action", "Resource", "Condition"}
    if unknown:
        raise ValueError(f"policies with {', '.join(sorted(unknown))} are not supported")
    return (
        any(_is_like(action, one, {}) for one in _as_list(statement["Action"]))
        and any(_is_like(resource, one, context) for one in _as_list(statement["Resource"]))
        and all(
            _holds(operator, key, _as_list(wanted), context)
            for operator, keys in statement.get("Condition", {}).items()
            for key, wanted in keys.items()
        )
    )


def _holds(operator: str, key: str, wanted: Sequence[Any], context: Context) -> bool:
    if operator == "Null":
        return (key not in context) is (str(wanted[0]).lower() == "true")
    name = operator.removesuffix("IfExists")
    if name not in _OPERATORS:
        raise ValueError(f"the condition {operator} is not supported")
    is_negated = "Not" in name
    if key not in context:
        # In IAM a missing key differs from every value.
        return is_negated or operator != name
    return any(_OPERATORS[name](context[key], str(one), context) for one in wanted) is not is_negated


def _is_equal(value: str, wanted: str, context: Context) -> bool:
    filled = _substitute(wanted, context)
    return filled is not None and value == filled


def _is_like(value: str, pattern: str, context: Context) -> bool:
    """Match with `*` and `?`; a pattern with an unset variable matches nothing."""
    parts = _VARIABLE.split(pattern)
    if any(name not in context for name in parts[1::2]):
        return False
    expressions = [
        re.escape(context[part]) if place % 2 else re.escape(part).replace(r"\*", ".*").replace(r"\?", ".")
        for place, part in enumerate(parts)
    ]
    return re.fullmatch("".join(expressions), value, flags=re.DOTALL) is not None


def _substitute(text: str, context: Context) -> str | None:
    if any(name not in context for name in _VARIABLE.findall(text)):
        return None
    return _VARIABLE.sub(lambda variable: context[variable[1]], text)


def _equals_ignoring_case(value: str, wanted: str, context: Context) -> bool:
    return value.lower() == wanted.lower()


_OPERATORS: dict[str, Callable[[str, str, Context], bool]] = {
    "ArnEquals": _is_like,
    "ArnNotEquals": _is_like,
    "Bool": _equals_ignoring_case,
    "StringEquals": _is_equal,
    "StringLike": _is_like,
    "StringNotEquals": _is_equal,
    "StringNotLike": _is_like,
}


def _as_list(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else [value]
