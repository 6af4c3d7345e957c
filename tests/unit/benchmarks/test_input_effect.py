"""benchmarks/input_effect.py without images."""

import sys

from input_effect import main


def test_a_measurement_without_images_is_skipped_with_a_message(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["input_effect.py", "--data", str(tmp_path)])
    main()
    assert capsys.readouterr().out.startswith("skipped: there is no folder ")
