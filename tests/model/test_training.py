"""`blastlens train` on drawn smears, in small and short trainings."""

import json
import os
from dataclasses import replace
from functools import cache

import keras
import numpy as np
import pytest
from click.testing import CliRunner

from blastlens.cli.main import cli
from blastlens.domain.errors import InvalidData, InvalidSettings
from blastlens.domain.labels import LABELS
from blastlens.imaging.model_input import segmented_input
from blastlens.inference.engine import Engine
from blastlens.inference.manifest import Branch
from blastlens.inference.package import load_package, write_manifest
from blastlens.training.data.arrays import Variation, read_pixels
from blastlens.training.data.checks import check_and_split
from blastlens.training.data.dataset import find_examples
from blastlens.training.data.leakage import parts_sha256
from blastlens.training.data.splits import SplitPlan, data_sha256
from blastlens.training.fitting.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from blastlens.training.fitting.loop import Phase, learning_rate
from blastlens.training.fitting.pipeline import train_model
from blastlens.training.fitting.run import TrainingRun
from blastlens.training.fitting.supervised import fit_supervised
from blastlens.training.models.architectures import build_model
from blastlens.training.models.batch_norm import recalibrate
from blastlens.training.models.features import predict
from blastlens.training.models.weight_rounding import round_weights
from blastlens.training.packaging.package import INTEGER_SCOPE, weights_sha256
from blastlens.training.packaging.quantise import quantise
from blastlens.training.progress import NoReporter
from blastlens.training.recipes.recipe import Stage
from blastlens.training.recipes.toml import load_recipe, to_toml
from tests.effort import in_soak
from tests.model.folders import draw_data
from tests.model.small_model import build_small, small_backbone
from tests.tiny_package import write_tiny

FUSION = load_recipe("fusion")
BRANCHES = tuple(Branch(branch.backbone, branch.input) for branch in FUSION.branches)
ONE = (Stage(32, 1),)
TINY = replace(
    FUSION,
    branches=tuple(replace(branch, stages=ONE, weights="scratch", batch_norm=False) for branch in FUSION.branches),
    head_stages=ONE,
    stages=ONE,
    batch=8,
    redraw_every=1,
)
LIGHT = replace(  # quick to build; one branch is pretrained on the classes, the other with consistency regularisation
    TINY,
    branches=(
        replace(TINY.branches[0], backbone="small", stages=ONE),
        replace(TINY.branches[1], backbone="small", stages=(), consistency_stages=ONE),
    ),
    frozen=False,
)
LOOP = replace(FUSION, batch=8, redraw_every=2)


class Messages(NoReporter):
    def __init__(self):
        self.texts = []

    def message(self, text):
        self.texts.append(text)


@pytest.fixture(scope="module", autouse=True)
def backbone():
    with small_backbone():
        yield


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return draw_data(tmp_path_factory.mktemp("training") / "data", images=10)


@pytest.fixture(scope="module")
def pixels(data):
    return read_pixels(find_examples(data), TINY, TINY.size)


class Interrupted(Exception):
    pass


@cache
def drawn(data, variation, size, strength):
    """Return the images of an epoch; many trainings use the same ones."""
    amounts = LOOP.augmentation.at(strength)
    return read_pixels(find_examples(data), LOOP, size, Variation(amounts, (0, variation)))


def train_small(data, work, stages, report=lambda progress: None, warn=lambda text: None):
    """Train a small model in the real loop."""

    def draw(variation, stage):
        return drawn(data, variation, stage.size, stage.strength)

    return fit_supervised(
        Phase("small", lambda: build_small(BRANCHES), stages, 0, "run", work, warn), LOOP, draw, report
    )


