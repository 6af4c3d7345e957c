"""Conversion of a graph to an ONNX file.

    python benchmarks/graphs/to_onnx.py GRAPH FILE

Images are (1, 3, S, S) in the file. GRAPH is a pickled `Graph`, so that an environment with ONNX needs no LiteRT.
"""

import pickle
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from graphs.graph import Graph, Step, same_pads, scalar

_VALID = 1
_PLACES = (0, 2, 3, 1)  # position of each axis of (1, H, W, C) in (1, C, H, W)


def write_onnx(graph: Graph, file: Path) -> None:
    """Write `graph` with its inputs and outputs by name.

    Outputs with an image's shape are (1, C, h, w).
    """
    writer = _Writer(graph)
    for name, tensor in graph.inputs.items():
        writer.add("Identity", [name], tensor)
    for step in graph.steps:
        writer.write(step)
    for name, tensor in graph.outputs.items():
        writer.add("Identity", [tensor], name)
    float32 = onnx.TensorProto.FLOAT
    whole = helper.make_graph(
        writer.nodes,
        "graph",
        [helper.make_tensor_value_info(name, float32, _turned(graph.shapes[t])) for name, t in graph.inputs.items()],
        [helper.make_tensor_value_info(name, float32, _turned(graph.shapes[t])) for name, t in graph.outputs.items()],
        [numpy_helper.from_array(np.ascontiguousarray(value), name) for name, value in writer.constants.items()],
    )
    onnx.save(helper.make_model(whole, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), file)


class _Writer:
    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.nodes: list[Any] = []
        self.constants: dict[str, NDArray[Any]] = {}

    def write(self, step: Step) -> None:
        """Add the nodes of one step."""
        target = step.output if step.greatest is None else f"{step.output}_raw"
        for kind, inputs, attributes in self._nodes(step):
            self.add(kind, inputs, target, **attributes)
        if step.greatest is not None:
            self._activate(target, step.output, step.greatest)

    def add(self, kind: str, inputs: list[str], output: str, **attributes: Any) -> None:
        """Add one node."""
        self.nodes.append(helper.make_node(kind, inputs, [output], **attributes))

    def _activate(self, given: str, output: str, greatest: float) -> None:
        """Add ReLU, and the limit of ReLU6."""
        if np.isinf(greatest):
            self.add("Relu", [given], output)
            return
        self.constants |= {"relu_least": np.array(0, np.float32), "relu_greatest": np.array(greatest, np.float32)}
        self.add("Clip", [given, "relu_least", "relu_greatest"], output)

    def _nodes(self, step: Step) -> Iterator[tuple[str, list[str], dict[str, Any]]]:
        options, first = step.options, step.inputs[0]
        match step.kind:
            case "CONV_2D":
                kernel = self._keep(step.inputs[1], lambda value: value.transpose(0, 3, 1, 2))
                _, _, height, width = self.constants[kernel].shape
                window = self._window(step, height, width)
                yield "Conv", [first, kernel, self._keep(step.inputs[2])], window
            case "DEPTHWISE_CONV_2D":
                kernel = self._keep(step.inputs[1], lambda value: value.transpose(3, 0, 1, 2))
                channels, _, height, width = self.constants[kernel].shape
                window = {**self._window(step, height, width), "group": channels}
                yield "Conv", [first, kernel, self._keep(step.inputs[2])], window
            case "MAX_POOL_2D" | "AVERAGE_POOL_2D":
                window = self._window(step, options["filterHeight"], options["filterWidth"])
                yield ("MaxPool" if step.kind == "MAX_POOL_2D" else "AveragePool"), [first], window
            case "FULLY_CONNECTED":
                yield "Gemm", [first, self._keep(step.inputs[1]), self._keep(step.inputs[2])], {"transB": 1}
            case "MUL" | "ADD":
                yield step.kind.title(), [self._operand(name) for name in step.inputs], {}
            case "MINIMUM":
                yield "Clip", [first, "", self._keep(step.inputs[1])], {}
            case "CONCATENATION":
                axis = options["axis"] % len(self.graph.shapes[step.output])
                yield "Concat", list(step.inputs), {"axis": 1 if axis else 0}
            case "PAD":
                pads = self.graph.constants[step.inputs[1]][[0, 3, 1, 2]].T.reshape(-1).astype(np.int64)
                self.constants[f"{step.output}_pads"] = pads
                yield "Pad", [first, f"{step.output}_pads"], {}
            case "MEAN":
                axes = [_PLACES[axis] for axis in self.graph.constants[step.inputs[1]]]
                yield "ReduceMean", [first], {"axes": axes, "keepdims": int(options["keepDims"])}
            case "SOFTMAX":
                yield "Softmax", [first], {"axis": -1}
            case _:
                raise ValueError(f"{step.kind} cannot be converted to ONNX")

    def _window(self, step: Step, height: int, width: int) -> dict[str, Any]:
        strides = [step.options["strideH"], step.options["strideW"]]
        pads = [0, 0, 0, 0]
        if step.options["padding"] != _VALID:
            _, rows, columns, _ = self.graph.shapes[step.inputs[0]]
            above, below = same_pads(rows, height, strides[0])
            left, right = same_pads(columns, width, strides[1])
            pads = [above, left, below, right]
        return {"kernel_shape": [height, width], "strides": strides, "pads": pads}

    def _operand(self, name: str) -> str:
        if name not in self.graph.constants:
            return name
        return self._keep(name, lambda value: value.reshape(-1, 1, 1) if value.ndim > 1 else value)

    def _keep(self, name: str, change: Any = lambda value: value) -> str:
        value = self.graph.constants[name]
        self.constants[name] = change(np.float32(scalar(self.graph, name)) if value.ndim == 0 else value)
        return name


def _turned(shape: tuple[int, ...]) -> list[int]:
    return [shape[0], shape[3], shape[1], shape[2]] if len(shape) == 4 else list(shape)


if __name__ == "__main__":
    write_onnx(pickle.loads(Path(sys.argv[1]).read_bytes()), Path(sys.argv[2]))
