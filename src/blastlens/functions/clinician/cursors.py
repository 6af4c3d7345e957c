"""Cursors of lists: opaque texts of one clinic, one list and its filter."""

import hashlib

from blastlens.cloud.tables.results import InvalidCursor
from blastlens.functions.responses import decode_place, encode_place

_CHECK_LENGTH = 16


def encode_list_place(scope: str, *parts: str) -> str:
    """Return a place in a list as one text for a URL's query.

    Args:
        scope: what the list is of: clinic, route and filter. Another list refuses the text.
        parts: the place; none is empty.
    """
    return encode_place(*parts, _check_of(scope, parts))


def decode_list_place(scope: str, text: str, number: int) -> list[str]:
    """Return the `number` parts that `encode_list_place` wrote for this scope.

    The check finds accidents and carelessness. It is no secret: whoever reads the parts checks them as well.

    Raises:
        InvalidCursor: the text was changed, or belongs to another list.
    """
    *parts, check = decode_place(text, number + 1)
    if check != _check_of(scope, parts):
        raise InvalidCursor("the list cannot be continued from there: begin with its first page")
    return parts


def _check_of(scope: str, parts: tuple[str, ...] | list[str]) -> str:
    return hashlib.sha256("\n".join((scope, *parts)).encode()).hexdigest()[:_CHECK_LENGTH]
