"""Tests of docs/results.md and its CSV files against the files in docs/runs."""

import copy
import csv
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from docs.evaluations import RUNS, load_audits, load_evaluations, load_examinations, load_laboratories
from docs.make_results import (
    FIRST_PAPER,
    HEADLINES,
    RECIPES,
    SECOND_PAPER,
    audits_csv,
    check_recipe_figures,
    evaluations_csv,
    render,
)

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGE = (DOCS / "results.md").read_text("utf-8")


def rendered_now():
    recipes = sorted(file.stem for file in RECIPES.glob("*.toml"))
    return render(load_evaluations(), load_audits(), recipes, load_laboratories(), load_examinations())


def decimals(text):
    return set(re.findall(r"\d+\.\d{2,}(?!\.\d)", text))  # 0.10.0 is a version


def floats(values: Any) -> Iterator[float]:
    if isinstance(values, float):
        yield values
    elif isinstance(values, dict | list):
        for value in values.values() if isinstance(values, dict) else values:
            yield from floats(value)


def test_the_page_and_its_csv_files_are_made_from_the_runs_as_they_are_now():
    again = "run: python -m docs.make_results"
    assert rendered_now() == PAGE, again
    assert evaluations_csv(load_evaluations()) == (DOCS / "results.csv").read_text("utf-8"), again
    assert audits_csv(load_audits()) == (DOCS / "audits.csv").read_text("utf-8"), again


def test_every_figure_on_the_page_is_in_a_run_or_is_a_papers():
    runs = [json.loads(file.read_text("utf-8")) for file in RUNS.rglob("*.json")]
    papers = {f"{FIRST_PAPER}", f"{SECOND_PAPER}"}
    kinds = {row["kind"] for audit in load_audits() for row in audit.get("fields", [])}  # some are named by a number
    assert decimals(PAGE) - papers - decimals(" ".join(kinds)) <= {f"{value:.4f}" for value in floats(runs)}


def test_the_page_opens_with_five_lines_and_a_table_of_at_most_ten_rows():
    lines = PAGE.split("## Appendix")[0].splitlines()
    assert sum(line.startswith("* ") for line in lines) == 5
    rows = [line for line in lines if line.startswith("| ")][1:]
    assert len(rows) == len(HEADLINES) <= 10
    assert not [line for line in lines if "not measured" in line]


def test_the_runs_of_removed_recipes_are_in_the_csv_and_marked():
    archived = {run["name"]: run["archived"] for run in load_evaluations()}
    assert archived["matrix-vgg16-original-group-seed0"] and not archived["published-group-seed0"]
    assert {row["package"]["recipe"] for row in load_audits() if row["archived"]} == {
        "fusion-as-taken",
        "screening-blasts",
    }


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
        "archived": False,
        "packages": [
            {
                "name": "fusion",
                "version": "0.3.0",
                "digest": "5f" * 32,
                "size": 128,
                "stages": ["16 epochs at 64 px"],
                "split": split,
            }
        ],
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


def an_audit(recipe="fusion-apart"):
    row = {"probe": "corner alone", "accuracy": 0.3512, "images": 291, "rejected": 12, "note": ""}
    return {"package": {"name": "fusion", "version": "0.2.0", "recipe": recipe}, "rows": [row]}


def csv_of(run):
    (row,) = csv.DictReader(evaluations_csv([run]).splitlines())
    return row


def test_a_headline_has_the_figures_and_intervals_of_its_run():
    page = render([a_run("fusion-fields-group-seed0")], [], ["fusion"])
    assert "| fusion 0.3.0 | ships | group, seed 0 | 291 | 0.9621 [0.9521, 0.9721] |  | 7 |" in page
    assert "has 0.9621 on 291 validation images" in page


def test_a_run_gives_a_line_of_the_csv_with_its_figures_and_intervals():
    row = csv_of(a_run())
    assert (row["recipe"], row["split"], row["stages"], row["size"]) == (
        "fusion",
        "group, seed 0",
        "16 epochs at 64 px",
        "128",
    )
    assert (row["accuracy"], row["accuracy_low"], row["accuracy_high"]) == ("0.9621", "0.9521", "0.9721")
    assert (row["least_recall"], row["network_accuracy"], row["set_size"]) == ("0.9123", "0.9728", "")
    assert (row["images"], row["rejected"], row["overlap_with_training"]) == ("291", "3", "7")
    assert row["command"] == "blastlens evaluate --package fusion --data images --out OUT"


def test_a_run_without_the_networks_own_accuracy_has_none_in_the_csv():
    run = {name: value for name, value in a_run().items() if name != "network_alone"}
    assert csv_of(run)["network_accuracy"] == ""


def test_figures_that_were_fitted_to_the_same_images_are_marked():
    assert csv_of({**a_run(), "part": "calibration"})["fitted_here"] == "True"
    assert csv_of(a_run())["fitted_here"] == "False"


def test_a_package_that_was_evaluated_twice_is_counted_once():
    other = copy.deepcopy(a_run("fusion-group-seed1"))
    other["packages"][0]["digest"] = "6f" * 32
    page = render([a_run(), {**a_run(), "part": "calibration"}, other], [], [])
    assert "3 evaluations of 2 packages" in page


def test_an_evaluation_by_a_foreign_split_is_marked():
    assert csv_of({**a_run(), "allow_leak": True})["split"] == "group, seed 0, not its own split"


def test_folds_are_counted():
    run = a_run()
    run["packages"][0]["split"] |= {"fold": 0, "folds": 5}
    run["packages"] = [copy.deepcopy(run["packages"][0]) for _ in range(3)]
    assert csv_of(run)["split"] == "group, seed 0, 3 of 5 folds"


def test_without_a_run_the_page_has_no_figures():
    page = render([], [], ["fusion", "published"])
    assert "No experiment was run yet." in page
    assert "No audit was run yet." in page
    assert "Recipes without a run under their own name: fusion, published." in page
    assert decimals(page) == {f"{FIRST_PAPER}", f"{SECOND_PAPER}"}


def test_audits_stand_side_by_side():
    other = an_audit("published")
    other["rows"] = [{"probe": "hue turned", "accuracy": 0.5, "images": 291, "note": ""}]
    page = render([], [an_audit(), other], [])
    assert "| probe | fusion-apart (fusion 0.2.0) | published (fusion 0.2.0) |" in page
    assert "| corner alone | 0.3512 of 291, 12 rejected |  |" in page
    assert "| hue turned |  | 0.5000 of 291 |" in page


def test_a_swapped_scale_bar_is_left_out_for_screening():
    swapped = {"probe": "scale bar of another class", "accuracy": 0.5, "images": 291, "note": ""}
    both = [{**an_audit(recipe), "rows": [swapped]} for recipe in ("fusion-apart", "screening-steady")]
    assert "| scale bar of another class | 0.5000 of 291 |  |" in render([], both, [])


def write_run(folder, name, run):
    (folder / f"{name}.json").write_text(json.dumps(run))


def test_audit_files_hold_one_package_or_several(tmp_path):
    write_run(tmp_path, "audit-one", an_audit("one"))
    write_run(tmp_path, "audit-two", {"packages": [an_audit("two"), an_audit("three")]})
    assert [audit["package"]["recipe"] for audit in load_audits(tmp_path)] == ["one", "two", "three"]
    assert load_evaluations(tmp_path) == []


def test_a_file_that_has_another_name_than_its_run_is_refused(tmp_path):
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
