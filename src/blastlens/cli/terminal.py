"""Consoles with the width of their terminal."""

import os

from rich.console import Console

_DRAWN = "█▏…"


def is_terminal(console: Console) -> bool:
    """Check whether a console writes to a terminal, whatever FORCE_COLOR says."""
    return console.file.isatty()


def can_draw(console: Console) -> bool:
    """Check whether the encoding of a console has the characters of bars."""
    try:
        _DRAWN.encode(console.encoding)
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def make_console(stderr: bool = False) -> Console:
    """Return a console for text that is not wrapped, at most as wide as its terminal.

    rich would believe COLUMNS, which other programs export and never correct.
    """
    console = Console(soft_wrap=True, highlight=False, emoji=False, stderr=stderr)
    try:
        columns = os.get_terminal_size(console.file.fileno()).columns
    except (OSError, ValueError):
        return console
    if 0 < columns < console.width:
        console.width = columns
    return console
