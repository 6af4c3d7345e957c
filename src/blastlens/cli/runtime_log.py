"""Hiding of what libraries write to file descriptor 2, and option --verbose."""

import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from tempfile import TemporaryFile

import click

_NOTES = re.compile(rb"INFO: [^\n]*\n+")

verbose_option = click.option(
    "--verbose", is_flag=True, help="Show also the notes of libraries, such as the runtime of the model."
)


@contextmanager
def hide_runtime_notes(verbose: bool = False) -> Iterator[None]:
    """Drop what LiteRT notes on file descriptor 2 when it loads a graph; no setting of it does so.

    Warnings and errors are shown after the block, and everything after an exception.
    """
    if verbose:
        yield
        return
    with hold_stderr(lambda held: _NOTES.sub(b"", held)):
        yield


@contextmanager
def hold_stderr(select: Callable[[bytes], bytes]) -> Iterator[None]:
    """Hold back what is written to file descriptor 2, then write what `select` keeps of it.

    After an exception everything is written.
    """
    sys.stderr.flush()
    terminal = os.dup(2)
    with TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        kept: Callable[[bytes], bytes] = bytes
        try:
            yield
            kept = select
        finally:
            sys.stderr.flush()
            os.dup2(terminal, 2)
            os.close(terminal)
            held.seek(0)
            if text := kept(held.read()):
                os.write(2, text)
