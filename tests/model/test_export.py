"""Export of a Keras model to the graph that ships."""

import numpy as np
import pytest
from ai_edge_litert.schema_py_generated import BuiltinOperator, TensorType
from ai_edge_litert.tools.flatbuffer_utils import read_model_from_bytearray

from blastlens.inference.engine import Engine
from blastlens.inference.manifest import Branch
from blastlens.training.models.weight_rounding import round_weights
from blastlens.training.packaging.export import export_graph, export_head
from blastlens.training.packaging.package import INTEGER_SCOPE
from blastlens.training.packaging.quantise import quantise
from tests.model.small_model import build_small

BRANCHES = (Branch("vgg16", "original"), Branch("densenet121", "segmented"))
SIZE = 32
IMAGE = np.random.default_rng(0).integers(0, 256, (SIZE, SIZE, 3)).astype(np.uint8)


@pytest.fixture(scope="module")
def model():
    built = build_small(BRANCHES)
    round_weights(built)
    return built


@pytest.fixture(scope="module")
def graph(model):
    return export_graph(model, SIZE, BRANCHES)


def convolutions(graph: bytes) -> dict[str, bool]:
    """Return whether each convolution is computed in integers, by its output's name."""
    read = read_model_from_bytearray(bytearray(graph))
    tensors = read.subgraphs[0].tensors
    codes = [code.builtinCode for code in read.operatorCodes]
    return {
        tensors[each.outputs[0]].name.decode(): tensors[each.inputs[1]].type == TensorType.INT8
        for each in read.subgraphs[0].operators
        if codes[each.opcodeIndex] == BuiltinOperator.CONV_2D
    }


def test_every_convolution_of_vgg16_and_no_other_is_computed_in_integers_without_a_print(graph, capfd):
    found = convolutions(quantise(graph, INTEGER_SCOPE))
    assert tuple(capfd.readouterr()) == ("", "")
    assert len(found) == 4
    assert {name: "vgg16_original" in name for name in found} == found
    assert sum(found.values()) == 2


def test_branches_not_computed_in_integers_stay_exact(graph, tmp_path):
    (tmp_path / "float.tflite").write_bytes(graph)
    (tmp_path / "int8.tflite").write_bytes(quantise(graph, INTEGER_SCOPE))
    exact, quick = (
        Engine(tmp_path / name, SIZE, 4, BRANCHES, threads=1).run(IMAGE, IMAGE)
        for name in ("float.tflite", "int8.tflite")
    )
    assert np.abs(exact.maps[1] - quick.maps[1]).max() < 1e-5 * np.abs(exact.maps[1]).max()
    assert 0 < np.abs(exact.maps[0] - quick.maps[0]).max() < 0.05 * np.abs(exact.maps[0]).max()


def test_the_same_model_has_the_same_head_to_the_byte(model):
    assert export_head(model) == export_head(model)
