"""Tells at the end of a run how many scenarios were tried and what was made to fail."""

from typing import Any


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
