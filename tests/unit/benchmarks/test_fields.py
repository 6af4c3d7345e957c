"""benchmarks/fields.py with a tiny package."""

import pytest

import fields
from blastlens.inference.classifier import Classifier
from fields import MEASUREMENTS, write_fields
from tests.tiny_package import write_tiny


def test_every_measurement_of_a_large_field_has_its_figures(tmp_path, monkeypatch):
    monkeypatch.setattr(fields, "SIDES", {"12": (3, 600), "50": (8, 900)})
    monkeypatch.setattr(fields, "TURNS", 1)
    monkeypatch.setattr(fields, "WHITE_SIDE", 500)
    write_fields(tmp_path, None)
    classifier = Classifier(write_tiny(tmp_path / "package"), 1)
    figures = {key: value for measure in MEASUREMENTS.values() for key, value in measure(classifier, tmp_path).items()}
    assert figures["windows"] == figures["megapixels_50_windows"] == 1
    assert {"ms_per_window", "window_over_classify", "megapixels_50_s", "peak_mb", "white_over_decode"} <= set(figures)
    assert figures["ms_per_window"] == pytest.approx(figures["window_over_classify"] * figures["classify_ms"], rel=0.01)
