"""benchmarks/elsewhere.py with missing folders of images."""

import json
import subprocess
import sys
from pathlib import Path

from tests.tiny_package import write_tiny

SCRIPT = Path(__file__).resolve().parents[3] / "benchmarks" / "elsewhere.py"


def refuse(constant):
    raise AssertionError(f"{constant} is no JSON")


def test_measurements_without_images_are_skipped_with_a_message(tmp_path):
    write_tiny(tmp_path / "package")
    (tmp_path / "data" / "not-smears").mkdir(parents=True)
    command = [sys.executable, SCRIPT, "--package", tmp_path / "package", "--data", tmp_path / "data", "--json"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    figures = json.loads(done.stdout.splitlines()[-1], parse_constant=refuse)
    assert "change_without_input" not in figures
    assert "skipped: the effect of each input" in done.stdout
