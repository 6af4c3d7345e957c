"""Options and output shared by all benchmarks."""

import argparse
import json
import resource
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def make_parser(description: str | None) -> argparse.ArgumentParser:
    """Make an argument parser with a module's docstring as help, and `--json`."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="also print the figures as one JSON object at the end")
    return parser


def report(figures: Mapping[str, Any], as_json: bool) -> None:
    """Print one figure per line.

    With `as_json`, print all figures as one JSON object at the end.
    """
    for name, figure in figures.items():
        if isinstance(figure, float):
            print(f"{name:32} {figure:12.4g}")
        elif not isinstance(figure, list | dict):
            print(f"{name:32} {figure!s:>12}")
    if as_json:
        print(json.dumps(figures))


def peak_mb() -> float:
    """Return the peak memory of this process in MB.

    `ru_maxrss` would include the parent's peak on Linux.
    """
    if Path("/proc/self/status").is_file():
        return peak_mb_of("self")
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def peak_mb_of(process: int | str) -> float:
    """Return the peak memory of a process of Linux in MB, by its id or as "self"."""
    status = Path(f"/proc/{process}/status").read_text()
    return next(int(line.split()[1]) * 1024 / 1e6 for line in status.splitlines() if line.startswith("VmHWM"))
