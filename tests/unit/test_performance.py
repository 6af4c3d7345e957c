"""docs/performance.md against its runs, and the program that writes it."""

import json
import re

import pytest

from docs import make_performance
from docs.make_performance import BENCHMARKS, Benchmark, run_benchmark
from docs.performance_page import HERE, SECTIONS, load_runs, render, shown

PAGE = (HERE / "performance.md").read_text("utf-8")
MACHINE = {
    "processor": "A Processor",
    "cores": 2,
    "memory_gb": 8.1,
    "system": "Linux x86_64",
    "python": "3.13.1",
    "commit": "abc1234",
    "date": "2026-11-25",
}


def a_run(name, **outcome):
    return {
        "name": name,
        "command": f"python benchmarks/{name}.py --json",
        "seconds": 12.0,
        "machine": MACHINE,
        **outcome,
    }


def values(found):
    if isinstance(found, dict | list):
        for each in found.values() if isinstance(found, dict) else found:
            yield from values(each)
    else:
        yield shown(found)


def test_the_page_is_made_from_the_runs_as_they_are_now():
    assert render(load_runs()) == PAGE, "run: python -m docs.make_performance --page-alone"


def test_every_decimal_in_a_table_of_the_page_stands_in_a_run():
    tables = "\n".join(line for line in PAGE.splitlines() if line.startswith("|"))
    told = " ".join(values(list(load_runs().values())))
    assert set(re.findall(r"\d+\.\d+", tables)) <= set(re.findall(r"\d+\.\d+", told))


def test_no_run_contains_a_path_of_a_machine():
    for run in load_runs().values():
        assert str(HERE.parent.parent) not in json.dumps(run)


def test_every_benchmark_has_a_section_and_together_they_take_a_quarter_of_an_hour_at_most():
    assert {benchmark.name for benchmark in BENCHMARKS} == set(SECTIONS)
    assert sum(benchmark.seconds for benchmark in BENCHMARKS) <= 900


def test_every_program_among_the_benchmarks_is_run():
    programs = {
        file.stem for file in (HERE.parent / "benchmarks").glob("*.py") if "__main__" in file.read_text("utf-8")
    }
    assert programs == set(SECTIONS)


def test_the_machine_is_named():
    page = render({"load": a_run("load", figures={"lost": 0})})
    assert "| load | A Processor | 2 | 8.1 | Linux x86_64 | 3.13.1 | abc1234 | 2026-11-25 | 12 |" in page


def test_figures_are_rows_with_their_command():
    page = render({"load": a_run("load", figures={"lost": 0, "overhead": 0.0125, "parts": {"one": 1.5}})})
    assert "| lost | 0 |\n| overhead | 0.0125 |\n| parts one | 1.5 |" in page
    assert "`python benchmarks/load.py --json`" in page


def test_runtimes_are_a_table_with_a_row_each():
    rows = [{"runtime": "LiteRT", "threads": 1, "warm_ms": 52.25}]
    page = render({"runtimes": a_run("runtimes", figures={"rows": rows})})
    assert "| runtime | threads | warm ms |\n|---|---|---|\n| LiteRT | 1 | 52.25 |" in page


def test_runtimes_in_a_browser_are_a_table_in_which_those_that_fail_say_why():
    works = {"runtime": "LiteRT.js", "package": "screening", "load_ms": 512.5, "warm_ms": 28.25}
    fails = {"runtime": "MediaPipe", "package": "screening", "failed": "it wants metadata"}
    page = render({"browser_runtimes": a_run("browser_runtimes", figures={"rows": [works, fails]})})
    assert "| LiteRT.js | screening | 512.5 |  | 28.25 |  |  |  |" in page
    assert "| MediaPipe | screening |  |  |  |  |  | it wants metadata |" in page


def test_a_memory_size_without_a_measurement_is_marked():
    rows = [{"memory_mb": 5307, "threads": 3, "a_day": 10, "measured": False}]
    page = render({"cost": a_run("cost", figures={"rows": rows, "timings": {"1": {"wall": 0.25}}})})
    assert "| 5,307 | 3 | 10 | not measured | not measured |" in page
    assert "| seconds on 1 threads: wall | 0.25 |" in page


def test_laboratories_and_cells_have_a_row_each():
    share = {"count": 1, "value": 0.25, "low": 0.125, "high": 0.5}
    row = {"images": 4, "rejected": 2, "malignant_without_benign": share, "benign_alone": {**share, "count": 0}}
    figures = {"laboratories": {"raabin": row}}
    assert "| raabin | 4 | 2 | 1 | 0 |" in render({"other_laboratories": a_run("other_laboratories", figures=figures)})
    cells = {"counted": "cells", "raabin": {"recall": share, "pixel_size": {"median_error": 0.0625}}}
    page = render({"cells": a_run("cells", figures={"package": {"name": "fusion"}, **cells})})
    assert "| counted |  | cells |\n| raabin | recall | 0.25 |\n| raabin | recall at least | 0.125 |" in page
    assert "| raabin | pixel size median error | 0.0625 |" in page


def test_a_skipped_or_failed_benchmark_has_its_own_line():
    runs = {"load": a_run("load", failed="it ended with status 1"), "cost": a_run("cost", skipped="no cores")}
    page = render(runs)
    assert "Failed: it ended with status 1." in page
    assert "Skipped: no cores." in page


def test_what_was_not_run_is_not_measured_yet():
    assert render({}).count("Not measured yet.") == len(SECTIONS)


@pytest.mark.parametrize(
    ("program", "outcome"),
    [
        ("print('seen 1'); print('{\"lost\": 0}')", {"figures": {"lost": 0}}),
        ("print('skipped: Docker is not installed')", {"skipped": "Docker is not installed"}),
        ("raise SystemExit(3)", {"failed": "it ended with status 3"}),
        ("print('nothing')", {"failed": "it printed no figures"}),
        ("import time; time.sleep(60)", {"failed": "it was ended after 1 s"}),
    ],
)
def test_a_benchmarks_outcome_is_what_it_printed_last(tmp_path, program, outcome):
    (tmp_path / "tried.py").write_text(program)
    run = run_benchmark(Benchmark("tried", 1 if "sleep" in program else 30), tmp_path)
    assert run.items() >= outcome.items()
    assert run["command"] == "python benchmarks/tried.py --json"


def test_a_skipped_benchmark_contains_no_path_of_this_machine(tmp_path):
    (tmp_path / "tried.py").write_text(f"print('skipped: nothing in {make_performance.ROOT.parent}/shared/data')")
    assert run_benchmark(Benchmark("tried", 30), tmp_path)["skipped"] == "nothing in ../shared/data"