@in_soak
@pytest.mark.usefixtures("eager")
def test_a_resumed_training_ends_with_the_weights_of_an_uninterrupted_one(data, pixels, tmp_path):
    def stop_in_the_fourth_epoch(progress):
        if progress.epoch == 4 and progress.step == 2:
            raise Interrupted

    stages = (Stage(32, 3), Stage(64, 2))
    with pytest.raises(Interrupted):
        train_small(data, tmp_path / "interrupted", stages, stop_in_the_fourth_epoch)
    epochs = []
    resumed = train_small(data, tmp_path / "interrupted", stages, lambda progress: epochs.append(progress.epoch))
    whole = train_small(data, tmp_path / "whole", stages)
    assert min(epochs) == 4
    assert predict(resumed, pixels) == pytest.approx(predict(whole, pixels), abs=1e-5)


@in_soak
@pytest.mark.usefixtures("eager")
def test_a_finished_training_continues_with_stages_added_later(data, pixels, tmp_path):
    first, added = Stage(32, 2), Stage(64, 1)
    train_small(data, tmp_path / "longer", (first,))
    epochs = []
    longer = train_small(data, tmp_path / "longer", (first, added), lambda progress: epochs.append(progress.epoch))
    whole = train_small(data, tmp_path / "whole", (first, added))
    assert set(epochs) == {3}
    assert predict(longer, pixels) == pytest.approx(predict(whole, pixels), abs=1e-5)


@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize("changed", [Stage(32, 3), Stage(32, 2, learning_rate=2e-3), Stage(64, 2)])
def test_a_changed_stage_that_had_begun_is_refused(data, tmp_path, changed):
    def stop_in_the_second_epoch(progress):
        if progress.epoch == 2:
            raise Interrupted

    with pytest.raises(Interrupted):
        train_small(data, tmp_path, (Stage(32, 2), Stage(64, 1)), stop_in_the_second_epoch)
    with pytest.raises(InvalidData, match="another recipe, seed or data"):
        train_small(data, tmp_path, (changed, Stage(64, 1)))


def test_the_identity_leaves_out_the_stages_but_not_the_last_size(data, tmp_path):
    run = TrainingRun(LIGHT, find_examples(data), 0, tmp_path)
    longer, larger = (Stage(32, 5), Stage(32, 1)), (Stage(64, 1),)
    assert run.identity_without_stages(LIGHT) == run.identity_without_stages(replace(LIGHT, stages=longer))
    others = replace(LIGHT, stages=larger), replace(LIGHT, batch=4), replace(LIGHT, balanced=not LIGHT.balanced)
    assert run.identity_without_stages(LIGHT) not in {run.identity_without_stages(other) for other in others}


@in_soak
@pytest.mark.slow
def test_equal_seeds_and_data_give_the_same_digest_of_the_float_weights(data, tmp_path):
    examples = find_examples(data)[::2]
    digests = [
        weights_sha256(train_model(TrainingRun(LIGHT, examples, 0, tmp_path / name))) for name in ("first", "second")
    ]
    assert digests[0] == digests[1]
    assert digests[0] != weights_sha256(build_model(LIGHT, 0))


def test_checkpoints_of_another_run_are_never_resumed(pixels, tmp_path):
    save_checkpoint(tmp_path, Checkpoint(build_small(BRANCHES), 1), "one")
    with pytest.raises(InvalidData, match="another recipe, seed or data"):
        load_checkpoint(tmp_path, lambda epochs: "other")


