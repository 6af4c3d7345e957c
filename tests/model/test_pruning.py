"""Channel pruning of a backbone in sequence."""

import keras
import numpy as np
import pytest

from blastlens.domain.errors import InvalidData
from blastlens.training.models.pruning import choose_channels, prune, with_widths


def sequence(widths, seed=0):
    """Build layers in sequence, as in VGG16."""
    keras.utils.set_random_seed(seed)
    image = keras.Input((None, None, 3))
    map_ = image
    for position, width in enumerate(widths):
        map_ = keras.layers.Conv2D(width, 3, padding="same", activation="relu", name=f"conv_{position}")(map_)
        if position == 0:
            map_ = keras.layers.MaxPooling2D()(map_)
    return keras.Model(image, map_, name="sequence")


def redundant(backbone, distinct):
    """Set every channel beyond the first `distinct` of the first convolution to one of these."""
    first = backbone.get_layer("conv_0")
    kernel, bias = first.get_weights()
    same = np.arange(kernel.shape[-1]) % distinct
    first.set_weights([kernel[..., same], bias[same]])


def images():
    return np.random.default_rng(0).random((16, 24, 24, 3)).astype(np.float32)


def difference(ours, theirs):
    return float(np.abs(ours - theirs).max() / np.abs(theirs).max())


def test_one_of_each_set_of_equal_channels_is_kept():
    values = np.random.default_rng(0).random((100, 3))
    repeated = values[:, [0, 1, 0, 2, 1, 0]].astype(np.float64)
    kept = choose_channels(repeated.T @ repeated, np.ones(6), 3)
    assert {(0, 1, 0, 2, 1, 0)[channel] for channel in kept} == {0, 1, 2}
    assert list(kept) == sorted(kept)


def test_a_channel_without_weight_in_the_next_layer_is_removed_first():
    gram = np.diag([9.0, 1.0, 4.0])
    assert list(choose_channels(gram, np.array([0.0, 1.0, 1.0]), 2)) == [1, 2]


def test_more_channels_can_be_kept_than_differ():
    assert len(choose_channels(np.ones((4, 4)), np.ones(4), 3)) == 3


def test_removing_redundant_channels_hardly_changes_the_output():
    whole = sequence((8, 6))
    redundant(whole, distinct=4)
    thin = with_widths(whole, (4, 6))
    prune(whole, thin, images(), seed=0)
    assert difference(np.asarray(thin(images())), np.asarray(whole(images()))) < 0.03


def test_fitting_the_next_kernel_is_nearer_than_only_removing_channels():
    whole = sequence((16, 12, 6))
    thin, dropped = with_widths(whole, (10, 8, 6)), with_widths(whole, (10, 8, 6))
    prune(whole, thin, images(), seed=0)
    for layer, ours in zip(dropped.layers[1:], whole.layers[1:], strict=True):
        if ours.get_weights():
            kernel, bias = ours.get_weights()
            layer.set_weights([kernel[:, :, : layer.kernel.shape[2], : layer.filters], bias[: layer.filters]])
    unseen = np.random.default_rng(1).random((8, 24, 24, 3)).astype(np.float32)
    wanted = np.asarray(whole(unseen))
    assert difference(np.asarray(thin(unseen)), wanted) < 0.5 * difference(np.asarray(dropped(unseen)), wanted)


def test_pruning_to_the_same_widths_changes_nothing():
    whole = sequence((8, 6))
    same = with_widths(whole, (8, 6))
    prune(whole, same, images(), seed=0)
    assert difference(np.asarray(same(images())), np.asarray(whole(images()))) < 1e-4


def test_equal_seeds_give_equal_weights():
    whole, kernels = sequence((16, 12, 6)), []
    for _ in range(2):
        thin = with_widths(whole, (8, 6, 6))
        prune(whole, thin, images(), seed=3)
        kernels.append(thin.get_weights())
    assert all(np.array_equal(first, second) for first, second in zip(*kernels, strict=True))


def test_widths_must_be_as_many_as_convolutions():
    with pytest.raises(InvalidData, match="2 convolutions"):
        with_widths(sequence((8, 6)), (8, 6, 4))


def test_a_backbone_that_joins_paths_is_refused():
    image = keras.Input((None, None, 3))
    first = keras.layers.Conv2D(4, 3, padding="same")(image)
    joined = keras.Model(image, keras.layers.Concatenate()([first, image]), name="joined")
    with pytest.raises(InvalidData, match="joined branches and joins"):
        with_widths(joined, (4,))
