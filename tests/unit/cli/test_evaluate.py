"""`blastlens evaluate`: images that are allowed, and files that are written."""

import csv
import json
import shutil
import subprocess
import sys
from dataclasses import replace
from typing import Any

import pytest
from click.testing import CliRunner

from blastlens.cli.main import cli
from blastlens.domain.errors import InvalidData
from blastlens.domain.labels import LABELS
from blastlens.inference.package import MANIFEST_FILE, load_package, write_manifest, write_package
from blastlens.training.data.dataset import find_examples
from blastlens.training.data.leakage import parts_sha256
from blastlens.training.data.splits import SplitPlan, data_sha256
from tests.model.folders import draw_data
from tests.tiny_package import write_tiny
from tests.unit.cli.screen import START

PNG = b"\x89PNG"


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Ten drawn smears for each class; one of them is unreadable."""
    folder = draw_data(tmp_path_factory.mktemp("evaluate") / "drawn", images=10)
    (folder / "Pro" / "009.png").write_bytes(b"no image")
    return folder


def package(folder, data, plan=None, measured=None, groups=None, **training_data):
    """A tiny package whose manifest records `data`, `plan` and `measured`."""
    tiny = write_tiny(folder, limit=None)
    examples = find_examples(data, groups)
    recorded: dict[str, Any] = {
        "recipe": "tiny-recipe",
        "stages": ["1 epochs at 32 px"],
        "data_sha256": data_sha256(examples),
    }
    recorded |= {"split": plan.plain(), "parts_sha256": parts_sha256(plan.split(examples))} if plan else {}
    files = {name: (folder / name).read_bytes() for name in tiny.manifest.files}
    manifest = replace(tiny.manifest, training_data={**recorded, **training_data}, measured=measured or {})
    return write_package(folder, manifest, tiny.graph.read_bytes(), files).folder


def run(*options):
    return CliRunner().invoke(cli, ["evaluate", *map(str, options)], catch_exceptions=False)


def evaluated(out, *options):
    result = run("--out", out, *options)
    assert result.exit_code == 0, result.output
    return json.loads((out / "scores.json").read_text())


GROUP = SplitPlan("group", 0)


def test_a_package_is_evaluated_on_the_validation_part_of_its_split(data, tmp_path):
    folder = package(tmp_path / "tiny", data, GROUP)
    report = evaluated(tmp_path / "out", "--package", folder, "--data", data)
    assert report["name"] == "tiny-recipe-group-seed0"
    assert report["packages"][0]["split"] == GROUP.plain()
    assert report["scores"]["images"] == len(GROUP.split(find_examples(data)).validation) == 4
    assert report["images_like_training"] == 0
    assert report["data_sha256"] == data_sha256(find_examples(data))
    assert set(report["scores"]["classes"]) == {str(label) for label in LABELS}


def test_the_accuracy_of_the_network_is_reported_for_the_same_images_only(data, tmp_path):
    measured = {"validation": {"accuracy": 0.75}}
    options = ["--package", package(tmp_path / "tiny", data, GROUP, measured), "--data", data]
    assert evaluated(tmp_path / "out", *options)["network_alone"] == 0.75
    assert evaluated(tmp_path / "part", *options, "--part", "calibration")["network_alone"] is None
    unmeasured = package(tmp_path / "unmeasured", data, GROUP)
    assert evaluated(tmp_path / "none", "--package", unmeasured, "--data", data)["network_alone"] is None


def test_only_plots_and_answers_are_written_beside_the_scores(data, tmp_path):
    history = [{"part": "whole", "loss": 1 / epoch, "accuracy": 1 - 1 / epoch} for epoch in (1, 2, 3)]
    folder = package(tmp_path / "tiny", data, GROUP, history=history)
    evaluated(tmp_path / "out", "--package", folder, "--data", data)
    pictures = {file.name: file.read_bytes() for file in (tmp_path / "out").glob("*.png")}
    assert set(pictures) == {"confusion.png", "mistakes.png", "reliability.png", "roc.png", "training-1.png"}
    assert all(picture.startswith(PNG) for picture in pictures.values())
    assert {file.name for file in (tmp_path / "out").iterdir()} == {*pictures, "scores.json", "answers.csv"}


def test_the_csv_names_every_image_with_its_prediction(data, tmp_path):
    folder = package(tmp_path / "tiny", data, GROUP)
    scores = evaluated(tmp_path / "out", "--package", folder, "--data", data, "--part", "all")["scores"]
    with (tmp_path / "out" / "answers.csv").open(newline="") as table:
        rows = list(csv.DictReader(table))
    assert sorted(row["file"] for row in rows) == [
        path.relative_to(data).as_posix() for path in sorted(data.rglob("*.png"))
    ]
    assert sum(row["class"] == row["called"] for row in rows) == sum(scores["confusion"][i][i] for i in range(4))
    (unread,) = (row for row in rows if row["file"] == "Pro/009.png")
    assert (unread["class"], unread["called"], unread["benign"], unread["set"]) == ("pro_b", "rejected", "", "")
    one = next(row for row in rows if row["called"] != "rejected")
    assert sum(float(one[label]) for label in LABELS) == pytest.approx(1, abs=0.001)
    assert one["called"] in one["set"].split()


def test_an_unreadable_image_is_rejected_and_counts_as_wrong(data, tmp_path):
    folder = package(tmp_path / "tiny", data, GROUP)
    report = evaluated(tmp_path / "out", "--package", folder, "--data", data, "--part", "all")
    scores = report["scores"]
    assert scores["images"] == 40
    assert scores["rejections"]["unknown_format"] == 1
    assert scores["confusion"][3][-1] >= 1
    assert report["images_like_training"] == len(GROUP.split(find_examples(data)).training)


def test_the_reported_command_names_no_folder_of_this_machine(data, tmp_path):
    folder = package(tmp_path / "tiny", data, GROUP)
    report = evaluated(tmp_path / "out", "--package", folder, "--data", data, "--part", "calibration")
    assert report["command"] == "blastlens evaluate --package tiny --data drawn --part calibration --out OUT"
    assert str(tmp_path) not in json.dumps(report)
    assert report["name"] == "tiny-recipe-group-seed0-calibration"


def test_json_prints_the_contents_of_the_file(data, tmp_path):
    folder = package(tmp_path / "tiny", data, GROUP)
    result = run("--package", folder, "--data", data, "--out", tmp_path / "out", "--json")
    assert json.loads(result.stdout) == json.loads((tmp_path / "out" / "scores.json").read_text())


def test_the_summary_shows_accuracy_recall_and_overlap(data, tmp_path):
    result = run("--package", package(tmp_path / "tiny", data, GROUP), "--data", data, "--out", tmp_path / "out")
    assert "accuracy" in result.stdout
    assert "recall pro_b" in result.stdout
    assert "0 of the images have an exact copy or an overlapping field in training" in result.stdout


@pytest.mark.parametrize(("options", "notes"), [((), 0), (("--verbose",), 1)], ids=str)
def test_notes_of_the_runtime_are_shown_on_request_only(data, tmp_path, options, notes):
    tiny = package(tmp_path / "tiny", data, GROUP)
    command = ["evaluate", "--package", tiny, "--data", data, "--out", tmp_path / "out", *options]
    done = subprocess.run([sys.executable, "-c", START, *map(str, command)], check=True, capture_output=True)
    assert done.stderr.count(b"INFO: Created TensorFlow Lite XNNPACK delegate") == notes


def test_sets_of_nearly_all_classes_are_called_useless_and_others_are_not(data, tmp_path):
    tiny = load_package(package(tmp_path / "tiny", data, GROUP))
    shown = []
    for name, threshold in (("all", 0.0), ("one", 1.0)):
        manifest = replace(tiny.manifest, calibration=replace(tiny.manifest.calibration, set_threshold=threshold))
        files = {file: (tiny.folder / file).read_bytes() for file in tiny.manifest.files}
        folder = write_package(tmp_path / name, manifest, tiny.graph.read_bytes(), files).folder
        shown.append(run("--package", folder, "--data", data, "--out", tmp_path / "out" / name).stdout)
    assert "The prediction sets are useless: they hold 4.0 of 4 classes on average." in shown[0]
    assert "useless" not in shown[1]


def test_overlaps_of_a_random_split_are_counted(data, tmp_path):
    plan = SplitPlan("random", 0)
    groups = tmp_path / "groups.csv"
    names = [path.relative_to(data).as_posix() for path in sorted(data.rglob("*.png"))]
    groups.write_text("file,group\n" + "\n".join(f"{name},{name[:3]}" for name in names))
    folder = package(tmp_path / "tiny", data, plan)
    report = evaluated(tmp_path / "out", "--package", folder, "--data", data, "--groups", groups)
    assert report["images_like_training"] == report["scores"]["images"] == 4


def test_another_split_than_that_of_the_training_is_refused_unless_a_leak_is_allowed(data, tmp_path):
    options = ["--package", package(tmp_path / "tiny", data, GROUP), "--data", data, "--split", "random"]
    with pytest.raises(InvalidData, match=r"trained with another split \(group, seed 0\).*--allow-leak"):
        run(*options, "--out", tmp_path / "out")
    assert not (tmp_path / "out").exists()
    report = evaluated(tmp_path / "leak", *options, "--allow-leak")
    assert report["allow_leak"] is True
    assert report["images_like_training"] > 0


def test_another_data_folder_is_refused_unless_all_of_it_is_evaluated(data, tmp_path):
    other = shutil.copytree(data, tmp_path / "elsewhere")
    (other / "Pre" / "000.png").unlink()
    folder = package(tmp_path / "tiny", data, GROUP)
    with pytest.raises(InvalidData, match=r"SHA-256 differs.*--part all"):
        run("--package", folder, "--data", other, "--out", tmp_path / "out")
    report = evaluated(tmp_path / "out", "--package", folder, "--data", other, "--part", "all")
    assert report["images_like_training"] is None
    assert report["name"] == "tiny-recipe-elsewhere-all"


def write_groups(file, data, first=0):
    """A group file that joins every two neighbours of a class, from the `first`."""
    names = [path.relative_to(data).as_posix() for path in sorted(data.rglob("*.png"))]
    lines = [f"{name},{name.split('/')[0]}-{(int(name[-7:-4]) + first) // 2}" for name in names]
    file.write_text("\n".join(["file,group", *lines]))
    return file


def as_older_package(folder, **numbers):
    """Remove what older manifests did not record: the images of each part."""
    manifest = load_package(folder).manifest
    recorded = {name: value for name, value in manifest.training_data.items() if name != "parts_sha256"}
    write_manifest(folder, replace(manifest, training_data={**recorded, **numbers}))
    return folder


FIFTHS = SplitPlan("group", 0, (0.6, 0.2, 0.2))


def test_without_the_group_file_of_its_training_a_package_is_not_evaluated(data, tmp_path):
    groups = write_groups(tmp_path / "groups.csv", data)
    folder = package(tmp_path / "tiny", data, FIFTHS, groups=groups)
    options = ["--package", folder, "--data", data]
    with pytest.raises(InvalidData, match=r"split differently: with another group file.*--groups"):
        run(*options, "--out", tmp_path / "none")
    with pytest.raises(InvalidData, match="split differently"):
        run(*options, "--out", tmp_path / "none", "--groups", write_groups(tmp_path / "other.csv", data, first=1))
    assert evaluated(tmp_path / "out", *options, "--groups", groups)["images_like_training"] == 0
    assert evaluated(tmp_path / "all", *options, "--part", "all")["images_like_training"] is None
    assert evaluated(tmp_path / "leak", *options, "--allow-leak")["images_like_training"] is None


def test_a_random_split_of_renamed_files_is_recognised_as_another_one(data, tmp_path):
    folder = package(tmp_path / "tiny", data, SplitPlan("random", 0))
    renamed = shutil.copytree(data, tmp_path / "renamed")
    for path in sorted(renamed.rglob("*.png")):
        path.rename(path.with_stem(f"{999 - int(path.stem):03d}"))
    with pytest.raises(InvalidData, match="other file names"):
        run("--package", folder, "--data", renamed, "--out", tmp_path / "out")


def test_an_image_in_another_class_folder_is_recognised_as_another_split(data, tmp_path):
    folder = package(tmp_path / "tiny", data, GROUP)
    sorted_anew = shutil.copytree(data, tmp_path / "sorted-anew")
    (sorted_anew / "Pre" / "000.png").rename(sorted_anew / "Pro" / "900.png")
    with pytest.raises(InvalidData, match="other class folders"):
        run("--package", folder, "--data", sorted_anew, "--out", tmp_path / "out")


def test_an_older_package_is_evaluated_with_a_group_file_and_an_unknown_overlap(data, tmp_path):
    groups = write_groups(tmp_path / "groups.csv", data)
    numbers = {"parts": [24, 8, 8], "images": {str(label): 6 for label in LABELS}}
    folder = as_older_package(package(tmp_path / "tiny", data, FIFTHS, groups=groups), **numbers)
    options = ["--package", folder, "--data", data]
    assert evaluated(tmp_path / "out", *options, "--groups", groups)["images_like_training"] is None
    result = run(*options, "--groups", groups, "--out", tmp_path / "summary")
    assert "It is unknown whether" in result.stdout
    with pytest.raises(InvalidData, match=r"trained by groups and does not record.*no group file was given.*--groups"):
        run(*options, "--out", tmp_path / "none")


def test_an_older_package_whose_parts_have_other_numbers_is_not_evaluated(data, tmp_path):
    folder = as_older_package(package(tmp_path / "tiny", data, SplitPlan("random", 0)), parts=[33, 3, 4])
    with pytest.raises(InvalidData, match="other numbers of images"):
        run("--package", folder, "--data", data, "--out", tmp_path / "out")


def test_an_older_package_of_a_random_split_is_evaluated(data, tmp_path):
    folder = as_older_package(package(tmp_path / "tiny", data, SplitPlan("random", 0)), parts=[32, 4, 4])
    report = evaluated(tmp_path / "out", "--package", folder, "--data", data)
    assert (report["scores"]["images"], report["images_like_training"]) == (4, None)


def test_a_package_that_does_not_record_its_split_is_refused(data, tmp_path):
    with pytest.raises(InvalidData, match="does not record how its training data was split"):
        run("--package", package(tmp_path / "tiny", data), "--data", data, "--out", tmp_path / "out")


def folds(data, tmp_path, *numbers):
    plans = [SplitPlan("group", 0, fold=number, folds=3) for number in numbers]
    made = [package(tmp_path / f"fold-{index}", data, plan) for index, plan in enumerate(plans)]
    return [option for folder in made for option in ("--package", folder)]


def test_folds_are_combined_into_one_score_of_all_images(data, tmp_path):
    report = evaluated(tmp_path / "out", *folds(data, tmp_path, 0, 1, 2), "--data", data)
    assert report["scores"]["images"] == 40
    assert report["name"] == "tiny-recipe-group-3fold-seed0"
    assert sum(each["images"] for each in report["packages"]) == 40


def test_the_accuracy_of_the_network_is_averaged_over_folds(data, tmp_path):
    plans = [SplitPlan("group", 0, fold=number, folds=3) for number in range(3)]
    measured = [{"validation": {"accuracy": accuracy}} for accuracy in (1.0, 0.5, 0.0)]
    made = [package(tmp_path / f"{index}", data, *each) for index, each in enumerate(zip(plans, measured, strict=True))]
    report = evaluated(tmp_path / "out", *(word for one in made for word in ("--package", one)), "--data", data)
    first, second, _ = (each["images"] for each in report["packages"])
    assert report["network_alone"] == pytest.approx((first + second / 2) / 40)


def test_an_image_is_never_evaluated_twice(data, tmp_path):
    with pytest.raises(InvalidData, match="two packages would be evaluated on"):
        run(*folds(data, tmp_path, 0, 0), "--data", data, "--out", tmp_path / "out")


def test_packages_of_two_recipes_are_not_combined(data, tmp_path):
    one, other = package(tmp_path / "one", data, GROUP), package(tmp_path / "other", data, GROUP, recipe="another")
    with pytest.raises(InvalidData, match="another, tiny-recipe"):
        run("--package", one, "--package", other, "--data", data, "--out", tmp_path / "out")


def test_help_shows_how_to_evaluate_folds():
    assert "--package fold-0/ --package fold-1/" in CliRunner().invoke(cli, ["evaluate", "--help"]).output


def test_a_folder_that_is_no_package_is_named(data, tmp_path):
    (tmp_path / "empty").mkdir()
    result = CliRunner().invoke(
        cli, ["evaluate", "--package", str(tmp_path / "empty"), "--data", str(data), "--out", str(tmp_path / "out")]
    )
    assert MANIFEST_FILE in str(result.exception)
