"""Program that runs every benchmark and writes docs/performance.md.

    python -m docs.make_performance [--only NAME ...] [--page-alone]

Each run is stored in docs/runs/performance-NAME.json. For a benchmark that cannot run here, the page states why.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from docs.machine import describe_machine
from docs.performance_page import RUNS, Run, load_runs, render, run_file

SECONDS_TO_END = 5
HERE = Path(__file__).parent
ROOT = HERE.parent


@dataclass(frozen=True)
class Benchmark:
    """A program in benchmarks/, with options that limit its duration.

    Attributes:
        name: file name without extension.
        seconds: time limit, after which it is stopped. The limits of all benchmarks add up to at most 900 seconds.
        options: options in addition to `--json`.
    """

    name: str
    seconds: int
    options: tuple[str, ...] = ()


BENCHMARKS = (
    Benchmark("classify", 50),
    Benchmark("fields", 50),
    Benchmark("screening", 20),
    Benchmark("folder", 70),
    Benchmark("cold_start", 85, ("--starts", "3")),
    Benchmark("runtimes", 80),
    Benchmark("cost", 40),
    Benchmark("load", 60, ("--uploads", "1000")),
    Benchmark("examination", 80, ("--examinations", "4", "--fields", "10")),
    Benchmark("image_size", 60),
    Benchmark("other_laboratories", 40, ("--images", "10")),
    Benchmark("cells", 25, ("--images", "25")),
    Benchmark("input_effect", 15),
    Benchmark("page", 100),
    Benchmark("reports", 20),
    Benchmark("browser_runtimes", 55),
    Benchmark("offline", 50),
)


def run_benchmark(benchmark: Benchmark, folder: Path = ROOT / "benchmarks") -> dict[str, Any]:
    """Run a benchmark, show its output, and return `figures`, or `skipped` or `failed` with a sentence."""
    arguments = [f"{benchmark.name}.py", "--json", *benchmark.options]
    begun = time.monotonic()
    lines, status = _run([sys.executable, "-u", str(folder / arguments[0]), *arguments[1:]], benchmark.seconds)
    run = {
        "name": benchmark.name,
        "command": " ".join(["python", f"benchmarks/{arguments[0]}", *arguments[1:]]),
        "seconds": round(time.monotonic() - begun, 1),
    }
    return {**run, **_outcome(lines, status, benchmark.seconds)}


def _run(command: Sequence[str], seconds: int) -> tuple[list[str], int]:
    """Run a program, show its lines, and return them with its exit status; its children end with it."""
    lines = []
    running = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, start_new_session=True)
    # Interrupted first: some start processes in sessions of their own, and stop them when they are interrupted.
    watches = [
        threading.Timer(seconds, os.killpg, (running.pid, signal.SIGINT)),
        threading.Timer(seconds + SECONDS_TO_END, os.killpg, (running.pid, signal.SIGKILL)),
    ]
    for watch in watches:
        watch.start()
    try:
        assert running.stdout is not None
        with running.stdout as printed:
            for line in printed:
                lines.append(line.rstrip("\n"))
                if not line.startswith("{"):
                    print(f"   {lines[-1]}", flush=True)
        return lines, running.wait()
    finally:
        for watch in watches:
            watch.cancel()
        if running.poll() is None:
            os.killpg(running.pid, signal.SIGKILL)
            running.wait()


def _outcome(lines: Sequence[str], status: int, seconds: int) -> dict[str, Any]:
    if status in (-signal.SIGINT, -signal.SIGKILL):
        return {"failed": f"it was ended after {seconds} s"}
    if status:
        return {"failed": f"it ended with status {status}"}
    last = lines[-1] if lines else ""
    if last.startswith("{"):
        return {"figures": json.loads(last)}
    if last.startswith("skipped: "):
        return {"skipped": _without_places(last.removeprefix("skipped: "))}
    return {"failed": "it printed no figures"}


def _without_places(text: str) -> str:
    """Remove the repository's location on this machine from a text."""
    return text.replace(f"{ROOT}/", "").replace(f"{ROOT.parent}/", "../")


def run_all(chosen: Sequence[Benchmark]) -> list[Run]:
    """Run benchmarks one after the other and store each outcome."""
    machine = describe_machine(ROOT)
    runs: list[Run] = []
    for number, benchmark in enumerate(chosen, start=1):
        print(f"== {number} of {len(chosen)}: {benchmark.name} (at most {benchmark.seconds} s)", flush=True)
        run = {**run_benchmark(benchmark), "machine": machine}
        run_file(benchmark.name).write_text(json.dumps(run, indent=1) + "\n", "utf-8")
        print(f"   {run.get('failed') or run.get('skipped') or 'measured'}, {run['seconds']:.0f} s", flush=True)
        runs.append(run)
    return runs


def main() -> None:
    """Run the chosen benchmarks, write the page, and exit with status 1 if a benchmark failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    names = [benchmark.name for benchmark in BENCHMARKS]
    parser.add_argument("--only", nargs="+", choices=names, default=names, metavar="NAME", help=", ".join(names))
    parser.add_argument("--page-alone", action="store_true", help="run nothing; write the page from the existing runs")
    options = parser.parse_args()
    chosen = [] if options.page_alone else [each for each in BENCHMARKS if each.name in options.only]
    RUNS.mkdir(exist_ok=True)
    runs = run_all(chosen)
    (HERE / "performance.md").write_text(render(load_runs()), "utf-8")
    print("Wrote docs/performance.md.")
    sys.exit(any("failed" in run for run in runs))


if __name__ == "__main__":
    main()
