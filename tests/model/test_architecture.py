from dataclasses import replace

import h5py
import keras
import numpy as np
import pytest
from keras.src.legacy.saving.legacy_h5_format import save_weights_to_hdf5_group

from blastlens.domain.errors import InvalidData
from blastlens.inference.package import SHIPPED, load_package
from blastlens.training.models.architectures import BACKBONES, build_model
from blastlens.training.models.inputs import input_names
from blastlens.training.recipes.overrides import apply_overrides
from blastlens.training.recipes.recipe import BranchRecipe, Recipe, Stage
from blastlens.training.recipes.toml import load_recipe, recipe_names
from tests.effort import sample

PUBLISHED = load_recipe("published")
SCRATCH = apply_overrides(PUBLISHED, scratch=True, size=None, epochs=None)
SMALL = Recipe("small", (BranchRecipe("mobilenet", "original", "scratch"),), (Stage(32, 1),), head_widths=())


def topology(recipe):
    """Return what `build_model` reads of a recipe but its seed, its ImageNet weights and what is frozen."""
    return (
        tuple((branch.backbone, branch.input, branch.widths) for branch in recipe.branches),
        (recipe.head_widths, recipe.head_dropouts, len(recipe.classes)),
        recipe.size if any(BACKBONES[branch.backbone].fixed_size for branch in recipe.branches) else None,
    )


TOPOLOGIES = {topology(load_recipe(name)): name for name in recipe_names()}


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """Keras's cache folder with weights files of the right form, made here, in place of ImageNet's."""
    monkeypatch.setattr("keras.src.backend.config._KERAS_DIR", str(tmp_path))
    # Their MD5 cannot be ImageNet's; everything else about loading them is Keras's own code.
    monkeypatch.setattr("keras.src.utils.file_utils.validate_file", lambda *arguments, **options: True)
    (tmp_path / "models").mkdir()
    return tmp_path / "models"


def write_weights(model, file):
    """Write weights as the files that Keras hosts hold them: HDF5, one group a layer."""
    with h5py.File(file, "w") as store:
        save_weights_to_hdf5_group(store, model)


def trainable(model):
    return sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)


@pytest.fixture(scope="module")
def scratch():
    return build_model(SCRATCH, seed=0)


def test_the_model_has_the_published_number_of_parameters(scratch):
    assert scratch.count_params() == 18_598_836


def test_all_of_it_but_batch_norm_statistics_is_trained_from_scratch(scratch):
    model = scratch
    statistics = sum(int(np.prod(weight.shape)) for weight in model.non_trainable_weights)
    assert trainable(model) + statistics == 18_598_836
    assert all(
        weight.name in ("moving_mean", "moving_variance", "seed_generator_state")
        for weight in model.non_trainable_weights
    )


def test_imagenet_weights_are_taken_from_kerass_cache_and_frozen(cache):
    made = keras.applications.VGG16(include_top=False, weights=None)
    write_weights(made, cache / "vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5")
    dense = keras.applications.DenseNet121(include_top=False, weights=None)
    write_weights(dense, cache / "densenet121_weights_tf_dim_ordering_tf_kernels_notop.h5")
    model = build_model(PUBLISHED, seed=0)
    loaded = model.get_layer("vgg16_original").get_layer("block5_conv3").kernel
    assert np.array_equal(loaded, made.get_layer("block5_conv3").kernel)
    deepest = model.get_layer("densenet121_segmented").get_layer("conv4_block9_0_bn").gamma
    assert np.array_equal(deepest, dense.get_layer("conv4_block9_0_bn").gamma)
    assert trainable(model) == 1_749_556
    assert model.count_params() - trainable(model) == 16_849_280


def test_weights_that_cannot_be_had_are_explained(cache, monkeypatch):
    def unreachable(*arguments, **options):
        raise OSError("no route to host")

    monkeypatch.setattr("keras.src.utils.file_utils.urlretrieve", unreachable)
    with pytest.raises(InvalidData, match="--scratch"):
        build_model(PUBLISHED, seed=0)


def test_the_same_seed_gives_the_same_weights_and_another_does_not():
    first, again, other = (
        build_model(SMALL, seed).get_layer("mobilenet_original").get_weights()[0] for seed in (1, 1, 2)
    )
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_pixels_go_in_from_0_to_255_and_scaling_is_inside(scratch):
    layers = [layer for layer in scratch.layers if isinstance(layer, keras.layers.Rescaling)]
    assert [layer.scale for layer in layers] == [pytest.approx(1 / 255)] * 2


def test_the_fused_vector_is_1024_wide_and_four_probabilities_come_out(scratch):
    assert scratch.get_layer("fused").output.shape == (None, 1024)
    assert scratch.output_shape == (None, 4)


def test_our_recipe_learns_with_the_published_layers(scratch):
    ours = build_model(load_recipe("fusion"), seed=0)
    assert [weight.shape for weight in ours.weights] == [weight.shape for weight in scratch.weights]


def test_what_ships_has_the_published_layers_and_half_of_the_channels_within_vgg16(scratch):
    learned_by = str(load_package(SHIPPED).manifest.training_data["recipe"])
    shipped = build_model(load_recipe(learned_by), seed=0)
    widths = []
    for model in (shipped, scratch):
        layers = model.get_layer("vgg16_original").layers
        widths.append([layer.filters for layer in layers if isinstance(layer, keras.layers.Conv2D)])
    assert widths[0] == [*(width // 2 for width in widths[1][:-1]), widths[1][-1]]
    branch = "densenet121_segmented"
    ours, published = ([each.shape for each in model.get_layer(branch).weights] for model in (shipped, scratch))
    assert ours == published


@pytest.mark.parametrize("name", sample(sorted(name for key, name in TOPOLOGIES.items() if key != topology(PUBLISHED))))
def test_every_recipe_builds_and_looks_at_no_more_than_its_branches_say(name):
    recipe = load_recipe(name)
    branches = tuple(replace(branch, weights="scratch") for branch in recipe.branches)
    model = build_model(replace(recipe, branches=branches), seed=0)
    assert set(input_names(model)) == {branch.input for branch in recipe.branches}
    assert model.output_shape == (None, len(recipe.classes))


@pytest.mark.parametrize("backbone", BACKBONES)
def test_every_backbone_answers_at_a_size_that_its_makers_did_not_choose(backbone):
    branch = replace(load_recipe("screening").branches[0], backbone=backbone)
    recipe = apply_overrides(replace(load_recipe("screening"), branches=(branch,)), scratch=True, size=112, epochs=1)
    # Called directly: to compile a graph of the layers for two images takes ten times as long.
    said = np.asarray(build_model(recipe, seed=0)(np.full((2, 112, 112, 3), 200, np.float32), training=False))
    assert np.allclose(said.sum(axis=1), 1.0, atol=1e-5)
