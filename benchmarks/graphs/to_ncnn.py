"""Writes a graph as ncnn's two files: layers as text, weights as bytes. Images are (3, S, S) there."""

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from graphs.steps import Graph, Step, same_pads, scalar

_MAGIC = "7767517"
_VALID = 1
_MUL, _ADD, _MIN = 2, 0, 5  # ncnn's numbers for the operations of a BinaryOp
_RELU = 1
_FLOATS_FOLLOW = b"\0\0\0\0"


def write_ncnn(graph: Graph, layers: Path, weights: Path) -> None:
    """Write what computes `graph`. Its inputs and outputs have the graph's names as blobs."""
    writer = _Writer(graph)
    for name, tensor in graph.inputs.items():
        writer.put("Input", [], name)
        writer.names[tensor] = name
    for step in graph.steps:
        writer.write(step)
    for name, tensor in graph.outputs.items():
        writer.put("Noop", [writer.names[tensor]], name)
    lines = writer.lines()
    layers.write_text("\n".join([_MAGIC, f"{len(lines)} {writer.blobs}", *lines]) + "\n")
    weights.write_bytes(b"".join(writer.weights))


class _Writer:
    """Gathers layers; a blob that several layers read is split at the end, as ncnn demands."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.names: dict[str, str] = {}
        self.weights: list[bytes] = []
        self.blobs = 0
        self._layers: list[tuple[str, list[str], str, dict[int, Any]]] = []

    def put(self, kind: str, inputs: list[str], output: str, options: dict[int, Any] | None = None) -> None:
        """Add a layer."""
        self._layers.append((kind, inputs, output, options or {}))

    def write(self, step: Step) -> None:
        """Add the layers of one step."""
        graph, options = self.graph, step.options
        given = [self.names[name] for name in step.inputs if name in self.names]
        target = self.names[step.output] = step.output
        match step.kind:
            case "CONV_2D":
                self._conv(step, given)
            case "MAX_POOL_2D" | "AVERAGE_POOL_2D":
                window = {1: options["filterWidth"], 11: options["filterHeight"]}
                strides = {2: options["strideW"], 12: options["strideH"]}
                self.put("Pooling", given, target, {0: int(step.kind[0] == "A"), **window, **strides, 5: 1})
            case "FULLY_CONNECTED":
                kernel, bias = (graph.constants[name] for name in step.inputs[1:3])
                self._keep(_FLOATS_FOLLOW, kernel, bias)
                activation = {9: _RELU} if step.has_relu else {}
                self.put("InnerProduct", given, target, {0: len(kernel), 1: 1, 2: kernel.size, **activation})
            case "MUL" | "ADD":
                self._scale(step, given)
            case "MINIMUM":
                limit = f"{scalar(graph, step.inputs[1]):e}"
                self.put("BinaryOp", given, target, {0: _MIN, 1: 1, 2: limit})
            case "CONCATENATION":
                self.put("Concat", given, target, {0: 0})
            case "PAD":
                (above, below), (left, right) = graph.constants[step.inputs[1]][1:3]
                self.put("Padding", given, target, {0: above, 1: below, 2: left, 3: right})
            case "MEAN":
                self.put("Pooling", given, target, {0: 1, 4: 1})
            case "SOFTMAX":
                self.put("Softmax", given, target, {0: 0, 1: 1})
            case _:
                raise ValueError(f"no way to write {step.kind} for ncnn")

    def lines(self) -> list[str]:
        """Return the layers as text, with a Split wherever a blob has several readers, and count the blobs."""
        readers = Counter(name for _, inputs, _, _ in self._layers for name in inputs)
        copies = {name: iter(range(count)) for name, count in readers.items() if count > 1}
        lines = []
        for number, (kind, inputs, output, options) in enumerate(self._layers):
            read = [f"{name}_{next(copies[name])}" if name in copies else name for name in inputs]
            told = " ".join(f"{key}={value}" for key, value in options.items())
            lines.append(f"{kind} l{number} {len(read)} 1 {' '.join(read)} {output} {told}")
            self.blobs += 1
            if output in copies:
                split = " ".join(f"{output}_{copy}" for copy in range(readers[output]))
                lines.append(f"Split s{number} 1 {readers[output]} {output} {split}")
                self.blobs += readers[output]
        return lines

    def _conv(self, step: Step, given: list[str]) -> None:
        kernel, bias = (self.graph.constants[name] for name in step.inputs[1:3])
        count, height, width, _ = kernel.shape
        self._keep(_FLOATS_FOLLOW, kernel.transpose(0, 3, 1, 2), bias)
        strides = (step.options["strideH"], step.options["strideW"])
        pads = {4: 0}
        if step.options["padding"] != _VALID:
            _, rows, columns, _ = self.graph.shapes[step.inputs[0]]
            above, below = same_pads(rows, height, strides[0])
            left, right = same_pads(columns, width, strides[1])
            pads = {4: left, 15: right, 14: above, 16: below}
        shape = {0: count, 1: width, 11: height, 3: strides[1], 13: strides[0], **pads, 5: 1, 6: kernel.size}
        self.put("Convolution", given, step.output, {**shape, 9: _RELU} if step.has_relu else shape)

    def _scale(self, step: Step, given: list[str]) -> None:
        (name,) = (name for name in step.inputs if name in self.graph.constants)
        values = self.graph.constants[name].reshape(-1)
        target = f"{step.output}_raw" if step.has_relu else step.output
        if values.size == 1:
            operation = {0: _MUL if step.kind == "MUL" else _ADD, 1: 1, 2: f"{values[0]:.9e}"}
            self.put("BinaryOp", given, target, operation)
        elif step.kind == "MUL":
            self._keep(b"", values)
            self.put("Scale", given, target, {0: values.size, 1: 0})
        else:
            self._keep(b"", values)
            self.put("Bias", given, target, {0: values.size})
        if step.has_relu:
            self.put("ReLU", [target], step.output)

    def _keep(self, flag: bytes, *values: Any) -> None:
        first, *others = (np.ascontiguousarray(value, np.float32).tobytes() for value in values)
        self.weights += [flag + first, *others]
