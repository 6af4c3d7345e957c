"""Output of `blastlens tune` in other encodings than UTF-8."""

import importlib

import click
import pytest
from click.testing import CliRunner

from blastlens.cli import main
from blastlens.cli.tune import _write_result
from blastlens.training.recipes.toml import load_recipe
from blastlens.training.tuning.search import SearchResult, TrialResult, TuningRequest


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_the_table_ends_without_a_traceback_and_the_recipe_is_utf_8(tmp_path, monkeypatch, encoding):
    trials = (TrialResult(0, "finished", 0.9, 3, {"dropout": 0.2}), TrialResult(1, "stopped", None, 0, {}))
    request = TuningRequest(load_recipe("fusion"), 2, tmp_path / "Łódź.log", 0, "id")
    out = tmp_path / "Łódź.toml"

    @click.command("tune")
    def tune() -> None:
        _write_result(SearchResult(trials, request.recipe), request, out)

    monkeypatch.setitem(main.COMMANDS, "tune", (__name__, "Tune."))
    monkeypatch.setattr(importlib, "import_module", lambda name: type("Module", (), {"tune": tune}))
    shown = CliRunner(charset=encoding).invoke(main.cli, ["tune"])
    assert shown.exit_code == 0, shown.exception
    assert b"accuracy" in shown.stdout_bytes and b"0.9000" in shown.stdout_bytes
    assert "trial 0 of 2" in out.read_text("utf-8")
