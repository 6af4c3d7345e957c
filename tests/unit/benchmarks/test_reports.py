"""Figures of benchmarks/reports.py."""

import json
import sys

from reports import main, make_examination


def test_the_benchmark_prints_time_size_and_memory_of_a_report(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["reports.py", "--repeat", "1", "--json"])
    main()
    figures = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert figures.keys() == {"first_ms", "ms", "patient_ms", "bytes", "patient_bytes", "peak_mb"}
    assert min(figures.values()) > 0 and figures["bytes"] > figures["patient_bytes"]


def test_no_report_is_measured_twice():
    assert make_examination(1).id != make_examination(2).id
