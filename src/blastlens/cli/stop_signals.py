"""Orderly end of a command on SIGTERM and SIGHUP."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

import click

SIGNALS = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name))
"""Those that end a command as Ctrl-C does; Windows has no SIGHUP."""


@contextmanager
def end_on_signals() -> Iterator[None]:
    """Leave the block by SystemExit on the first of `SIGNALS`, so that everything in it is cleaned up.

    The exit status is 128 plus the number of the signal, as in a shell. A signal that is ignored, as under nohup,
    stays ignored.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    usual = {number: signal.getsignal(number) for number in SIGNALS}
    for number, handler in usual.items():
        if handler != signal.SIG_IGN:
            signal.signal(number, _stop)
    try:
        yield
    finally:
        for number, handler in usual.items():
            signal.signal(number, handler)


def wait_until_stopped() -> None:
    """Wait for SIGINT (Ctrl-C), SIGTERM or SIGHUP."""
    stopped = threading.Event()
    for number in (signal.SIGINT, *SIGNALS):
        signal.signal(number, lambda *_: stopped.set())
    while not stopped.wait(1):
        pass


def _stop(number: int, frame: FrameType | None) -> None:
    # A second signal must not break the cleaning up.
    for each in SIGNALS:
        signal.signal(each, signal.SIG_IGN)
    with suppress(OSError):  # the terminal may be gone
        click.echo(f"Stopped by {signal.Signals(number).name}.", err=True)
    raise SystemExit(128 + number)
