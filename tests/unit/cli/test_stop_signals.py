"""End of commands by signals."""

import os
import signal
import time

import pytest

from blastlens.cli.stop_signals import SIGNALS, end_on_signals


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_leaves_the_block_once_and_its_clean_up_is_not_disturbed(number, capsys):
    signal.signal(number, signal.SIG_DFL)  # a run under nohup ignores SIGHUP
    cleaned = []
    with pytest.raises(SystemExit) as ended, end_on_signals():
        try:
            os.kill(os.getpid(), number)
            time.sleep(5)
        finally:
            os.kill(os.getpid(), number)
            time.sleep(0.01)
            cleaned.append(number)
    assert (ended.value.code, cleaned) == (128 + number, [number])
    assert capsys.readouterr().err == f"Stopped by {number.name}.\n"
    assert signal.getsignal(number) == signal.SIG_DFL


def test_a_signal_that_is_ignored_stays_ignored():
    usual = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with end_on_signals():
            os.kill(os.getpid(), signal.SIGHUP)
            time.sleep(0.01)
    finally:
        signal.signal(signal.SIGHUP, usual)
