"""benchmarks/fields.py with a tiny package and small files."""

import pytest

import fields
from tests.tiny_package import write_tiny


def test_every_measurement_of_fields_has_its_figures(tmp_path, monkeypatch):
    monkeypatch.setattr(fields, "TURNS", 1)
    monkeypatch.setattr(fields, "WARM_UP", 0)
    monkeypatch.setattr(fields, "FIFTY", (300, 400))
    monkeypatch.setattr(fields, "TWELVE", (300, 400))
    package = tmp_path / "package"
    write_tiny(package)
    fields.write_inputs(tmp_path)
    figures = {key: value for each in fields.MEASUREMENTS.values() for key, value in each(package, tmp_path).items()}
    assert {"ms_per_window", "megapixels_50_s", "peak_mb", "twelve_megapixel_s"} <= set(figures)
    assert figures["white_png_over_decode"] > 0
    more = figures["ms_per_window"] / figures["classify_ms"]
    assert figures["window_over_classify"] == pytest.approx(more, rel=0.01)
