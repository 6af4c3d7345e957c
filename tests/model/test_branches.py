"""How branches are made ready for a head: norms folded, what a package learned taken up, features evened out."""

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
from blastlens.training.fitting.branch_pretraining import TrainingContext, pretrain_branch
from blastlens.training.fitting.feature_cache import ImageSources
from blastlens.training.fitting.heads import fit_head
from blastlens.training.fitting.loop import Phase
from blastlens.training.fitting.run import TrainingRun
from blastlens.training.models.architectures import build_model, with_batch_norm_branch
from blastlens.training.models.batch_norm import fold_batch_norm, recalibrate
from blastlens.training.models.features import equalise_branches, extract_features
from blastlens.training.models.tflite_weights import restore_branch, restore_statistics
from blastlens.training.models.weight_rounding import round_weights
from blastlens.training.packaging.export import export_graph
from blastlens.training.packaging.quantise import quantise
from blastlens.training.progress import Progress
from blastlens.training.recipes.recipe import BranchRecipe, Stage
from blastlens.training.recipes.toml import load_recipe
from tests.model.conftest import FUSION
from tests.model.small_model import BRANCHES, NAMES, SMALL, build_small

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


def of_one_branch(branch):
    return replace(REAL, branches=(branch,), head_widths=(), head_dropouts=(0.2,), frozen=False)


def test_norms_that_helped_a_backbone_learn_are_folded_into_its_convolutions(pixels):
    recipe = of_one_branch(REAL.branches[0])
    normed = with_batch_norm_branch(build_model(recipe, 0), "vgg16_original")
    recalibrate(normed, pixels, seed=0, batch=8)
    plain = build_model(recipe, 1)
    fold_batch_norm(normed.get_layer("vgg16_original"), plain.get_layer("vgg16_original"))
    images = pixels.images.astype(np.float32) / 255
    ours, theirs = (np.asarray(model.get_layer("vgg16_original")(images)) for model in (plain, normed))
    assert np.abs(theirs).max() > 0.1
    assert ours == pytest.approx(theirs, abs=1e-3)


def test_a_normed_backbone_begins_with_the_weights_of_the_plain_one():
    plain = build_model(of_one_branch(REAL.branches[0]), 0)
    normed = with_batch_norm_branch(plain, "vgg16_original")
    first, second = (model.get_layer("vgg16_original").get_layer("block3_conv2") for model in (plain, normed))
    assert np.array_equal(first.kernel, second.kernel)


@pytest.fixture(scope="module")
def learned(real_fusion):
    """The real model, its weights and statistics as after a training."""
    return real_fusion.model


@pytest.fixture(scope="module")
def graph(real_fusion, tmp_path_factory):
    """The graph of a package with what `learned` has learned."""
    file = tmp_path_factory.mktemp("package") / "model.tflite"
    file.write_bytes(quantise(real_fusion.graph, ".*vgg16.*"))
    return file


@pytest.mark.slow
def test_training_goes_on_from_just_what_a_package_has_learned(real_fusion, learned, graph):
    pixels = real_fusion.pixels
    begun = build_model(replace(REAL, frozen=False), 1)
    for branch in REAL.branches:
        restore_branch(begun, branch.name, graph)
        restore_statistics(begun, branch.name, pixels)
        assert extract_features(begun, branch.name, pixels) == pytest.approx(
            extract_features(learned, branch.name, pixels), abs=2e-4
        )
    norm = begun.get_layer("densenet121_segmented").get_layer("conv3_block2_0_bn")
    usual = learned.get_layer("densenet121_segmented").get_layer("conv3_block2_0_bn")
    assert keras.ops.convert_to_numpy(norm.moving_mean) == pytest.approx(
        keras.ops.convert_to_numpy(usual.moving_mean), abs=0.05
    )


@pytest.fixture(scope="module")
def screening(pixels, tmp_path_factory):
    """A model with depthwise convolutions, other factors in each of its norms, and the graph of its package."""
    learned = build_model(SCREENING, 0)
    generator = np.random.default_rng(0)
    for layer in learned.get_layer("mobilenet_v2_original").layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.gamma.assign(generator.uniform(0.5, 1.5, layer.gamma.shape))
            layer.beta.assign(generator.normal(0, 0.3, layer.beta.shape))
    round_weights(learned)
    recalibrate(learned, pixels, seed=0, batch=8)
    file = tmp_path_factory.mktemp("screening") / "model.tflite"
    file.write_bytes(export_graph(learned, 32, (Branch("mobilenet_v2", "original"),)))
    return learned, file


@pytest.mark.slow
@pytest.mark.parametrize("seen", ["original", "segmented"])
def test_training_goes_on_from_depthwise_convolutions_and_from_another_input(pixels, screening, seen):
    learned, graph = screening
    blasts_alone = replace(pixels, mask_shares=np.full_like(pixels.mask_shares, 255))  # so that both inputs are one
    begun = build_model(replace(SCREENING, branches=(replace(SCREENING.branches[0], input=seen),)), 1)
    wanted = extract_features(learned, "mobilenet_v2_original", blasts_alone)
    name = f"mobilenet_v2_{seen}"
    restore_branch(begun, name, graph)
    assert extract_features(begun, name, blasts_alone) == pytest.approx(wanted, rel=1e-3, abs=1e-3)
    restore_statistics(begun, name, blasts_alone)
    assert extract_features(begun, name, blasts_alone) == pytest.approx(wanted, rel=1e-3, abs=1e-3)


