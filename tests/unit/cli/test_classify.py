import json
import subprocess
import sys

import pytest
from click.testing import CliRunner

from blastlens.cli.main import cli
from blastlens.domain.labels import LABELS
from blastlens.imaging.overlay import encode_png
from blastlens.imaging.synthetic import draw_smear

KEYS = {"path", "status", "label", "probabilities", "prediction_set", "reason", "message", "quality", "model"}


@pytest.fixture
def smear(tmp_path):
    file = tmp_path / "smear.png"
    file.write_bytes(encode_png(draw_smear(1, LABELS[2]).image))
    return file


def run(*arguments):
    return CliRunner().invoke(cli, ["classify", *map(str, arguments)])


def lines(result):
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_json_prints_one_object_a_line_by_the_contract(smear):
    result = run(smear, smear, "--json")
    assert result.exit_code == 0
    assert [set(line) for line in lines(result)] == [KEYS, KEYS]
    first = lines(result)[0]
    assert first["status"] == "CLASSIFIED"
    assert set(first["probabilities"]) == {"benign", "early_pre_b", "pre_b", "pro_b"}
    assert set(first["model"]) == {"name", "version", "digest"}


def test_a_rejection_is_an_answer_with_exit_status_0(tmp_path):
    (tmp_path / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 broken")
    result = run(tmp_path / "broken.jpg", "--json")
    assert result.exit_code == 0
    assert lines(result)[0]["status"] == "REJECTED"
    assert lines(result)[0]["reason"]
    assert lines(result)[0]["probabilities"] == {}


def test_a_folder_is_read_with_all_images_below_it_in_order(tmp_path, smear):
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "a.PNG").write_bytes(smear.read_bytes())
    (tmp_path / "notes.txt").write_text("no image")
    result = run(tmp_path, "--json")
    assert [line["path"] for line in lines(result)] == [str(tmp_path / "inner" / "a.PNG"), str(smear)]


def test_the_text_names_the_class_and_says_that_it_is_no_diagnosis(smear):
    result = run(smear)
    assert "no diagnosis" in result.stdout
    assert str(smear) in result.stdout


def test_a_path_that_does_not_exist_is_wrong_usage():
    assert run("/nowhere/smear.jpg").exit_code == 2


def test_an_empty_folder_is_wrong_usage_and_says_so(tmp_path):
    result = run(tmp_path)
    assert result.exit_code == 2
    assert "no image files" in result.stderr


def test_a_damaged_package_is_a_fault_of_ours_with_exit_status_1(tmp_path, smear):
    command = "from blastlens.cli.main import main; main()"
    arguments = [sys.executable, "-c", command, "classify", str(smear), "--package", str(tmp_path)]
    result = subprocess.run(arguments, check=False, capture_output=True, text=True)
    assert result.returncode == 1
    assert "no model package" in result.stderr


def test_help_is_shown_without_loading_numpy():
    code = (
        "import sys; from click.testing import CliRunner; from blastlens.cli.main import cli;"
        "assert 'classify' in CliRunner().invoke(cli, ['--help']).output; sys.exit('numpy' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
