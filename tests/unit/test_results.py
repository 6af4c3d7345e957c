"""docs/results.md says what the files in docs/runs say, and nothing else."""

import copy
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from docs.make_results import (
    RECIPES,
    RUNS,
    check_recipe_figures,
    load_audits,
    load_evaluations,
    recipes_of,
    render,
)

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "results.md").read_text("utf-8")


def rendered_now():
    return render(load_evaluations(), load_audits(), sorted(file.stem for file in RECIPES.glob("*.toml")))


def decimals(text):
    return set(re.findall(r"\d+\.\d{2,}", text))


def floats(values: Any) -> Iterator[float]:
    if isinstance(values, float):
        yield values
    elif isinstance(values, dict | list):
        for value in values.values() if isinstance(values, dict) else values:
            yield from floats(value)


def test_the_page_is_made_from_the_runs_as_they_are_now():
    assert rendered_now() == PAGE, "run: python -m docs.make_results"


def test_every_figure_on_the_page_stands_in_a_run():
    runs = [json.loads(file.read_text("utf-8")) for file in RUNS.rglob("*.json")]
    assert decimals(PAGE) <= {f"{value:.4f}" for value in floats(runs)}


def test_every_figure_in_a_recipe_is_that_of_the_run_it_names():
    assert check_recipe_figures(load_evaluations()) == []


def estimate(value):
    return {"value": value, "low": value - 0.01, "high": value + 0.01}


def a_run(name="fusion-group-seed0"):
    split = {"how": "group", "seed": 0, "shares": [0.8, 0.1, 0.1], "fold": None, "folds": None}
    recalls = {"benign": 0.9123, "pro_b": 0.9876}
    return {
        "name": name,
        "recipe": "fusion",
        "part": "validation",
        "allow_leak": False,
        "data": "images",
        "images_like_training": 7,
        "packages": [{"digest": "5f" * 32, "size": 128, "stages": ["16 epochs at 64 px"], "split": split}],
        "command": "blastlens evaluate --package fusion --data images --out OUT",
        "network_alone": 0.9728,
        "scores": {
            "images": 291,
            "rejected": 3,
            "accuracy": estimate(0.9621),
            "calibration_error": estimate(0.0214),
            "set_coverage": estimate(0.9931),
            "set_size": {"value": None, "low": None, "high": None},
            "classes": {label: {"recall": estimate(value)} for label, value in recalls.items()},
        },
    }


def an_audit(recipe="fusion"):
    row = {"probe": "corner alone", "accuracy": 0.3512, "images": 291, "rejected": 12, "note": ""}
    return {"package": {"name": "fusion", "version": "0.2.0", "recipe": recipe}, "rows": [row]}


def test_a_run_gives_a_row_with_its_figures_and_intervals():
    page = render([a_run()], [], ["fusion"])
    assert "| fusion | group, seed 0 | 16 epochs at 64 px; reads 128 px | 291 |" in page
    assert "| 291 | 0.9621 [0.9521, 0.9721] | 0.9728 | 0.9123 | 0.0214 [0.0114, 0.0314] |" in page
    assert "| none | 3 | 7 |" in page
    assert "`blastlens evaluate --package fusion --data images --out OUT`" in page


def test_a_run_that_does_not_tell_of_the_network_alone_claims_nothing_of_it():
    page = render([{name: value for name, value in a_run().items() if name != "network_alone"}], [], ["fusion"])
    assert "| 0.9621 [0.9521, 0.9721] |  | 0.9123 |" in page


def test_what_was_fitted_to_the_images_that_judge_is_marked_so():
    page = render([{**a_run(), "part": "calibration"}], [], ["fusion"])
    assert "| 0.0214 [0.0114, 0.0314] (fitted) | 0.9931 [0.9831, 1.0031] (fitted) |" in page
    assert "(fitted) |" not in render([a_run()], [], ["fusion"])


def test_a_package_that_was_judged_twice_is_counted_once():
    other = copy.deepcopy(a_run("fusion-group-seed1"))
    other["packages"][0]["digest"] = "6f" * 32
    page = render([a_run(), {**a_run(), "part": "calibration"}, other], [], [])
    assert "3 evaluations of 2 packages" in page


