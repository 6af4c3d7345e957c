"""docs/performance.md as text, from the files docs/runs/performance-*.json."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from string import Template
from typing import Any

from docs.markdown import table

HERE = Path(__file__).parent
RUNS = HERE / "runs"
SECTIONS = ("classify", "screening", "folder", "cold_start", "runtimes", "cost", "load", "image_size", "elsewhere")

Run = Mapping[str, Any]
Table = list[list[str]]

_MACHINE = ("benchmark", "measured on", "cores", "memory, GB", "system", "Python", "commit", "date", "took, s")
_COST = {
    "memory_mb": "memory, MB",
    "threads": "threads",
    "a_day": "images a day",
    "image_s": "s an image",
    "cold_share": "cold",
    "gb_seconds": "GB-s",
    "duration": "duration, USD",
    "requests": "requests, USD",
    "snapshot": "SnapStart, USD",
    "usd_per_1000": "in all, USD",
    "without_snapshot": "without SnapStart, USD",
}


def run_file(name: str) -> Path:
    """Return where a benchmark's run is kept."""
    return RUNS / f"performance-{name}.json"


def load_runs(folder: Path = RUNS) -> dict[str, Run]:
    """Return the runs there are, by the name of their benchmark."""
    files = sorted(folder.glob("performance-*.json"))
    runs = [json.loads(file.read_text("utf-8")) for file in files]
    return {run["name"]: run for run in runs}


def render(runs: Mapping[str, Run]) -> str:
    """Return the page as Markdown; what has no run is said not to be measured."""
    sections = {name: _section(name, runs.get(name)) for name in SECTIONS}
    page = Template((HERE / "performance.template.md").read_text("utf-8"))
    return page.substitute(machine=_machines(runs), **sections)


def shown(value: object) -> str:
    """Return a figure as the page shows it: four digits that count, a share as it is, a sentence whole."""
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
    return table(_MACHINE, rows) if rows else "Nothing was measured yet: run `make bench`."


def _section(name: str, run: Run | None) -> str:
    if run is None:
        return "Not measured yet."
    if "figures" not in run:
        why = f"Skipped: {run['skipped']}" if "skipped" in run else f"Failed: {run['failed']}"
        return f"{why}.\n\n`{run['command']}`"
    body = _SPECIAL.get(name, _plain)(run["figures"])
    return f"{body}\n\n`{run['command']}`"


def _plain(figures: Mapping[str, Any]) -> str:
    """Return single figures one a row; a figure of several parts has a row for each."""
    rows: Table = []
    for name, value in figures.items():
        parts = value.items() if isinstance(value, dict) else [("", value)]
        rows += [[f"{name} {part}".replace("_", " ").strip(), shown(each)] for part, each in parts]
    return table(("figure", "value"), rows)


def _runtimes(figures: Mapping[str, Any]) -> str:
    rows = figures["rows"]
    return table([name.replace("_", " ") for name in rows[0]], [[shown(each) for each in row.values()] for row in rows])


def _cost(figures: Mapping[str, Any]) -> str:
    rows = [[shown(row.get(name, "not measured")) for name in _COST] for row in figures["rows"]]
    single = {name: value for name, value in figures.items() if name not in ("rows", "timings")}
    threads = {
        f"seconds on {count} threads: {name}": value
        for count, timing in figures["timings"].items()
        for name, value in timing.items()
    }
    return f"{table(list(_COST.values()), rows)}\n\n{_plain({**single, **threads})}"


_SPECIAL: dict[str, Callable[[Mapping[str, Any]], str]] = {"runtimes": _runtimes, "cost": _cost}
