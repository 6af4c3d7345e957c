"""Sentences of a model card on what a package reads."""

from dataclasses import replace

from blastlens.inference.aggregation import windows_alone
from blastlens.inference.manifest import FieldGraph
from blastlens.inference.package import SCREENING, load_package
from docs.reading_sentences import reading_sentences

GRAPH = FieldGraph("graph.tflite", "0" * 64, {})
WHOLE = replace(load_package(SCREENING).manifest, evaluated_um=None, scale=None, cells=None)
FIELDS = replace(WHOLE, evaluated_um=(0.05, 1.0), scale=GRAPH, cells=GRAPH, aggregation=None)
RULE = replace(windows_alone(0.1, 0.99), least_cells=3, greatest_error=0.4)


def test_a_package_without_graphs_of_scale_and_cells_reads_an_image_as_one_window():
    assert "reads an image as one window" in reading_sentences(WHOLE)


def test_a_package_for_fields_states_its_range_and_its_limits():
    lines = reading_sentences(replace(FIELDS, aggregation=RULE))
    text = " ".join(lines.split())
    for fact in ("0.05 to 1 micrometres", "more than 40 %", "more than 30 %", "fewer than 3 white cells"):
        assert fact in text
    assert "Magnification" in text
    assert lines.count("\n* ") == 2 and max(map(len, lines.splitlines())) <= 150


def test_without_a_rule_for_fields_no_limit_of_cells_is_stated():
    text = reading_sentences(FIELDS)
    assert "fewer than" not in text and "where none can be named" in text
