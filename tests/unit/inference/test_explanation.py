"""Gradient of the head; see tests/model/test_explanation.py for TensorFlow's."""

import numpy as np
import pytest

from blastlens.domain.errors import DamagedPackage
from blastlens.inference.engine import Outputs
from blastlens.inference.explanation import Head, grad_cam, join_heat_maps
from tests.measured_memory import peak_bytes
from tests.tiny_package import head, head_bytes


def logit(given: Head, features, class_index):
    hidden = features.astype(np.float64)
    for kernel, bias in zip(given.kernels[:-1], given.biases[:-1], strict=True):
        hidden = np.maximum(hidden @ kernel + bias, 0)
    return (hidden @ given.kernels[-1] + given.biases[-1])[class_index]


def outputs_of(*maps):
    features = np.concatenate([each.mean(axis=(0, 1)) for each in maps])
    return Outputs(np.full(4, 0.25), features, maps)


@pytest.mark.parametrize("widths", [(6, 4), (6, 5, 4), (6, 7, 5, 4)], ids=str)
def test_the_gradient_is_the_slope_of_the_logit(widths):
    given, features = head(widths), np.linspace(20, 200, 6).astype(np.float32)
    for class_index in range(4):
        steps = 1e-3 * np.eye(6)
        slopes = [
            (logit(given, features + s, class_index) - logit(given, features - s, class_index)) / 2e-3 for s in steps
        ]
        assert given.logit_gradient(features, class_index) == pytest.approx(slopes, abs=1e-6)


def test_heat_lies_where_the_channel_that_speaks_for_the_class_does_and_nowhere_else():
    seen = np.zeros((4, 4, 2), np.float32)
    seen[1, 2, 0] = 8.0  # speaks for class 0
    seen[3, 3, 1] = 8.0  # speaks against it
    given = Head((np.array([[1, -1], [-1, 1]], np.float32),), (np.zeros(2, np.float32),))
    (heat,) = grad_cam(outputs_of(seen), given, 0)
    assert heat[1, 2] == pytest.approx(8.0 / 16)
    assert heat.sum() == pytest.approx(8.0 / 16)


def test_each_branch_has_a_map_of_its_own_size():
    maps = np.ones((4, 4, 2), np.float32), np.ones((2, 3, 1), np.float32)
    given = Head((np.array([[1], [1], [6]], np.float32),), (np.zeros(1, np.float32),))
    first, second = grad_cam(outputs_of(*maps), given, 0)
    assert (first.shape, second.shape) == ((4, 4), (2, 3))
    assert (first[0, 0], second[0, 0]) == (pytest.approx(2 / 16), pytest.approx(1.0))


def test_joined_heat_has_the_images_size_and_its_place_and_counts_every_branch_alike():
    left, right = np.zeros((2, 2), np.float32), np.zeros((4, 4), np.float32)
    left[:, 0], right[:, 3] = 1000.0, 0.001
    joined = join_heat_maps([left, right], 60, 100)
    assert joined.shape == (60, 100)
    assert joined[30, 0] == pytest.approx(0.5) == joined[30, 99]
    assert joined.min() >= 0 and joined.max() <= 1


def test_a_map_without_heat_stays_without():
    joined = join_heat_maps([np.zeros((2, 2), np.float32)], 8, 8)
    assert (joined == 0).all()


def test_joining_many_maps_takes_no_more_memory_than_joining_two():
    maps = [np.ones((7, 7), np.float32)] * 8
    assert peak_bytes(lambda: join_heat_maps(maps, 1000, 1000)) < 3 * 4 * 1000 * 1000


def test_a_head_comes_back_from_its_file(tmp_path):
    given = head()
    (tmp_path / "head.npz").write_bytes(head_bytes(given))
    read = Head.load(tmp_path / "head.npz")
    for ours, theirs in zip((*read.kernels, *read.biases), (*given.kernels, *given.biases), strict=True):
        assert ours == pytest.approx(theirs, abs=1e-7)


@pytest.mark.parametrize("data", [b"", b"no arrays", head_bytes(head())[:300]], ids=["nothing", "text", "half"])
def test_a_file_that_holds_no_head_is_refused_by_its_name(tmp_path, data):
    (tmp_path / "head.npz").write_bytes(data)
    with pytest.raises(DamagedPackage, match=r"head\.npz"):
        Head.load(tmp_path / "head.npz")


def test_layers_that_do_not_fit_each_other_are_refused(tmp_path):
    wrong = Head((head((6, 5)).kernels[0], head((4, 3)).kernels[0]), (np.zeros(5, np.float32), np.zeros(3, np.float32)))
    (tmp_path / "head.npz").write_bytes(head_bytes(wrong))
    with pytest.raises(DamagedPackage, match="do not match"):
        Head.load(tmp_path / "head.npz")
