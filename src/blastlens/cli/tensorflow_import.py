"""Import of TensorFlow without its log lines in the terminal."""

import importlib
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryFile

_LEVEL = "TF_CPP_MIN_LOG_LEVEL"
_ERRORS_ONLY = "2"


def import_tensorflow() -> None:
    """Import TensorFlow, and show only its errors from then on.

    TensorFlow writes some lines while it is imported, before its log level applies: they are shown only if the import
    fails. Where TF_CPP_MIN_LOG_LEVEL is set, nothing is hidden that it does not hide itself.

    Raises:
        ImportError: TensorFlow is not installed.
    """
    if _LEVEL in os.environ:
        return
    os.environ[_LEVEL] = _ERRORS_ONLY
    with _stderr_held_back():
        importlib.import_module("tensorflow")
    logging.getLogger("tensorflow").setLevel(logging.ERROR)


@contextmanager
def _stderr_held_back() -> Iterator[None]:
    """Drop what is written to file descriptor 2, or write it after an exception."""
    sys.stderr.flush()
    terminal = os.dup(2)
    with TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        except BaseException:
            held.seek(0)
            os.write(terminal, held.read())
            raise
        finally:
            os.dup2(terminal, 2)
            os.close(terminal)
