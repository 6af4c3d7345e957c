"""The text of docs/performance.md, from the files docs/runs/performance-*.json."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from string import Template
from typing import Any

from docs.markdown import table

HERE = Path(__file__).parent
RUNS = HERE / "runs"
SECTIONS = (
    "classify",
    "fields",
    "screening",
    "folder",
    "cold_start",
    "runtimes",
    "cost",
    "load",
    "examination",
    "image_size",
    "other_laboratories",
    "cells",
    "input_effect",
    "page",
    "reports",
    "browser_runtimes",
    "offline",
)

Run = Mapping[str, Any]
Table = list[list[str]]

_MACHINE = ("benchmark", "measured on", "cores", "memory, GB", "system", "Python", "commit", "date", "duration, s")
_COST = {
    "memory_mb": "memory, MB",
    "threads": "threads",
    "a_day": "images a day",
    "image_s": "s per image",
    "cold_share": "cold-start share",
    "gb_seconds": "GB-s",
    "duration": "duration, USD",
    "requests": "requests, USD",
    "snapshot": "SnapStart, USD",
    "usd_per_1000": "total, USD",
    "without_snapshot": "without SnapStart, USD",
}


def run_file(name: str) -> Path:
    """Return the path of a benchmark's run file."""
    return RUNS / f"performance-{name}.json"


def load_runs(folder: Path = RUNS) -> dict[str, Run]:
    """Return the existing runs by the name of their benchmark."""
    files = sorted(folder.glob("performance-*.json"))
    runs = [json.loads(file.read_text("utf-8")) for file in files]
    return {run["name"]: run for run in runs}


def render(runs: Mapping[str, Run]) -> str:
    """Return the page as Markdown; a section without a run says that it was not measured."""
    sections = {name: _section(name, runs.get(name)) for name in SECTIONS}
    page = Template((HERE / "performance.template.md").read_text("utf-8"))
    return page.substitute(machine=_machines(runs), **sections)


def shown(value: object) -> str:
    """Format a figure: floats with four significant digits, integers with separators, text unchanged."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.4g}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def _machines(runs: Mapping[str, Run]) -> str:
    rows = []
    for name in SECTIONS:
        if name in runs:
            run, machine = runs[name], runs[name]["machine"]
            of_machine = ("processor", "cores", "memory_gb", "system", "python", "commit", "date")
            rows.append([name, *(shown(machine[key]) for key in of_machine), f"{run['seconds']:.0f}"])
    return table(_MACHINE, rows) if rows else "Nothing has been measured yet: run `make bench`."


def _section(name: str, run: Run | None) -> str:
    if run is None:
        return "Not measured yet."
    if "figures" not in run:
        why = f"Skipped: {run['skipped']}" if "skipped" in run else f"Failed: {run['failed']}"
        return f"{why}.\n\n`{run['command']}`"
    body = _SPECIAL.get(name, _plain)(run["figures"])
    return f"{body}\n\n`{run['command']}`"


def _plain(figures: Mapping[str, Any]) -> str:
    """Return a table with one row per figure; a figure with several parts has a row for each."""
    rows: Table = []
    for name, value in figures.items():
        parts = value.items() if isinstance(value, dict) else [("", value)]
        rows += [[f"{name} {part}".replace("_", " ").strip(), shown(each)] for part, each in parts]
    return table(("figure", "value"), rows)


def _runtimes(figures: Mapping[str, Any]) -> str:
    rows = figures["rows"]
    return table([name.replace("_", " ") for name in rows[0]], [[shown(each) for each in row.values()] for row in rows])


def _browser_runtimes(figures: Mapping[str, Any]) -> str:
    """Return a row for each runtime and package; what failed has its message."""
    names = ("runtime", "package", "load_ms", "first_ms", "warm_ms", "memory_mb", "max_difference", "failed")
    rows = [[shown(row.get(name, "")) for name in names] for row in figures["rows"]]
    return table([name.replace("_", " ") for name in names], rows)


def _cost(figures: Mapping[str, Any]) -> str:
    rows = [[shown(row.get(name, "not measured")) for name in _COST] for row in figures["rows"]]
    single = {name: value for name, value in figures.items() if name not in ("rows", "timings")}
    threads = {
        f"seconds on {count} threads: {name}": value
        for count, timing in figures["timings"].items()
        for name, value in timing.items()
    }
    return f"{table(list(_COST.values()), rows)}\n\n{_plain({**single, **threads})}"


def _laboratories(figures: Mapping[str, Any]) -> str:
    """Return one row of counts for each laboratory; the model card has the shares."""
    counts = ("malignant_without_benign", "benign_alone")
    rows = [
        [name, *(shown(row[key]) for key in ("images", "rejected")), *(shown(row[key]["count"]) for key in counts)]
        for name, row in figures["laboratories"].items()
    ]
    return table(("laboratory", "images", "rejected", "malignant without benign", "benign alone"), rows)


def _cells(figures: Mapping[str, Any]) -> str:
    """Return one row for each share and error; a figure that a package does not have says so."""
    rows = [["counted", "", figures["counted"]]]
    for folder, row in figures.items():
        for name, value in row.items() if isinstance(row, dict) and folder != "package" else ():
            rows += [[folder, words.replace("_", " "), shown(each)] for words, each in _parts(name, value)]
    return table(("images of", "figure", "value"), rows)


def _parts(name: str, value: object) -> list[tuple[str, object]]:
    """Return the figures in a figure by name: a share's value and its interval, or the parts of several."""
    if not isinstance(value, dict):
        return [(name, value)]
    if "value" in value:
        return [(name, value["value"]), (f"{name} at least", value["low"]), (f"{name} at most", value["high"])]
    return [part for key, each in value.items() for part in _parts(f"{name} {key}", each)]


_SPECIAL: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "browser_runtimes": _browser_runtimes,
    "runtimes": _runtimes,
    "cost": _cost,
    "other_laboratories": _laboratories,
    "cells": _cells,
}
