from pathlib import Path

import numpy as np
import pytest

from blastlens.domain.errors import DamagedPackage
from blastlens.inference.engine import Engine
from blastlens.inference.manifest import Branch
from tests.tiny_graph import tiny_graph
from tests.tiny_package import head

SIZE = 32
RED, BLUE = (np.full((SIZE, SIZE, 3), colour, np.uint8) for colour in ((200, 0, 0), (0, 0, 90)))


def engine_of(folder: Path, inputs: list[str], branches: list[str], classes: int = 4, size: int = SIZE) -> Engine:
    """An engine for a graph that has `inputs`, told that its branches look at `branches`."""
    file = folder / "model.tflite"
    file.write_bytes(tiny_graph(inputs, SIZE, head((3 * len(inputs), 4))))
    return Engine(file, size, classes, [Branch("colours", name) for name in branches], threads=1)


@pytest.mark.parametrize(
    ("inputs", "features"),
    [
        (["original"], [200, 0, 0]),
        (["segmented"], [0, 0, 90]),
        (["original", "segmented"], [200, 0, 0, 0, 0, 90]),
        (["segmented", "original"], [0, 0, 90, 200, 0, 0]),
        (["original", "original"], [200, 0, 0, 200, 0, 0]),
    ],
)
def test_a_graph_receives_the_inputs_of_its_branches_and_returns_maps_in_their_order(tmp_path, inputs, features):
    outputs = engine_of(tmp_path, inputs, inputs).run(RED, BLUE)
    assert outputs.features == pytest.approx(features)
    assert [each.shape for each in outputs.maps] == [(4, 4, 3)] * len(inputs)
    assert [each[0, 0].tolist() for each in outputs.maps] == pytest.approx(np.reshape(features, (-1, 3)))


def test_what_comes_out_has_its_types_and_is_a_distribution(tmp_path):
    outputs = engine_of(tmp_path, ["original"], ["original"]).run(RED, BLUE)
    arrays = outputs.probabilities, outputs.features, outputs.maps[0]
    assert [str(array.dtype) for array in arrays] == ["float64", "float32", "float32"]
    assert outputs.probabilities.sum() == pytest.approx(1.0)


def test_what_one_call_returned_is_not_overwritten_by_the_next(tmp_path):
    engine = engine_of(tmp_path, ["original"], ["original"])
    first = engine.run(RED, BLUE)
    engine.run(BLUE, RED)
    assert first.features == pytest.approx([200, 0, 0])
    assert first.maps[0][3, 3] == pytest.approx([200, 0, 0])


@pytest.mark.parametrize(
    ("inputs", "branches", "classes", "size", "message"),
    [
        (["original"], ["segmented"], 4, SIZE, "inputs"),
        (["original", "segmented"], ["original"], 4, SIZE, "inputs"),
        (["original"], ["original"], 4, 64, "inputs"),
        (["original"], ["original"], 2, SIZE, "outputs"),
        (["original"], ["original", "original"], 4, SIZE, "outputs"),
        (["original", "original"], ["original"], 4, SIZE, "outputs"),
    ],
)
def test_a_graph_with_other_inputs_or_outputs_is_refused(tmp_path, inputs, branches, classes, size, message):
    with pytest.raises(DamagedPackage, match=message):
        engine_of(tmp_path, inputs, branches, classes, size)