def test_a_recipe_makes_the_model_of_the_recipe_that_it_extends(tmp_path):
    (tmp_path / "own.toml").write_text('extends = "fusion"\n[recipe]\nname = "own"\nmodel = "mine"\n')
    (tmp_path / "further.toml").write_text(f'extends = "{tmp_path}/own.toml"\n[recipe]\nname = "further"\n')
    (tmp_path / "alone.toml").write_text('extends = "published"\n[recipe]\nname = "alone"\n')
    assert recipes_of("mine", tmp_path) == {"own", "further"}
    assert recipes_of("alone", tmp_path) == {"alone"}


def test_a_leak_is_said_in_the_table():
    assert "not its own split" in render([{**a_run(), "allow_leak": True}], [], [])


def test_folds_are_counted_in_the_table():
    run = a_run()
    run["packages"][0]["split"] |= {"fold": 0, "folds": 5}
    run["packages"] = [copy.deepcopy(run["packages"][0]) for _ in range(3)]
    assert "group, seed 0, 3 of 5 folds" in render([run], [], [])


def test_without_a_run_the_page_says_so_and_claims_nothing():
    page = render([], [], ["fusion", "published"])
    assert "No experiment was run yet." in page
    assert "No audit was run yet." in page
    assert "of which nothing is claimed: fusion, published." in page
    assert not decimals(page)


def test_audits_stand_side_by_side():
    other = an_audit("published")
    other["rows"] = [{"probe": "hue turned", "accuracy": 0.5, "images": 291, "note": ""}]
    page = render([], [an_audit(), other], [])
    assert "| probe | fusion (fusion 0.2.0) | published (fusion 0.2.0) |" in page
    assert "| corner alone | 0.3512 of 291, 12 rejected |  |" in page
    assert "| hue turned |  | 0.5000 of 291 |" in page


def test_a_swapped_scale_bar_is_left_out_where_it_says_nothing():
    swapped = {"probe": "scale bar of another class", "accuracy": 0.5, "images": 291, "note": ""}
    both = [{**an_audit(recipe), "rows": [swapped]} for recipe in ("fusion", "screening")]
    assert "| scale bar of another class | 0.5000 of 291 |  |" in render([], both, [])


def write_run(folder, name, run):
    (folder / f"{name}.json").write_text(json.dumps(run))


def test_audit_files_hold_one_package_or_several(tmp_path):
    write_run(tmp_path, "audit-one", an_audit("one"))
    write_run(tmp_path, "audit-two", {"packages": [an_audit("two"), an_audit("three")]})
    assert [audit["package"]["recipe"] for audit in load_audits(tmp_path)] == ["one", "two", "three"]
    assert load_evaluations(tmp_path) == []


def test_a_file_called_otherwise_than_its_run_is_refused(tmp_path):
    write_run(tmp_path, "fusion-group-seed1", a_run())
    with pytest.raises(ValueError, match=r"fusion-group-seed1\.json holds the run fusion-group-seed0"):
        load_evaluations(tmp_path)


@pytest.mark.parametrize(
    ("measured", "fault"),
    [
        ('run = "fusion-group-seed0"\naccuracy = 0.9621\nleast_recall = 0.9123\nimages = 291', None),
        ('run = "fusion-group-seed0"\naccuracy = 0.9623', "accuracy = 0.9623"),
        ('run = "fusion-group-seed0"\nbeauty = 1.0', "beauty"),
        ('run = "fusion-group-seed9"', "not in docs/runs"),
        ("accuracy = 0.9621", "None"),
    ],
)
def test_a_recipes_figures_are_held_against_its_run(tmp_path, measured, fault):
    (tmp_path / "fusion.toml").write_text(f"[recipe]\nname = 'fusion'\n[measured]\n{measured}\n")
    faults = check_recipe_figures([a_run()], tmp_path)
    assert len(faults) == (fault is not None)
    assert fault is None or fault in faults[0]


def test_a_recipe_without_figures_claims_none(tmp_path):
    (tmp_path / "fusion.toml").write_text("[recipe]\nname = 'fusion'\n")
    assert check_recipe_figures([a_run()], tmp_path) == []
