"""Texts that people typed: one line or several, without invisible characters."""

import unicodedata

from blastlens.domain.clinic import is_printable_name, tidy_name
from blastlens.functions.clinician.requests import InvalidRequest, WrongPlace

_BREAK = "\n"


def read_line(name: str, text: str) -> str:
    """Return a text of one line; a mistake in it is called `name`.

    Raises:
        InvalidRequest: it has a line break, or characters that cannot be printed.
    """
    line = tidy_name(text)
    if not is_printable_name(line):
        raise InvalidRequest([WrongPlace(name, "one_line")])
    return line


def read_lines(name: str, text: str) -> str:
    """Return a text that may have line breaks; a mistake in it is called `name`.

    Raises:
        InvalidRequest: it has characters that cannot be printed, such as a change of writing direction.
    """
    lines = unicodedata.normalize("NFC", text).replace("\r\n", _BREAK).replace("\t", " ").strip().split(_BREAK)
    if not all(not line.strip() or is_printable_name(line) for line in lines) or not any(map(str.strip, lines)):
        raise InvalidRequest([WrongPlace(name, "printable")])
    return _BREAK.join(line.rstrip() for line in lines)
