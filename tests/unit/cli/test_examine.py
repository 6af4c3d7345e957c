import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from blastlens.cli.main import cli
from blastlens.domain.labels import LABELS
from blastlens.imaging.overlay import encode_png
from blastlens.imaging.synthetic import draw_smear
from blastlens.inference.package import load_package, write_manifest
from tests.tiny_field import EXAMINATION, fixed_scale, write_tiny_field

KEYS = {
    "status",
    "finding",
    "reason",
    "label",
    "probabilities",
    "prediction_set",
    "fields_read",
    "fields_rejected",
    "fields_showing",
    "white_cells",
    "blasts",
    "blast_share",
    "blast_interval",
    "contradicts",
    "excess_blasts",
    "least_white_cells",
    "missing_cells",
    "model",
    "files_unread",
    "copies_left_out",
    "fields",
}


@pytest.fixture
def package(tmp_path: Path) -> Iterator[Path]:
    """A small package for fields that takes every cell for Pre-B, and pixels for half a micrometre wide."""
    write_tiny_field(tmp_path / "package")
    with fixed_scale():
        yield tmp_path / "package"


@pytest.fixture
def smear(tmp_path: Path) -> Path:
    """A folder with four fields, and one file that is no image."""
    folder = tmp_path / "smear"
    folder.mkdir()
    for number in range(4):
        (folder / f"{number}.png").write_bytes(encode_png(draw_smear(number, LABELS[2]).image))
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 broken")
    return folder


def run(*arguments: object) -> Result:
    return CliRunner().invoke(cli, ["examine", *map(str, arguments)], catch_exceptions=False)


def examined(*arguments: object) -> dict:
    result = run(*arguments, "--json")
    assert result.exit_code == 0, result.output
    return dict(json.loads(result.stdout))


def set_least_cells(package: Path, number: int) -> None:
    given = load_package(package).manifest
    write_manifest(package, replace(given, examination=replace(EXAMINATION, least_white_cells=number)))


def test_a_folder_is_one_examination_with_a_list_of_its_fields(package, smear):
    found = examined(smear, "--package", package)
    assert set(found) == KEYS
    assert (found["status"], found["finding"], found["reason"]) == ("READY", "leukemia", None)
    assert (found["fields_read"], sum(found["fields_rejected"].values())) == (4, 1)
    assert [Path(field["path"]).name for field in found["fields"]] == ["0.png", "1.png", "2.png", "3.png", "broken.jpg"]
    read = [field for field in found["fields"] if field["status"] == "CLASSIFIED"]
    assert found["white_cells"] == sum(field["field"]["white_cells"] for field in read) > 20
    assert found["blasts"] == sum(field["field"]["blasts"] for field in read) > 0
    low, high = found["blast_interval"]
    assert 0 <= low <= found["blast_share"] == found["blasts"] / found["white_cells"] <= high <= 1
    assert sum(found["probabilities"].values()) == pytest.approx(1)
    assert found["missing_cells"] == 0
    assert found["model"]["digest"] == load_package(package).identity.digest


def test_files_are_one_examination_whatever_their_order(package, smear):
    files = sorted(smear.glob("*.png"))
    forward, backward = (examined(*order, "--package", package) for order in (files, reversed(files)))
    assert len(forward["fields"]) == 4
    assert {**forward, "fields": 0} == {**backward, "fields": 0}


def test_the_summary_says_what_was_read_and_refused_and_what_it_shows(package, smear):
    text = run(smear, "--package", package).stdout
    assert "4 of 5 read: 4 leukemia" in text
    assert "broken.jpg" in text and "1 truncated" in text
    assert "look like blasts" in text and "95 % interval" in text
    assert "Pre-B ALL" in text
    assert "not a diagnosis" in text and "does not rule leukemia out" in text
    assert "needed" not in text


def test_with_too_few_white_cells_there_is_no_answer_and_the_number_of_missing_ones(package, smear):
    set_least_cells(package, 10_000)
    found = examined(smear, "--package", package)
    assert (found["status"], found["finding"], found["reason"]) == ("INSUFFICIENT", "insufficient", "too_few_cells")
    assert found["missing_cells"] == 10_000 - found["white_cells"]
    result = run(smear, "--package", package)
    assert result.exit_code == 0
    assert f"white cells are needed ({found['white_cells']} of 10000)" in result.stdout
    assert "None yet" in result.stdout
    assert "Leukemia is not excluded: have these fields read now" in result.stdout


def test_rejected_fields_alone_are_no_answer_and_say_what_to_do(package, smear):
    found = examined(smear / "broken.jpg", "--package", package)
    assert (found["status"], found["label"], found["prediction_set"]) == ("INSUFFICIENT", None, [])
    assert found["missing_cells"] == EXAMINATION.least_white_cells
    text = run(smear / "broken.jpg", "--package", package).stdout
    assert "No field could be read" in text and "Take the images again" in text


def test_an_exact_copy_counts_once(package, smear):
    (smear / "0 copy.png").write_bytes((smear / "0.png").read_bytes())
    found = examined(smear, "--package", package)
    assert found["fields_read"] == 4
    assert [Path(path).name for path in found["copies_left_out"]] == ["0.png"]  # "0 copy" comes first by name
    assert "exact copies" in run(smear, "--package", package).stdout


def test_images_of_several_folders_are_answered_with_a_note(package, smear, tmp_path):
    (tmp_path / "other").mkdir()
    (smear / "3.png").rename(tmp_path / "other" / "3.png")
    result = run(smear, tmp_path / "other", "--package", package)
    assert result.exit_code == 0
    assert "images of 2 folders are answered as one examination" in result.stderr
    assert "Note" not in run(smear, "--package", package).stderr


def test_a_file_that_cannot_be_opened_is_named_and_the_others_are_answered(package, smear):
    (smear / "lost.png").symlink_to(smear / "gone.png")
    result = run(smear, "--package", package, "--json")
    assert result.exit_code == 2
    assert "lost.png: No such file" in result.stderr and "the answer rests on the others" in result.stderr
    found = json.loads(result.stdout)
    assert found["fields_read"] == 4 and found["files_unread"] == [str(smear / "lost.png")]


def test_a_package_without_constants_for_examinations_is_refused(package, smear):
    write_manifest(package, replace(load_package(package).manifest, examination=None))
    result = run(smear, "--package", package)
    assert result.exit_code == 2
    assert "no constants for examinations" in result.stderr and "blastlens assemble" in result.stderr


def test_an_empty_folder_is_wrong_usage(tmp_path):
    result = run(tmp_path)
    assert result.exit_code == 2 and "no image files" in result.stderr


def test_the_help_teaches_what_an_examination_is_and_what_the_answer_means():
    text = " ".join(run("--help").stdout.split())
    assert "one smear of one patient, and of nothing else" in text
    assert "blastlens examine smears/slide-17/ --json > examination.json" in text
    assert "there are too few white cells; the last line says how many more are needed" in text
    assert "0 if every image was read or rejected" in text
