"""What is left of a backbone when channels are taken out of it."""

import keras
import numpy as np
import pytest

from blastlens.domain.errors import InvalidData
from blastlens.training.models.pruning import keep, prune, with_widths


def row(widths, seed=0):
    """Layers in a row, as VGG16 has them."""
    keras.utils.set_random_seed(seed)
    image = keras.Input((None, None, 3))
    map_ = image
    for position, width in enumerate(widths):
        map_ = keras.layers.Conv2D(width, 3, padding="same", activation="relu", name=f"conv_{position}")(map_)
        if position == 0:
            map_ = keras.layers.MaxPooling2D()(map_)
    return keras.Model(image, map_, name="row")


def redundant(backbone, distinct):
    """Let every channel beyond the first `distinct` of the first convolution repeat one of them."""
    first = backbone.get_layer("conv_0")
    kernel, bias = first.get_weights()
    same = np.arange(kernel.shape[-1]) % distinct
    first.set_weights([kernel[..., same], bias[same]])


def images():
    return np.random.default_rng(0).random((16, 24, 24, 3)).astype(np.float32)


def difference(ours, theirs):
    return float(np.abs(ours - theirs).max() / np.abs(theirs).max())


def test_of_channels_that_repeat_each_other_one_is_kept_of_each():
    values = np.random.default_rng(0).random((100, 3))
    repeated = values[:, [0, 1, 0, 2, 1, 0]].astype(np.float64)
    kept = keep(repeated.T @ repeated, np.ones(6), 3)
    assert {(0, 1, 0, 2, 1, 0)[channel] for channel in kept} == {0, 1, 2}
    assert list(kept) == sorted(kept)


def test_a_channel_that_nothing_makes_use_of_goes_first():
    gram = np.diag([9.0, 1.0, 4.0])
    assert list(keep(gram, np.array([0.0, 1.0, 1.0]), 2)) == [1, 2]


def test_more_channels_than_differ_can_be_kept():
    assert len(keep(np.ones((4, 4)), np.ones(4), 3)) == 3


def test_what_redundant_channels_said_the_others_say_for_them():
    whole = row((8, 6))
    redundant(whole, distinct=4)
    thin = with_widths(whole, (4, 6))
    prune(whole, thin, images(), seed=0)
    assert difference(np.asarray(thin(images())), np.asarray(whole(images()))) < 0.03


def test_fitting_the_next_kernel_anew_comes_nearer_than_dropping_channels():
    whole = row((16, 12, 6))
    thin, dropped = with_widths(whole, (10, 8, 6)), with_widths(whole, (10, 8, 6))
    prune(whole, thin, images(), seed=0)
    for layer, ours in zip(dropped.layers[1:], whole.layers[1:], strict=True):
        if ours.get_weights():
            kernel, bias = ours.get_weights()
            layer.set_weights([kernel[:, :, : layer.kernel.shape[2], : layer.filters], bias[: layer.filters]])
    unseen = np.random.default_rng(1).random((8, 24, 24, 3)).astype(np.float32)
    wanted = np.asarray(whole(unseen))
    assert difference(np.asarray(thin(unseen)), wanted) < 0.5 * difference(np.asarray(dropped(unseen)), wanted)


def test_as_many_channels_as_before_leave_a_backbone_as_it_was():
    whole = row((8, 6))
    same = with_widths(whole, (8, 6))
    prune(whole, same, images(), seed=0)
    assert difference(np.asarray(same(images())), np.asarray(whole(images()))) < 1e-4


def test_equal_seeds_prune_alike():
    whole, kernels = row((16, 12, 6)), []
    for _ in range(2):
        thin = with_widths(whole, (8, 6, 6))
        prune(whole, thin, images(), seed=3)
        kernels.append(thin.get_weights())
    assert all(np.array_equal(first, second) for first, second in zip(*kernels, strict=True))


def test_widths_must_be_as_many_as_convolutions():
    with pytest.raises(InvalidData, match="2 convolutions"):
        with_widths(row((8, 6)), (8, 6, 4))


def test_a_backbone_that_joins_paths_is_not_narrowed():
    image = keras.Input((None, None, 3))
    first = keras.layers.Conv2D(4, 3, padding="same")(image)
    joined = keras.Model(image, keras.layers.Concatenate()([first, image]), name="joint")
    with pytest.raises(InvalidData, match="joined branches and joins"):
        with_widths(joined, (4,))