def test_a_checkpoint_that_cannot_be_written_leaves_the_earlier_one(tmp_path, monkeypatch):
    model = build_small(BRANCHES)
    save_checkpoint(tmp_path, Checkpoint(model, 1), "run")

    def full_disk(*arguments, **options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(keras.Model, "save", full_disk)
    with pytest.raises(OSError, match="No space left"):
        save_checkpoint(tmp_path, Checkpoint(model, 2), "run")
    found = load_checkpoint(tmp_path, lambda epochs: "run")
    assert found is not None
    assert found.epochs == 1


def two_checkpoints(work):
    model = build_small(BRANCHES)
    for epochs in (1, 2):
        save_checkpoint(work, Checkpoint(model, epochs), "run")
    return model


@pytest.mark.parametrize("file", ["model.keras", "state.json"])
@pytest.mark.parametrize("left", [0, 0.5])
def test_a_damaged_newest_checkpoint_is_skipped_with_a_warning(tmp_path, file, left):
    two_checkpoints(tmp_path)
    damaged = tmp_path / "epoch-0002" / file
    warnings: list[str] = []
    damaged.write_bytes(damaged.read_bytes()[: int(left * damaged.stat().st_size)])
    found = load_checkpoint(tmp_path, lambda epochs: "run", warnings.append)
    assert found is not None and found.epochs == 1
    assert len(warnings) == 1 and "epoch-0002 is damaged" in warnings[0]


def test_a_training_does_not_restart_by_itself_when_no_checkpoint_can_be_read(tmp_path):
    two_checkpoints(tmp_path)
    for file in tmp_path.glob("*/model.keras"):
        file.write_bytes(b"")
    with pytest.raises(InvalidData, match="remove the folder to restart"):
        load_checkpoint(tmp_path, lambda epochs: "run")


@pytest.mark.usefixtures("eager")
def test_a_training_resumed_from_the_older_checkpoint_ends_with_the_same_weights(data, pixels, tmp_path):
    stages = (Stage(32, 3),)
    whole = train_small(data, tmp_path, stages)
    (tmp_path / "epoch-0003" / "model.keras").write_bytes(b"")
    epochs, reporter = [], Messages()
    resumed = train_small(data, tmp_path, stages, lambda progress: epochs.append(progress.epoch), reporter.message)
    assert set(epochs) == {3}
    assert "epoch-0003 is damaged" in reporter.texts[0]
    assert predict(resumed, pixels) == pytest.approx(predict(whole, pixels), abs=1e-5)


def test_a_checkpoint_is_synced_to_disk_before_it_is_renamed(tmp_path, monkeypatch):
    synced, renamed = os.fsync, os.replace
    done: list[int | str] = []

    def noted_sync(opened):
        done.append(os.fstat(opened).st_ino)
        synced(opened)

    def noted_rename(old, new):
        done.append("named")
        renamed(old, new)

    monkeypatch.setattr(os, "fsync", noted_sync)
    monkeypatch.setattr(os, "replace", noted_rename)
    save_checkpoint(tmp_path, Checkpoint(build_small(BRANCHES), 1), "run")
    epoch = tmp_path / "epoch-0001"
    before = set(done[: done.index("named")])
    assert before >= {path.stat().st_ino for path in (epoch, epoch / "model.keras", epoch / "state.json")}
    assert done[-1] == tmp_path.stat().st_ino


def test_recalibration_sets_batch_norm_statistics_to_those_of_the_data(pixels):
    model = build_model(replace(LIGHT, branches=LIGHT.branches[1:]), 0)
    backbone = model.get_layer("small_segmented")
    layer = backbone.get_layer("conv1_bn")
    layer.moving_mean.assign(keras.ops.ones_like(layer.moving_mean))
    recalibrate(model, pixels, seed=0, batch=len(pixels))
    recalibrated = np.array(layer.moving_mean)
    maps = keras.Model(backbone.input, backbone.get_layer("conv1").output)
    segmented = segmented_input(pixels.images, pixels.mask_shares).astype(np.float32) / 255
    assert recalibrated == pytest.approx(np.array(maps(segmented)).mean(axis=(0, 1, 2)), abs=1e-4)


def test_rounded_weights_are_exact_as_int8():
    model = build_small(BRANCHES)
    layers = [layer for layer in model._flatten_layers() if hasattr(layer, "kernel")]
    before = [layer.kernel.numpy() for layer in layers]
    round_weights(model)
    for layer, old in zip(layers, before, strict=True):
        kernel = layer.kernel.numpy()
        scale = np.abs(kernel).reshape(-1, kernel.shape[-1]).max(axis=0) / 127
        assert kernel / scale == pytest.approx(np.round(kernel / scale), abs=1e-3)
        assert np.abs(kernel - old).max() <= scale.max() / 2 + 1e-7
    once = predict_ones(model)
    round_weights(model)
    assert predict_ones(model) == pytest.approx(once, abs=1e-6)


def predict_ones(model):
    ones = np.ones((1, 32, 32, 3), np.float32)
    return np.array(model.predict_on_batch([ones, ones]))


def test_the_rate_rises_to_its_peak_and_falls_to_zero():
    stage = Stage(64, 10, learning_rate=3e-4, warm_up=0.05, cosine=True)
    rates = [learning_rate(stage, step, 100) for step in range(1000)]
    assert max(rates) == pytest.approx(3e-4)
    assert rates.index(max(rates)) == pytest.approx(50, abs=1)
    assert rates[-1] < 1e-6


def test_the_published_recipe_keeps_its_rate():
    published = load_recipe("published")
    assert published.epochs == 50
    assert {learning_rate(published.stages[0], step, 100) for step in range(100)} == {0.001}


def test_the_exported_float_graph_equals_keras_within_one_ten_thousandth(real_fusion, pixels, tmp_path):
    (tmp_path / "float.tflite").write_bytes(real_fusion.graph)
    engine = Engine(tmp_path / "float.tflite", TINY.size, len(LABELS), BRANCHES, threads=1)
    segmented = segmented_input(pixels.images, pixels.mask_shares)
    ours = np.stack([engine.run(*pair).probabilities for pair in zip(pixels.images, segmented, strict=True)])
    assert np.abs(ours - predict(real_fusion.model, pixels)).max() <= 1e-4


def test_the_graph_with_int8_weights_keeps_labels_and_probabilities_of_the_rounded_model(real_fusion, pixels, tmp_path):
    graph = quantise(real_fusion.graph, INTEGER_SCOPE)
    (tmp_path / "int8.tflite").write_bytes(graph)
    engine = Engine(tmp_path / "int8.tflite", TINY.size, len(LABELS), BRANCHES, threads=1)
    segmented = segmented_input(pixels.images, pixels.mask_shares)
    ours = np.stack([engine.run(*pair).probabilities for pair in zip(pixels.images, segmented, strict=True)])
    assert len(graph) < 25_000_000
    assert np.abs(ours - predict(real_fusion.model, pixels)).max() <= 0.03


@pytest.mark.usefixtures("eager")
def test_the_command_trains_evaluates_and_writes_a_package_that_classifies(data, tmp_path):
    package, recipe = tmp_path / "package", tmp_path / "tiny.toml"
    recipe.write_text(to_toml(replace(LIGHT, white_limit=True)))
    options = ["--data", data, "--recipe", recipe, "--work", tmp_path / "work", "--package", package]
    trained = CliRunner().invoke(cli, ["train", *map(str, options)], catch_exceptions=False)
    assert trained.exit_code == 0, trained.output
    assert "small_original  epoch   1/1" in trained.output
    manifest = load_package(package).manifest
    assert manifest.measured["validation"]["images"] == 4
    assert manifest.training_data["split"]["how"] == "group"
    split = SplitPlan.of_plain(manifest.training_data["split"]).split(find_examples(data))
    assert manifest.training_data["parts_sha256"] == parts_sha256(split)
    assert manifest.calibration.greatest_white is not None
    assert manifest.training_data["stages"][-1] == "the whole 1 epochs at 32 px"
    image = next((data / "Pre").glob("*.png"))
    answered = CliRunner().invoke(cli, ["classify", str(image), "--json", "--package", str(package)])
    assert json.loads(answered.stdout.splitlines()[0])["status"] in ("CLASSIFIED", "REJECTED")


@pytest.mark.parametrize("option", ["--package", "--work"])
def test_a_folder_that_cannot_be_made_is_refused_before_training(data, tmp_path, option):
    recipe = tmp_path / "tiny.toml"
    recipe.write_text(to_toml(LIGHT))
    folders = {"--package": tmp_path / "package", "--work": tmp_path / "work", option: recipe / "below-a-file"}
    options = ["--data", data, "--recipe", recipe, *(word for pair in folders.items() for word in pair)]
    with pytest.raises(InvalidSettings, match="nothing can be written to the folder"):
        CliRunner().invoke(cli, ["train", *map(str, options)], catch_exceptions=False)
    assert not list(tmp_path.glob("work/*"))


def test_an_unknown_recipe_is_refused_and_the_known_ones_are_named(data, tmp_path):
    options = ["--data", str(data), "--recipe", "nonsense", "--package", str(tmp_path / "package")]
    with pytest.raises(InvalidData, match="published"):
        CliRunner().invoke(cli, ["train", *options], catch_exceptions=False)


FROM_PACKAGE = replace(LIGHT, branches=tuple(replace(branch, weights="package") for branch in LIGHT.branches))


def test_a_start_package_trained_on_another_split_is_refused(data, tmp_path):
    recipe = tmp_path / "from-package.toml"
    recipe.write_text(to_toml(FROM_PACKAGE))
    options = ["--data", data, "--recipe", recipe, "--work", tmp_path / "work", "--package", tmp_path / "package"]
    with pytest.raises(InvalidData, match="trained with another split or other images"):
        CliRunner().invoke(cli, ["train", *map(str, options)], catch_exceptions=False)


@pytest.mark.parametrize(
    ("plan", "part"),
    [
        (SplitPlan("random", 0), "calibration"),  # four images of forty
        (SplitPlan("group", 0, (0.9, 0.0, 0.1)), "calibration"),
    ],
    ids=str,
)
def test_a_part_that_lacks_a_class_is_refused_by_name_before_training(data, plan, part):
    split = plan.split(find_examples(data))
    lacking = set(LABELS) - {example.label for example in getattr(split, part)}
    assert lacking
    with pytest.raises(InvalidData, match=rf"no image of .*{min(lacking)}.* is left for {part}"):
        check_and_split(data, None, plan, None, NoReporter())


def trained_on(folder, data, plan, **changed):
    """Write a package whose manifest says that it was trained on the training part of a plan."""
    examples = find_examples(data)
    provenance = {
        "split": plan.plain(),
        "data_sha256": data_sha256(examples),
        "parts_sha256": parts_sha256(plan.split(examples)),
    }
    tiny = write_tiny(folder)
    return write_manifest(folder, replace(tiny.manifest, training_data={**provenance, **changed}))


def test_a_start_package_trained_on_other_images_of_the_same_split_is_refused(data, tmp_path):
    plan = SplitPlan("group", 0)
    start = trained_on(tmp_path / "start", data, plan, parts_sha256={"training": "of others"})
    with pytest.raises(InvalidData, match=r"may have been trained on images.*split differently.*--groups"):
        check_and_split(data, None, plan, start, NoReporter())
    assert check_and_split(data, None, plan, trained_on(tmp_path / "same", data, plan), NoReporter()).validation


def test_an_older_start_package_without_digests_is_accepted_with_a_message(data, tmp_path):
    plan, reporter = SplitPlan("random", 0, (0.6, 0.2, 0.2)), Messages()
    check_and_split(data, None, plan, trained_on(tmp_path / "start", data, plan, parts_sha256=None), reporter)
    assert "taken to be the same" in reporter.texts[-1]
    by_group = SplitPlan("group", 0)
    start = trained_on(tmp_path / "grouped", data, by_group, parts_sha256=None)
    with pytest.raises(InvalidData, match="no group file was given"):
        check_and_split(data, None, by_group, start, reporter)