@pytest.mark.slow
@pytest.mark.parametrize(("widths", "why"), [(HALF, "from 4224 to 2368 channels"), (WHOLE, None)])
def test_what_a_package_learned_with_more_channels_is_pruned_to_the_recipes(
    pixels, learned, graph, tmp_path, widths, why
):
    branch = BranchRecipe("vgg16", "original", "package", widths=widths)
    said: list[str] = []
    start: Any = SimpleNamespace(graph=graph, identity=SimpleNamespace(digest="0"))
    material: Any = SimpleNamespace(load_augmented=lambda variation, stage: pixels, load_plain=lambda size: pixels)
    watcher: Any = SimpleNamespace(say=said.append, step=lambda progress: None)
    lesson = TrainingRun(replace(REAL, branches=(branch,)), (), 0, tmp_path, start)
    begun = pretrain_branch(branch, TrainingContext(lesson, material, watcher))
    assert tuple(layer.filters for layer in begun.get_layer(branch.name).layers if hasattr(layer, "filters")) == widths
    assert ([why] if why else []) == [sentence.partition("original ")[2].strip(".") for sentence in said]
    ours, theirs = (extract_features(model, branch.name, pixels) for model in (begun, learned))
    assert np.corrcoef(ours.ravel(), theirs.ravel())[0, 1] > 0.9


@pytest.mark.slow
def test_norms_do_not_make_a_branch_forget_what_a_package_has_learned(pixels, learned, graph, tmp_path):
    hardly = Stage(32, 1, learning_rate=1e-9)
    branch = BranchRecipe("vgg16", "original", "package", stages=(hardly,), batch_norm=True)
    start: Any = SimpleNamespace(graph=graph, identity=SimpleNamespace(digest="0"))
    material: Any = SimpleNamespace(load_augmented=lambda variation, stage: pixels, load_plain=lambda size: pixels)
    watcher: Any = SimpleNamespace(say=lambda sentence: None, step=lambda progress: None)
    recipe = replace(REAL, branches=(branch,), head_stages=(hardly,), stages=(), batch=8)
    after = pretrain_branch(branch, TrainingContext(TrainingRun(recipe, (), 0, tmp_path, start), material, watcher))
    ours, theirs = (extract_features(model, branch.name, pixels) for model in (after, learned))
    assert np.linalg.norm(ours - theirs) < 0.1 * np.linalg.norm(theirs - theirs.mean(axis=0))


def test_a_package_without_the_branch_is_refused_by_its_name():
    model = build_small((Branch("nobody", "original"),))
    with pytest.raises(InvalidData, match="nobody_original"):
        restore_branch(model, "nobody_original", load_package(SHIPPED).graph)


def test_all_branches_speak_equally_loud_to_the_head(pixels):
    model = build_small(BRANCHES)
    for layer, factor in zip((model.get_layer(name).layers[-1] for name in NAMES), (1e-3, 1e2), strict=True):
        layer.kernel.assign(layer.kernel * factor)
    equalise_branches(model, NAMES, pixels)
    for name in NAMES:
        assert np.sqrt(extract_features(model, name, pixels).var(axis=0).mean()) == pytest.approx(1.0, rel=1e-3)


def test_the_head_learns_alone_and_backbones_stay_as_they_are(pixels, tmp_path):
    model = build_small(BRANCHES, head_widths=(16,))
    equalise_branches(model, NAMES, pixels)
    before = [np.array(weights) for name in NAMES for weights in model.get_layer(name).get_weights()]
    seen: list[Progress] = []
    fit_head(part_in(tmp_path), model, SMALL, ImageSources(lambda variation, stage: pixels), seen.append)
    after = [weights for name in NAMES for weights in model.get_layer(name).get_weights()]
    assert all(np.array_equal(first, second) for first, second in zip(before, after, strict=True))
    assert seen[-1].loss < seen[0].loss
    assert [progress.epoch for progress in seen if progress.step == progress.steps] == [1, 2, 3, 4]


def test_a_head_that_hears_one_branch_at_a_time_leans_on_neither(pixels, tmp_path):
    model = build_small(BRANCHES, head_widths=(16,))
    equalise_branches(model, NAMES, pixels)
    stages = (Stage(32, 150, learning_rate=1e-2, redraw_every=150),)
    recipe = replace(SMALL, branch_dropout=0.8)
    fit_head(
        replace(part_in(tmp_path), stages=stages),
        model,
        recipe,
        ImageSources(lambda variation, stage: pixels),
        lambda _: None,
    )
    for silent in (0, 1):
        inputs = [pixels.images.astype(np.float32), pixels.images.astype(np.float32) * 0.5]
        whole = np.asarray(model.predict_on_batch(inputs))
        inputs[silent] = np.zeros_like(inputs[silent])
        assert np.abs(np.asarray(model.predict_on_batch(inputs)) - whole).max() > 0.05


def test_an_interrupted_head_does_not_ask_the_backbones_again(pixels, tmp_path):
    asked = []

    def draw(variation, stage):
        asked.append(variation)
        return pixels

    for _ in range(2):
        model = build_small(BRANCHES, head_widths=(16,))
        fit_head(part_in(tmp_path), model, SMALL, ImageSources(draw), lambda progress: None)
    assert asked == [0, 2]


def test_some_examples_are_spread_over_all_of_them(pixels):
    assert list(subsample(pixels, 8).classes) == list(pixels.classes[::3])
    assert len(subsample(pixels, 100)) == len(pixels)


def part_in(folder):
    return Phase("head", keras.Model, SMALL.head_stages, 0, "run", folder)
