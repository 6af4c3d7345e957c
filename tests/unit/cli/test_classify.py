import json
import subprocess
import sys

import pytest
from click.testing import CliRunner

from blastlens.cli.classified_files import load_classifiers
from blastlens.cli.main import cli
from blastlens.domain.declared_pixel_size import declare_pixel_size
from blastlens.domain.labels import LABELS
from blastlens.imaging.overlay import encode_png
from blastlens.imaging.synthetic import draw_smear
from blastlens.inference.classifier import Classifier
from blastlens.inference.package import SHIPPED, load_package
from tests.tiny_screening import write_tiny_screening

KEYS = {"path", "status", "label", "probabilities", "prediction_set", "reason", "message", "quality", "field", "model"}


@pytest.fixture
def smear(tmp_path):
    file = tmp_path / "smear.png"
    file.write_bytes(encode_png(draw_smear(1, LABELS[2]).image))
    return file


@pytest.fixture
def models(tmp_path, monkeypatch):
    """A folder in which one looks for the models that ship; nothing is in it."""
    monkeypatch.setattr("blastlens.cli.model_options.MODELS", tmp_path / "models")
    return tmp_path / "models"


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


def test_a_pixel_size_is_declared_for_every_image(smear, monkeypatch):
    declared, read_bytes = [], Classifier.read_bytes

    def read(self, data, given=None):
        declared.append(given)
        return read_bytes(self, data, given)

    monkeypatch.setattr(Classifier, "read_bytes", read)
    assert run(smear, "--pixel-size", "0.5").exit_code == run(smear).exit_code == 0
    assert declared == [declare_pixel_size(0.5), None]


@pytest.mark.parametrize("text", ["0", "-0.5", "1e9", "half", "nan", "50"])
def test_a_pixel_size_that_no_microscope_has_is_wrong_usage(smear, text):
    result = run(smear, f"--pixel-size={text}")
    assert result.exit_code == 2
    assert "pixel size" in result.stderr


def test_the_text_names_the_class_and_states_that_it_is_not_a_diagnosis(smear):
    result = run(smear)
    assert "not a diagnosis" in result.stdout and "does not rule leukemia out" in result.stdout
    assert str(smear) in result.stdout


def test_control_characters_of_a_name_are_escaped_in_text_and_unchanged_in_json(tmp_path, smear):
    odd_name = smear.rename(tmp_path / "\x1b[2J.png")
    (tmp_path / "\x1b[2Jlost.png").symlink_to(tmp_path / "gone.png")
    for command in (["classify"], ["segment", "--out", str(tmp_path / "out")]):
        result = CliRunner().invoke(cli, [*command, str(tmp_path)], color=True)
        assert "\x1b[2J" not in result.output
        assert r"\x1b[2J.png" in result.stdout and r"\x1b[2Jlost.png: No such file" in result.stderr
    assert lines(run(odd_name, "--json"))[0]["path"] == str(odd_name)


def test_a_path_that_does_not_exist_is_wrong_usage():
    assert run("/nowhere/smear.jpg").exit_code == 2


@pytest.mark.parametrize("command", [["classify"], ["segment", "--out", "masks"]], ids=str)
def test_a_package_that_does_not_exist_is_wrong_usage(smear, command):
    result = CliRunner().invoke(cli, [*command, str(smear), "--package", "nowhere"])
    assert result.exit_code == 2
    assert "nowhere" in result.stderr


def test_an_empty_folder_is_wrong_usage(tmp_path):
    result = run(tmp_path)
    assert result.exit_code == 2
    assert "no image files" in result.stderr


def test_a_broken_link_is_reported_and_the_exit_status_is_2(tmp_path, smear):
    (tmp_path / "lost.png").symlink_to(tmp_path / "gone.png")
    result = run(tmp_path, "--json")
    assert result.exit_code == 2
    assert f"{tmp_path / 'lost.png'}: No such file or directory" in result.stderr
    assert [line["path"] for line in lines(result)] == [str(smear)]


