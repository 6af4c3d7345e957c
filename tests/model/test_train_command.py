from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from blastlens.cli.main import cli
from blastlens.domain.errors import InvalidData


@pytest.fixture
def command(tmp_path, monkeypatch):
    """Runs `blastlens train` on an empty data folder with a training that only keeps its requests."""
    data, requests = tmp_path / "data", []
    data.mkdir()
    scores = {"accuracy": 1.0, "images": 4}

    def keep(request, watcher):
        requests.append(request)
        return SimpleNamespace(manifest=SimpleNamespace(measured={"validation": scores}))

    def unreachable(*arguments, **options):
        raise OSError("no route to host")

    monkeypatch.setattr("blastlens.training.train.train", keep)
    monkeypatch.setattr("keras.src.backend.config._KERAS_DIR", str(tmp_path / "keras"))
    monkeypatch.setattr("keras.src.utils.file_utils.urlretrieve", unreachable)

    def run(*options):
        given = ["train", "--data", data, "--package", tmp_path / "package", *options]
        return CliRunner().invoke(cli, [str(each) for each in given])

    return SimpleNamespace(run=run, requests=requests, package=tmp_path / "package")


def test_a_package_is_not_overwritten(command):
    command.package.mkdir()
    (command.package / "manifest.json").write_text("mine")
    refused = command.run("--recipe", "comparison", "--scratch")
    assert refused.exit_code == 2
    assert "is not empty" in refused.output and "--overwrite" in refused.output
    assert not command.requests
    assert (command.package / "manifest.json").read_text() == "mine"


def test_a_package_is_replaced_where_that_is_asked_for(command):
    command.package.mkdir()
    (command.package / "manifest.json").write_text("old")
    assert command.run("--recipe", "comparison", "--scratch", "--overwrite").exit_code == 0
    assert command.requests[0].package == command.package


def test_an_empty_folder_is_as_good_as_none(command):
    command.package.mkdir()
    assert command.run("--recipe", "comparison", "--scratch").exit_code == 0


def test_missing_imagenet_weights_end_a_training_before_it_reads_data_and_say_what_to_do(command):
    refused = command.run("--recipe", "published")
    assert isinstance(refused.exception, InvalidData)
    assert not command.requests
    sentence = str(refused.exception)
    assert "ImageNet weights of VGG16" in sentence and "no route to host" in sentence
    assert sentence.endswith(
        "train every layer with --scratch, or put the weights file into the folder models below KERAS_HOME (~/.keras)."
    )


def test_a_training_that_uses_no_imagenet_weights_needs_none(command):
    assert command.run("--recipe", "screening").exit_code == 0


def test_branches_and_input_choose_the_branches(command):
    options = ("--recipe", "comparison", "--branches", "vgg16,densenet121", "--input", "original", "--scratch")
    assert command.run(*options).exit_code == 0
    recipe = command.requests[0].recipe
    assert recipe.name == "comparison-vgg16-densenet121-original"
    assert [branch.name for branch in recipe.branches] == ["vgg16_original", "densenet121_original"]


def test_an_unknown_backbone_is_refused_with_the_known_ones(command):
    refused = command.run("--recipe", "comparison", "--branches", "vgg19", "--scratch")
    assert isinstance(refused.exception, InvalidData)
    assert "no backbone 'vgg19'" in str(refused.exception) and "densenet121" in str(refused.exception)
    assert not command.requests
