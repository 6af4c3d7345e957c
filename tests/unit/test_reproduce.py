"""docs/reproduce.py: its steps, what is missing, and the comparison of figures."""

import sys
from pathlib import Path

import pytest

from blastlens.inference.package import SHIPPED, load_package
from docs import reproduce
from docs.reproduce import STEPS, Step, compare_figures, find_missing, main, run_step

SHIPPED_FIGURES = {
    "validation": {"accuracy": 0.99, "set_size": 1.1, "recall": {"benign": 0.97}, "confusion": [[1, 2]], "images": 291},
    "note": "text",
}


def run(monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", ["reproduce", *map(str, arguments)])
    with pytest.raises(SystemExit) as ended:
        main()
    return ended.value.code


def test_the_steps_are_the_three_recipes_and_the_assembly():
    assert [step.recipe for step in STEPS] == ["scale", "cells", "windows", ""]
    assert all(step.minutes > 0 for step in STEPS)


def test_every_recipe_and_option_of_the_steps_exists(tmp_path):
    missing = find_missing(STEPS, tmp_path)
    assert missing and all(fault.startswith("there is no folder") for fault in missing)


def test_the_windows_are_trained_with_the_source_that_the_shipped_package_states():
    (windows,) = (step for step in STEPS if step.name == "windows")
    words = windows.words(Path("real"), Path("work"))
    assert words[words.index("--source") + 1] == load_package(SHIPPED).manifest.training_data["source"]


def test_what_a_step_needs_and_is_missing_is_named(tmp_path):
    (tmp_path / "fusion.toml").touch()
    steps = (
        Step("good", 1, "train --recipe fusion --data {data} --package {work}/good", "fusion"),
        Step("bad", 1, "train --recipe none --dta {data}/none", "none"),
        Step("worse", 1, "sing {data}/none"),
    )
    assert find_missing(steps[:1], tmp_path, tmp_path) == []
    assert find_missing(steps, tmp_path, tmp_path) == [
        "bad: there is no recipe none.",
        "bad: `blastlens train` has no option --dta.",
        "worse: there is no command sing.",
        f"there is no folder {tmp_path / 'none'}. Name the folder of real images with --data.",
    ]


def test_a_check_lists_the_steps_and_trains_nothing(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(reproduce, "run_step", None)
    assert run(monkeypatch, "--check", "--data", tmp_path / "none", "--work", tmp_path / "work") == 2
    shown = capsys.readouterr()
    assert "windows (about 120 minutes): blastlens train --recipe windows " in shown.out
    assert "hours on two cores" in shown.out and "there is no folder" in shown.err
    assert not (tmp_path / "work").exists()


def test_figures_hold_within_their_tolerance():
    made = {"validation": {"accuracy": 0.975, "set_size": 1.3, "recall": {}}}
    rows = {name: (again, holds) for name, _, again, holds in compare_figures(SHIPPED_FIGURES, made)}
    assert rows == {
        "validation.accuracy": (0.975, True),
        "validation.set_size": (1.3, False),
        "validation.recall.benign": (None, False),
    }
    assert all(holds for *_, holds in compare_figures(SHIPPED_FIGURES, SHIPPED_FIGURES))


def test_a_package_is_compared_with_the_shipped_one(capsys, monkeypatch):
    assert run(monkeypatch, "--compare", SHIPPED) == 0
    assert "The figures hold" in capsys.readouterr().out


def test_a_step_that_is_done_is_not_repeated(tmp_path, capsys, monkeypatch):
    calls: list[list[str]] = []
    monkeypatch.setattr("subprocess.run", lambda words, check: calls.append(words))
    step = Step("windows", 1, "train --data {data}/images --package {work}/windows")
    run_step(step, Path("real"), tmp_path)
    assert calls[0][-5:] == ["train", "--data", "real/images", "--package", f"{tmp_path}/windows"]
    (tmp_path / "windows").mkdir()
    (tmp_path / "windows" / "manifest.json").touch()
    run_step(step, Path("real"), tmp_path)
    assert len(calls) == 1 and "exists" in capsys.readouterr().out
