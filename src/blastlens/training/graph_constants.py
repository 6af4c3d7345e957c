"""Reads the constants of a LiteRT graph, by the layers they came from."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from ai_edge_quantizer.utils import tfl_flatbuffer_utils
from numpy.typing import NDArray

from blastlens.domain.errors import InvalidData
from blastlens.inference.manifest import INPUTS

Constants = dict[str, NDArray[np.float32]]


def read_constants(graph: Path) -> Constants:
    """Return every constant of a graph by its name, int8 ones as the floats they stand for."""
    model = tfl_flatbuffer_utils.read_model(str(graph))
    return {name: values for tensor in model.subgraphs[0].tensors for name, values in _constant(model, tensor)}


def _constant(model: object, tensor: object) -> Iterator[tuple[str, NDArray[np.float32]]]:
    values = tfl_flatbuffer_utils.get_tensor_data(tensor, model.buffers)  # type: ignore[attr-defined]
    if values is None or values.dtype not in (np.int8, np.float32):
        return
    scale = tensor.quantization.scale if values.dtype == np.int8 else None  # type: ignore[attr-defined]
    if scale is not None:
        values = values * np.reshape(scale, (-1, *[1] * (values.ndim - 1)))  # one for each output channel
    yield tfl_flatbuffer_utils.get_tensor_name(tensor), values.astype(np.float32)


def learned_as(constants: Constants, branch: str) -> str:
    """Return which branch of a graph another goes on from: that of its name, or else its backbone on another input."""
    backbone = branch.rpartition("_")[0]
    names = (branch, *(f"{backbone}_{each}" for each in INPUTS))
    return next((name for name in names if any(f"/{name}_1/" in each for each in constants)), branch)


def find(
    constants: Constants, branch: str, layer: str, axes: int | None, graph: Path, end: str = "/"
) -> NDArray[np.float32]:
    """Return the one constant that a layer has of so many axes, or of a name with that end.

    Raises:
        InvalidData: there is none.
    """
    values = search(constants, branch, layer, end, axes)
    if values is None:
        raise InvalidData(
            f"{graph} holds nothing for the layer {layer} of {branch}: it is a package of another recipe."
        )
    return values


def search(constants: Constants, branch: str, layer: str, end: str, axes: int | None) -> NDArray[np.float32] | None:
    """Return the same, or None; the converter joins the names of layers by ";"."""
    wanted = f"/{branch}_1/{layer}_1{end}"
    found = (values for name, values in constants.items() if wanted in name and axes in (None, values.ndim))
    return next(found, None)
