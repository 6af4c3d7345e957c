"""Tiny LiteRT graph with the inputs and outputs of a real one."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.tools.flatbuffer_utils import convert_object_to_bytearray
from numpy.typing import NDArray

from blastlens.inference.engine import FEATURES, PROBABILITIES, map_name
from blastlens.inference.explanation import Head

CELL = 8
"""Pixels of the input that one pixel of a map stands for."""

_OPTIONS: dict[str, tuple[str, dict[str, Any]]] = {
    "AVERAGE_POOL_2D": ("Pool2DOptions", {"strideW": CELL, "strideH": CELL, "filterWidth": CELL, "filterHeight": CELL}),
    "MEAN": ("ReducerOptions", {"keepDims": False}),
    "CONCATENATION": ("ConcatenationOptions", {"axis": 1}),
    "FULLY_CONNECTED": ("FullyConnectedOptions", {}),
    "SOFTMAX": ("SoftmaxOptions", {"beta": 1.0}),
}


class TinyGraph:
    """Puts a flatbuffer together, tensor by tensor and operation by operation."""

    def __init__(self) -> None:
        self.graph = schema.SubGraphT(tensors=[], operators=[], inputs=[], outputs=[])
        self.buffers = [schema.BufferT()]
        self.codes: list[str] = []

    def tensor(self, name: str, shape: Sequence[int], values: NDArray[Any] | None = None) -> int:
        kind = schema.TensorType.INT32 if values is not None and values.dtype == np.int32 else schema.TensorType.FLOAT32
        buffer = 0
        if values is not None:
            buffer = len(self.buffers)
            self.buffers.append(schema.BufferT(data=np.frombuffer(values.tobytes(), np.uint8)))
        self.graph.tensors.append(schema.TensorT(name=name.encode(), shape=list(shape), type=kind, buffer=buffer))
        return len(self.graph.tensors) - 1

    def apply(self, code: str, inputs: Sequence[int], name: str, shape: Sequence[int], **changed: int) -> int:
        if code not in self.codes:
            self.codes.append(code)
        kind, options = _OPTIONS[code]
        output = self.tensor(name, shape)
        self.graph.operators.append(
            schema.OperatorT(
                opcodeIndex=self.codes.index(code),
                inputs=list(inputs),
                outputs=[output],
                builtinOptionsType=getattr(schema.BuiltinOptions, kind),
                builtinOptions=getattr(schema, f"{kind}T")(**options, **changed),
            )
        )
        return output

    def finish(self, inputs: Mapping[str, int], outputs: Mapping[str, int]) -> bytes:
        self.graph.inputs, self.graph.outputs = list(inputs.values()), list(outputs.values())
        named = [
            [schema.TensorMapT(name=name.encode(), tensorIndex=index) for name, index in tensors.items()]
            for tensors in (inputs, outputs)
        ]
        model = schema.ModelT(
            version=3,
            operatorCodes=[_code(name) for name in self.codes],
            subgraphs=[self.graph],
            buffers=self.buffers,
            signatureDefs=[schema.SignatureDefT(*named, signatureKey=b"serve", subgraphIndex=0)],
        )
        return bytes(convert_object_to_bytearray(model))


def tiny_graph(inputs: Sequence[str], size: int, head: Head) -> bytes:
    """Return a graph whose maps are the colours of its inputs, made coarse, and whose head is `head`."""
    writer, side = TinyGraph(), size // CELL
    images = {name: writer.tensor(name, (1, size, size, 3)) for name in dict.fromkeys(inputs)}
    axes = writer.tensor("axes", (2,), np.array([1, 2], np.int32))
    maps = {
        map_name(i): writer.apply("AVERAGE_POOL_2D", [images[name]], map_name(i), (1, side, side, 3))
        for i, name in enumerate(inputs)
    }
    means = [writer.apply("MEAN", [each, axes], f"{name}_mean", (1, 3)) for name, each in maps.items()]
    features = writer.apply("CONCATENATION", means, FEATURES, (1, 3 * len(means)))
    hidden, last = features, len(head.kernels) - 1
    for i, (kernel, bias) in enumerate(zip(head.kernels, head.biases, strict=True)):
        weights = writer.tensor(f"kernel_{i}", kernel.shape[::-1], np.ascontiguousarray(kernel.T))
        offset = writer.tensor(f"bias_{i}", bias.shape, bias)
        relu = schema.ActivationFunctionType.RELU if i < last else schema.ActivationFunctionType.NONE
        hidden = writer.apply(
            "FULLY_CONNECTED", [hidden, weights, offset], f"dense_{i}", (1, len(bias)), fusedActivationFunction=relu
        )
    probabilities = writer.apply("SOFTMAX", [hidden], PROBABILITIES, (1, len(head.biases[-1])))
    return writer.finish(images, {PROBABILITIES: probabilities, FEATURES: features, **maps})


def _code(name: str) -> Any:
    code = getattr(schema.BuiltinOperator, name)
    return schema.OperatorCodeT(deprecatedBuiltinCode=code, builtinCode=code, version=1)
