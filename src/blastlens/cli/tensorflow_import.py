"""Import of TensorFlow without its log lines in the terminal."""

import importlib
import logging
import os

from blastlens.cli.runtime_log import hold_stderr

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
    with hold_stderr(lambda held: b""):
        importlib.import_module("tensorflow")
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
