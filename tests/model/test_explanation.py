"""Grad-CAM in NumPy against TensorFlow's own gradient."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from blastlens.domain.labels import LABELS
from blastlens.imaging.model_input import segmented_input, shrink
from blastlens.imaging.synthetic import draw_smear
from blastlens.inference.engine import FEATURES, PROBABILITIES, Engine, map_name
from blastlens.inference.explanation import Head, grad_cam
from blastlens.inference.manifest import Branch
from blastlens.training.models.weight_rounding import round_weights
from blastlens.training.packaging.export import add_map_outputs, export_graph, export_head
from tests.effort import in_soak
from tests.model.small_model import build_small

SIZE = 32
FUSION = (Branch("vgg16", "original"), Branch("densenet121", "segmented"))
SCREENING = (Branch("mobilenet_v2", "segmented"),)
ONE_INPUT = (Branch("vgg16", "original"), Branch("resnet50", "original"))


MODELS = [
    pytest.param((FUSION, 4, lambda: build_small(FUSION, 4, (7, 5))), id="two branches"),
    pytest.param((ONE_INPUT, 4, lambda: build_small(ONE_INPUT, 4, (7,))), id="two branches on one input"),
    pytest.param((SCREENING, 2, lambda: build_small(SCREENING, 2, ())), id="one branch and no hidden layer"),
    pytest.param(None, id="the fusion model itself", marks=(in_soak, pytest.mark.slow)),
]


@pytest.fixture(scope="module", params=MODELS)
def exported(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("exported")
    if request.param is None:
        real = request.getfixturevalue("real_fusion")
        model, branches, classes, graph = real.model, real.branches, len(LABELS), real.graph
    else:
        branches, classes, build = request.param
        model = build()
        round_weights(model)
        graph = export_graph(model, SIZE, branches)
    (folder / "model.tflite").write_bytes(graph)
    (folder / "head.npz").write_bytes(export_head(model))
    engine = Engine(folder / "model.tflite", SIZE, classes, branches, threads=1)
    return model, branches, engine, Head.load(folder / "head.npz")


@pytest.fixture(scope="module")
def pair():
    smear = draw_smear(4, LABELS[2])
    image, share = shrink(smear.image, smear.mask, SIZE)
    return {"original": image, "segmented": segmented_input(image, share)}


def gradient_of_tensorflow(model, branches, pair, class_index):
    """Grad-CAM as Selvaraju et al. write it: the gradient of the logit, averaged over the map, weighs the channels."""
    whole = add_map_outputs(model, branches)
    heads = keras.Model(whole.output[FEATURES], model.output)
    heads.get_layer("probabilities").activation = keras.activations.linear
    poolings = [model.get_layer(f"{branch.backbone}_{branch.input}_pooling") for branch in branches]
    inputs = [pair[tensor.name][None].astype(np.float32) for tensor in model.inputs]
    maps = [whole(inputs)[map_name(position)] for position in range(len(branches))]
    with tf.GradientTape() as tape:
        tape.watch(maps)
        features = tf.concat([pooling(each) for pooling, each in zip(poolings, maps, strict=True)], axis=1)
        logit = heads(features)[0, class_index]
    heads.get_layer("probabilities").activation = keras.activations.softmax
    weights = [tf.reduce_mean(gradient, axis=(1, 2)) for gradient in tape.gradient(logit, maps)]
    return [np.maximum((each[0] @ weight[0][:, None])[..., 0], 0) for each, weight in zip(maps, weights, strict=True)]


def test_the_heat_of_every_class_is_tensorflows_within_one_thousandth(exported, pair):
    model, branches, engine, head = exported
    outputs = engine.run(**pair)
    for class_index in range(model.output_shape[1]):
        ours = grad_cam(outputs, head, class_index)
        theirs = gradient_of_tensorflow(model, branches, pair, class_index)
        assert len(ours) == len(branches)
        for heat, reference in zip(ours, theirs, strict=True):
            assert heat.shape == reference.shape
            assert heat == pytest.approx(reference, abs=1e-3 * max(float(reference.max()), 1e-6))


def test_some_class_has_heat_or_the_comparison_says_nothing(exported, pair):
    model, _, engine, head = exported
    maps = [each for index in range(model.output_shape[1]) for each in grad_cam(engine.run(**pair), head, index)]
    assert max(each.max() for each in maps) > 0


def test_the_graph_returns_what_keras_has_inside(exported, pair):
    model, branches, engine, _ = exported
    outputs = engine.run(**pair)
    inputs = [pair[tensor.name][None].astype(np.float32) for tensor in model.inputs]
    reference = add_map_outputs(model, branches)(inputs)
    assert outputs.probabilities == pytest.approx(np.array(reference[PROBABILITIES][0]), abs=1e-5)
    assert outputs.features == pytest.approx(np.array(reference[FEATURES][0]), abs=1e-4)
    for position, each in enumerate(outputs.maps):
        assert each == pytest.approx(np.array(reference[map_name(position)][0]), abs=1e-4)


def test_the_features_are_the_means_of_the_maps_in_order(exported, pair):
    outputs = exported[2].run(**pair)
    assert outputs.features == pytest.approx(
        np.concatenate([each.mean(axis=(0, 1)) for each in outputs.maps]), abs=1e-4
    )


def test_the_head_has_the_very_kernels_of_a_rounded_model(exported):
    model, _, _, head = exported
    kernels = [
        keras.ops.convert_to_numpy(layer.kernel) for layer in model.layers if isinstance(layer, keras.layers.Dense)
    ]
    for ours, theirs in zip(head.kernels, kernels, strict=True):
        assert np.abs(ours - theirs).max() < 1e-7