@pytest.mark.parametrize("command", [["classify"], ["segment", "--out", "masks"]], ids=str)
def test_a_folder_that_cannot_be_read_makes_the_exit_status_2(tmp_path, smear, monkeypatch, command):
    def find_less(paths):
        return [smear], 1

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(f"blastlens.cli.{command[0]}.find_image_files", find_less)
    result = CliRunner().invoke(cli, [*command, str(tmp_path)])
    assert result.exit_code == 2
    assert "folders that could not be read: 1" in result.stderr
    assert str(smear) in result.stdout


def test_a_damaged_package_is_an_internal_error_with_exit_status_1(tmp_path, smear):
    command = "from blastlens.cli.main import main; main()"
    arguments = [sys.executable, "-c", command, "classify", str(smear), "--package", str(tmp_path)]
    result = subprocess.run(arguments, check=False, capture_output=True, text=True)
    assert result.returncode == 1
    assert "not a model package" in result.stderr


def test_the_screening_model_answers_by_the_same_contract_with_two_probabilities(smear, models):
    digest = write_tiny_screening(models / "screening").identity.digest
    result = run(smear, "--model", "screening", "--json")
    assert result.exit_code == 0
    [line] = lines(result)
    assert set(line) == KEYS
    assert set(line["probabilities"]) == {"benign", "malignant"}
    assert sum(line["probabilities"].values()) == pytest.approx(1.0)
    assert line["label"] in line["prediction_set"]
    assert line["model"] == {"name": "screening", "version": "0.0.1", "digest": digest}


def test_the_text_of_a_screened_smear_names_no_kind_of_leukemia(smear, models):
    write_tiny_screening(models / "screening")
    result = run(smear, "--model", "screening")
    assert "Malignant" in result.stdout
    assert "not a diagnosis" in result.stdout
    assert not any(kind in result.stdout for kind in ("Early", "Pre-B", "Pro-B"))


def test_the_screening_model_that_ships_answers(smear):
    [line] = lines(run(smear, "--model", "screening", "--json"))
    assert line["model"]["name"] == "screening"
    assert line["status"] in ("CLASSIFIED", "REJECTED")


def test_a_custom_screening_package_is_given_by_its_folder(smear, tmp_path):
    write_tiny_screening(tmp_path / "mine")
    [line] = lines(run(smear, "--package", tmp_path / "mine", "--json"))
    assert set(line["probabilities"]) == {"benign", "malignant"}


def test_an_unknown_model_is_wrong_usage_and_the_message_lists_the_known_ones(smear):
    result = run(smear, "--model", "crystal-ball")
    assert result.exit_code == 2
    assert "fusion" in result.stderr and "screening" in result.stderr


def test_model_and_package_cannot_be_combined(smear, tmp_path):
    result = run(smear, "--model", "fusion", "--package", tmp_path)
    assert result.exit_code == 2
    assert "use either --model" in result.stderr


def test_the_help_explains_screening_and_that_it_is_not_a_diagnosis():
    text = " ".join(run("--help").stdout.split())
    assert "two: benign and malignant" in text
    assert "Neither makes a diagnosis" in text
    assert "--model [fusion|screening]" in text
    assert "default: (fusion)" in text


def test_help_is_shown_without_loading_numpy():
    code = (
        "import sys; from click.testing import CliRunner; from blastlens.cli.main import cli;"
        "assert 'classify' in CliRunner().invoke(cli, ['--help']).output; sys.exit('numpy' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(("cores", "files", "readers"), [(4, 100, 4), (2, 1, 1), (1, 100, 1), (4, 3, 3)])
def test_classifiers_share_the_cores_and_are_not_more_than_the_files(cores, files, readers):
    assert len(load_classifiers(load_package(SHIPPED), cores, files)) == readers
