"""Graph as a list of steps, the source of the other runtimes' formats."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

ACTIVATIONS: Mapping[int, float | None] = {0: None, 1: float("inf"), 3: 6.0}
"""Greatest output by LiteRT's number of a fused activation: none, ReLU, ReLU6."""


@dataclass(frozen=True)
class Step:
    """One operation.

    Attributes:
        kind: LiteRT's name of the operation, such as "CONV_2D".
        inputs: names of tensors, constants included.
        output: name of its only output.
        options: by their names in LiteRT's flatbuffer, such as `strideW`.
    """

    kind: str
    inputs: tuple[str, ...]
    output: str
    options: Mapping[str, Any]

    @property
    def greatest(self) -> float | None:
        """Greatest output of its activation: infinite for ReLU, 6 for ReLU6; None without one.

        Both make negative outputs zero. Other fused activations are refused when a graph is read.
        """
        return ACTIVATIONS[self.options.get("fusedActivationFunction", 0)]


@dataclass(frozen=True)
class Graph:
    """A graph in float32.

    Attributes:
        inputs: tensor of each input by the input's name; all (1, S, S, 3).
        outputs: tensor of each output by the output's name.
        shapes: of every tensor.
        constants: values by tensor.
        steps: in an order in which they can be computed.
    """

    inputs: Mapping[str, str]
    outputs: Mapping[str, str]
    shapes: Mapping[str, tuple[int, ...]]
    constants: Mapping[str, NDArray[Any]]
    steps: tuple[Step, ...]


def same_pads(size: int, kernel: int, stride: int) -> tuple[int, int]:
    """Return the zeros that padding "SAME" of TensorFlow adds before and after."""
    out = -(-size // stride)
    whole = max(0, (out - 1) * stride + kernel - size)
    return whole // 2, whole - whole // 2


def scalar(graph: Graph, name: str) -> float:
    """Return a constant of one value."""
    return float(np.asarray(graph.constants[name]).reshape(-1)[0])
