"""Fixtures of the model tests: the exported fusion model and small trainings."""

from collections.abc import Iterator
from dataclasses import dataclass

import keras
import numpy as np
import pytest
import tensorflow as tf

from blastlens.inference.manifest import Branch
from blastlens.training.data.arrays import Pixels, read_pixels
from blastlens.training.data.dataset import find_examples
from blastlens.training.models.architectures import build_model
from blastlens.training.models.batch_norm import recalibrate
from blastlens.training.models.weight_rounding import round_weights
from blastlens.training.packaging.export import export_graph
from blastlens.training.recipes.recipe import BranchRecipe, Recipe, Stage
from tests.model.folders import draw_data

FUSION = Recipe(
    name="real",
    branches=(BranchRecipe("vgg16", "original", "scratch"), BranchRecipe("densenet121", "segmented", "scratch")),
    stages=(Stage(32, 1),),
    frozen=False,
)


@pytest.fixture
def eager() -> Iterator[None]:
    """Run TensorFlow's functions uncompiled.

    Compiling them takes longer than the few steps of a small training. Compiled trainings, as users run them, are in
    test_golden_values.py and in the test of equal seeds in test_training.py.
    """
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


@dataclass(frozen=True)
class RealFusion:
    """VGG16 and DenseNet121 with the published head, and the exported graph.

    Attributes:
        model: weights on the int8 grid, biases of VGG16 drawn, statistics of `pixels`. No test may change it.
        branches: VGG16 on the original and DenseNet121 on the segmented image.
        size: side of the images in pixels.
        pixels: drawn smears, ten of each class.
        graph: the model as a float32 LiteRT graph.
    """

    model: keras.Model
    branches: tuple[Branch, ...]
    size: int
    pixels: Pixels
    graph: bytes


@pytest.fixture(scope="session")
def real_fusion(tmp_path_factory: pytest.TempPathFactory) -> RealFusion:
    """Build and export the real topology once; the tests that use it run in one process."""
    data = draw_data(tmp_path_factory.mktemp("fusion") / "data", images=10)
    pixels = read_pixels(find_examples(data), FUSION, FUSION.size)
    model = build_model(FUSION, 0)
    generator = np.random.default_rng(0)
    for layer in model.get_layer("vgg16_original").layers:
        if hasattr(layer, "bias"):  # a converter keeps equal constants, such as zeros, once, and under no layer's name
            layer.bias.assign(generator.normal(0, 0.01, layer.bias.shape))
    round_weights(model)
    recalibrate(model, pixels, seed=0, batch=8)
    branches = tuple(Branch(branch.backbone, branch.input) for branch in FUSION.branches)
    return RealFusion(model, branches, FUSION.size, pixels, export_graph(model, FUSION.size, branches))
