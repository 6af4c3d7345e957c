"""Fixtures of the fault scenarios, and their summary at the end of a run."""

from contextlib import nullcontext
from typing import Any

import pytest

from blastlens.functions import batch


@pytest.fixture(autouse=True)
def no_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    """Replace the deadline callback, which depends on real time and has tests of its own."""
    monkeypatch.setattr(batch, "before_deadline", lambda remaining_seconds, rescue: nullcontext())


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print a line for each part of the scenarios; the parts may have run in other processes."""
    told = [
        text
        for report in terminalreporter.stats.get("passed", [])
        for name, text in getattr(report, "user_properties", [])
        if name == "faults" and report.when == "call"
    ]
    if told:
        terminalreporter.section("faults")
        for text in told:
            terminalreporter.write_line(text)
