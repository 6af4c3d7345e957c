"""Failures of files, disks and terminals: one sentence and exit status 1."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

MAIN = "from blastlens.cli.main import main; main()"
SMALL_DISK = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000)); {MAIN}"


def run(*arguments, code=MAIN, stdout=subprocess.PIPE):
    command = [sys.executable, "-c", code, *map(str, arguments)]
    done = subprocess.run(command, check=False, stdout=stdout, stderr=subprocess.PIPE, text=True, timeout=120)
    assert "Traceback" not in done.stderr
    return done


def test_a_folder_that_cannot_be_made_is_named(folder, tmp_path):
    out = tmp_path / "file" / "masks"
    out.parent.write_text("no folder")
    done = run("segment", folder, "--out", out)
    assert done.returncode == 1
    assert f"Error: {out}: Not a directory" in done.stderr


def test_a_full_disk_prints_how_to_continue_and_no_answer_is_lost(folder, package, tmp_path):
    out = tmp_path / "answers.jsonl"
    options = ["classify", folder, "--package", package, "--out", out]
    done = run(*options, code=SMALL_DISK)
    assert done.returncode == 1
    kept = out.read_bytes().count(b"\n")
    assert 0 < kept < 6
    assert f"{kept} of 6 images are answered in {out}. Continue with the same command and --resume." in done.stderr
    assert f"Error: {out}: File too large" in done.stderr
    assert run(*options, "--resume").returncode == 0
    assert len({json.loads(line)["path"] for line in out.read_text().splitlines()}) == 6


def test_a_terminal_without_bars_is_shown_the_rest(folder, package, monkeypatch):
    monkeypatch.setenv("PYTHONIOENCODING", "latin-1")
    done = run("classify", folder / "0.png", "--package", package)
    assert done.returncode == 0
    assert str(folder / "0.png") in done.stdout and "%" in done.stdout


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device that is always full")
@pytest.mark.parametrize("form", [["--json"], []], ids=["JSON", "text"])
def test_a_full_disk_behind_stdout_ends_in_a_sentence(folder, package, form):
    with open("/dev/full", "w") as full:
        done = run("classify", folder / "0.png", "--package", package, *form, stdout=full)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == "Error: No space left on device"
