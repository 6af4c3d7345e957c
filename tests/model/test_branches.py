"""Branches: folded batch norms, restored weights, equalised features."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import keras
import numpy as np
import pytest

from blastlens.domain.errors import InvalidData
from blastlens.domain.labels import LABELS
from blastlens.inference.manifest import Branch
from blastlens.inference.package import SHIPPED, load_package
from blastlens.training.data.arrays import Pixels, subsample
from blastlens.training.fitting.branch_pretraining import pretrain_branch
from blastlens.training.fitting.feature_cache import ImageSources
from blastlens.training.fitting.heads import fit_head
from blastlens.training.fitting.loader import DataLoader
from blastlens.training.fitting.loop import Phase
from blastlens.training.fitting.run import TrainingRun
from blastlens.training.models.architectures import build_model, with_batch_norm_branch
from blastlens.training.models.batch_norm import fold_batch_norm, recalibrate
from blastlens.training.models.features import equalise_branches, extract_features
from blastlens.training.models.tflite_weights import restore_branch, restore_statistics
from blastlens.training.models.weight_rounding import round_weights
from blastlens.training.packaging.export import export_graph
from blastlens.training.packaging.quantise import quantise
from blastlens.training.progress import NoReporter, Progress
from blastlens.training.recipes.recipe import BranchRecipe, Stage
from blastlens.training.recipes.toml import load_recipe
from tests.effort import in_soak
from tests.model.conftest import FUSION
from tests.model.small_model import BRANCHES, NAMES, SMALL, build_small, repeat

REAL = replace(FUSION, frozen=True)
SCREENING = replace(load_recipe("screening"), frozen=False)
WHOLE = (64, 64, 128, 128, 256, 256, 256, 512, 512, 512, 512, 512, 512)
HALF = (*(width // 2 for width in WHOLE[:-1]), 512)


@pytest.fixture(scope="module")
def pixels():
    generator = np.random.default_rng(0)
    classes = np.arange(24) % len(LABELS)
    images = generator.integers(0, 120, (24, 32, 32, 3)) + 30 * classes[:, None, None, None]
    shares = generator.integers(0, 256, (24, 32, 32))
    return Pixels(images.astype(np.uint8), shares.astype(np.uint8), classes.astype(np.int64))


class Messages(NoReporter):
    def __init__(self):
        self.texts = []

    def message(self, text):
        self.texts.append(text)


def load_always(pixels, monkeypatch):
    """Let every loader return the same pixels."""
    monkeypatch.setattr(DataLoader, "load_plain", lambda self, size: pixels)
    monkeypatch.setattr(DataLoader, "load_augmented", lambda self, variation, stage: pixels)


def of_one_branch(branch):
    return replace(REAL, branches=(branch,), head_widths=(), head_dropouts=(0.2,), frozen=False)


def test_batch_norms_are_folded_into_the_convolutions(pixels):
    recipe = of_one_branch(REAL.branches[0])
    normalised = with_batch_norm_branch(build_model(recipe, 0), "vgg16_original")
    recalibrate(normalised, pixels, seed=0, batch=8)
    plain = build_model(recipe, 1)
    fold_batch_norm(normalised.get_layer("vgg16_original"), plain.get_layer("vgg16_original"))
    images = pixels.images.astype(np.float32) / 255
    ours, theirs = (np.asarray(model.get_layer("vgg16_original")(images)) for model in (plain, normalised))
    assert np.abs(theirs).max() > 0.1
    assert ours == pytest.approx(theirs, abs=1e-3)


def test_a_backbone_with_batch_norm_starts_with_the_weights_of_the_plain_one():
    plain = build_model(of_one_branch(REAL.branches[0]), 0)
    normalised = with_batch_norm_branch(plain, "vgg16_original")
    first, second = (model.get_layer("vgg16_original").get_layer("block3_conv2") for model in (plain, normalised))
    assert np.array_equal(first.kernel, second.kernel)


@pytest.fixture(scope="module")
def trained(real_fusion):
    """The real model with weights and statistics as after a training."""
    return real_fusion.model


@pytest.fixture(scope="module")
def graph(real_fusion, tmp_path_factory):
    """The graph of a package with the weights of `trained`."""
    file = tmp_path_factory.mktemp("package") / "model.tflite"
    file.write_bytes(quantise(real_fusion.graph, ".*vgg16.*"))
    return file


@in_soak
@pytest.mark.slow
def test_restored_branches_compute_the_features_of_the_package(real_fusion, trained, graph):
    pixels = real_fusion.pixels
    restored = build_model(replace(REAL, frozen=False), 1)
    for branch in REAL.branches:
        restore_branch(restored, branch.name, graph)
        restore_statistics(restored, branch.name, pixels)
        assert extract_features(restored, branch.name, pixels) == pytest.approx(
            extract_features(trained, branch.name, pixels), abs=2e-4
        )
    norm = restored.get_layer("densenet121_segmented").get_layer("conv3_block2_0_bn")
    usual = trained.get_layer("densenet121_segmented").get_layer("conv3_block2_0_bn")
    assert keras.ops.convert_to_numpy(norm.moving_mean) == pytest.approx(
        keras.ops.convert_to_numpy(usual.moving_mean), abs=0.05
    )


@pytest.fixture(scope="module")
def screening(pixels, tmp_path_factory):
    """A model with depthwise convolutions, other factors in each of its norms, and the graph of its package."""
    trained = build_model(SCREENING, 0)
    generator = np.random.default_rng(0)
    for layer in trained.get_layer("mobilenet_v2_original").layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.gamma.assign(generator.uniform(0.5, 1.5, layer.gamma.shape))
            layer.beta.assign(generator.normal(0, 0.3, layer.beta.shape))
    round_weights(trained)
    recalibrate(trained, pixels, seed=0, batch=8)
    file = tmp_path_factory.mktemp("screening") / "model.tflite"
    file.write_bytes(export_graph(trained, 32, (Branch("mobilenet_v2", "original"),)))
    return trained, file


@in_soak
@pytest.mark.slow
@pytest.mark.parametrize("branch_input", ["original", "segmented"])
def test_depthwise_convolutions_are_restored_also_for_the_other_input(pixels, screening, branch_input):
    trained, graph = screening
    blasts_only = replace(pixels, mask_shares=np.full_like(pixels.mask_shares, 255))  # so that both inputs are one
    restored = build_model(replace(SCREENING, branches=(replace(SCREENING.branches[0], input=branch_input),)), 1)
    wanted = extract_features(trained, "mobilenet_v2_original", blasts_only)
    name = f"mobilenet_v2_{branch_input}"
    restore_branch(restored, name, graph)
    assert extract_features(restored, name, blasts_only) == pytest.approx(wanted, rel=1e-3, abs=1e-3)
    restore_statistics(restored, name, blasts_only)
    assert extract_features(restored, name, blasts_only) == pytest.approx(wanted, rel=1e-3, abs=1e-3)


@in_soak
@pytest.mark.slow
@pytest.mark.parametrize(("widths", "why"), [(HALF, "from 4224 to 2368 channels"), (WHOLE, None)])
def test_a_package_with_more_channels_is_pruned_to_the_recipes_widths(
    pixels, trained, graph, tmp_path, monkeypatch, widths, why
):
    branch = BranchRecipe("vgg16", "original", "package", widths=widths)
    load_always(pixels, monkeypatch)
    start: Any = SimpleNamespace(graph=graph, identity=SimpleNamespace(digest="0"))
    reporter = Messages()
    run = TrainingRun(replace(REAL, branches=(branch,)), (), 0, tmp_path, start, reporter=reporter)
    restored = pretrain_branch(branch, run)
    assert (
        tuple(layer.filters for layer in restored.get_layer(branch.name).layers if hasattr(layer, "filters")) == widths
    )
    assert ([why] if why else []) == [text.partition("original ")[2].strip(".") for text in reporter.texts]
    ours, theirs = (extract_features(model, branch.name, pixels) for model in (restored, trained))
    assert np.corrcoef(ours.ravel(), theirs.ravel())[0, 1] > 0.9


@in_soak
@pytest.mark.slow
def test_added_batch_norms_keep_the_features_of_a_packages_branch(pixels, trained, graph, tmp_path, monkeypatch):
    load_always(pixels, monkeypatch)
    tiny_rate = Stage(32, 1, learning_rate=1e-9)
    branch = BranchRecipe("vgg16", "original", "package", stages=(tiny_rate,), batch_norm=True)
    start: Any = SimpleNamespace(graph=graph, identity=SimpleNamespace(digest="0"))
    recipe = replace(REAL, branches=(branch,), head_stages=(tiny_rate,), stages=(), batch=8)
    after = pretrain_branch(branch, TrainingRun(recipe, (), 0, tmp_path, start))
    ours, theirs = (extract_features(model, branch.name, pixels) for model in (after, trained))
    assert np.linalg.norm(ours - theirs) < 0.1 * np.linalg.norm(theirs - theirs.mean(axis=0))


def test_a_package_without_the_branch_is_refused_by_the_branchs_name():
    model = build_small((Branch("nobody", "original"),))
    with pytest.raises(InvalidData, match="nobody_original"):
        restore_branch(model, "nobody_original", load_package(SHIPPED).graph)


def test_equalised_branches_have_features_of_one_deviation(pixels):
    model = build_small(BRANCHES)
    for layer, factor in zip((model.get_layer(name).layers[-1] for name in NAMES), (1e-3, 1e2), strict=True):
        layer.kernel.assign(layer.kernel * factor)
    equalise_branches(model, NAMES, pixels)
    for name in NAMES:
        assert np.sqrt(extract_features(model, name, pixels).var(axis=0).mean()) == pytest.approx(1.0, rel=1e-3)


def test_training_the_head_does_not_change_the_backbones(pixels, tmp_path):
    model = build_small(BRANCHES, head_widths=(16,))
    equalise_branches(model, NAMES, pixels)
    before = [np.array(weights) for name in NAMES for weights in model.get_layer(name).get_weights()]
    reported: list[Progress] = []
    fit_head(phase_in(tmp_path), model, SMALL, ImageSources(lambda variation, stage: pixels), reported.append)
    after = [weights for name in NAMES for weights in model.get_layer(name).get_weights()]
    assert all(np.array_equal(first, second) for first, second in zip(before, after, strict=True))
    assert reported[-1].loss < reported[0].loss
    assert [progress.epoch for progress in reported if progress.step == progress.steps] == [1, 2, 3, 4]


def test_a_head_trained_with_branch_dropout_uses_both_branches(pixels, tmp_path):
    model = build_small(BRANCHES, head_widths=(16,))
    equalise_branches(model, NAMES, pixels)
    stages = (Stage(32, 10, learning_rate=1e-2, redraw_every=10),)
    recipe = replace(SMALL, branch_dropout=0.8)
    fit_head(
        replace(phase_in(tmp_path), stages=stages),
        model,
        recipe,
        ImageSources(lambda variation, stage: repeat(pixels, 15)),
        lambda _: None,
    )
    for dropped in (0, 1):
        inputs = [pixels.images.astype(np.float32), pixels.images.astype(np.float32) * 0.5]
        whole = np.asarray(model.predict_on_batch(inputs))
        inputs[dropped] = np.zeros_like(inputs[dropped])
        assert np.abs(np.asarray(model.predict_on_batch(inputs)) - whole).max() > 0.05


def test_a_resumed_head_does_not_compute_its_features_again(pixels, tmp_path):
    drawn = []

    def draw(variation, stage):
        drawn.append(variation)
        return pixels

    for _ in range(2):
        model = build_small(BRANCHES, head_widths=(16,))
        fit_head(phase_in(tmp_path), model, SMALL, ImageSources(draw), lambda progress: None)
    assert drawn == [0, 2]


def test_an_interrupted_head_resumes_after_its_last_epoch(pixels, tmp_path):
    def stop_in_the_third_epoch(progress):
        if progress.epoch == 3:
            raise KeyboardInterrupt

    def fit(folder, report):
        model = build_small(BRANCHES, head_widths=(16,))
        return fit_head(phase_in(folder), model, SMALL, ImageSources(lambda variation, stage: pixels), report)

    whole = fit(tmp_path / "whole", lambda progress: None)
    with pytest.raises(KeyboardInterrupt):
        fit(tmp_path / "interrupted", stop_in_the_third_epoch)
    reported: list[Progress] = []
    resumed = fit(tmp_path / "interrupted", reported.append)
    assert {progress.epoch for progress in reported} == {3, 4}
    assert all(np.array_equal(a, b) for a, b in zip(whole.get_weights(), resumed.get_weights(), strict=True))


def test_a_subsample_is_spread_over_all_examples(pixels):
    assert list(subsample(pixels, 8).classes) == list(pixels.classes[::3])
    assert len(subsample(pixels, 100)) == len(pixels)


def phase_in(folder):
    return Phase("head", keras.Model, SMALL.head_stages, 0, "run", folder)
