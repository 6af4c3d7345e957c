"""LiteRT flatbuffers: reading, writing, and conversion to float32 and to steps."""

from typing import Any

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema
from numpy.typing import NDArray

from graphs.graph import ACTIVATIONS, Graph, Step

TYPES = {
    schema.TensorType.FLOAT32: np.dtype(np.float32),
    schema.TensorType.INT32: np.dtype(np.int32),
    schema.TensorType.INT8: np.dtype(np.int8),
}
_NAMES = {number: name for name, number in vars(schema.BuiltinOperator).items() if isinstance(number, int)}


def read_model(graph: bytes) -> Any:
    """Parse a flatbuffer to the generated `ModelT`, with all weights in its buffers."""
    model = schema.ModelT.InitFromPackedBuf(bytearray(graph), 0)
    for buffer in model.buffers:
        if buffer.offset > 1:  # large weights follow the flatbuffer
            buffer.data = np.frombuffer(graph, np.uint8, buffer.size, buffer.offset)
            buffer.offset = buffer.size = 0
    return model


def write_model(model: Any) -> bytes:
    """Serialise a `ModelT`."""
    builder = flatbuffers.Builder(1 << 20)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def kind_of(model: Any, operator: Any) -> str:
    """Return the name of an operation, such as "CONV_2D"."""
    code = model.operatorCodes[operator.opcodeIndex]
    return str(_NAMES[max(code.builtinCode, code.deprecatedBuiltinCode)])


def constant(model: Any, index: int) -> NDArray[Any] | None:
    """Return the values of a constant tensor, int8 dequantised to float32.

    Returns None if the tensor is computed.
    """
    tensor = model.subgraphs[0].tensors[index]
    data = model.buffers[tensor.buffer].data
    if data is None or not len(data):
        return None
    shape = () if tensor.shape is None else tuple(tensor.shape)
    kind: np.dtype[Any] = np.dtype(TYPES[tensor.type])  # type: ignore[call-overload]
    values = np.frombuffer(bytes(data), kind).reshape(shape)
    return _floats(values, tensor.quantization) if values.dtype == np.int8 else values


def to_float_graph(graph: bytes) -> bytes:
    """Convert a graph with int8 weights to float32, with the same weights."""
    model = read_model(graph)
    kept = []
    for operator in model.subgraphs[0].operators:
        target = operator.outputs[0]
        if kind_of(model, operator) == "DEQUANTIZE" and (values := constant(model, operator.inputs[0])) is not None:
            _put(model, target, values)
            continue
        for index in operator.inputs:
            _weights_to_floats(model, index)
        kept.append(operator)
    model.subgraphs[0].operators = kept
    return write_model(model)


def read_graph(float_graph: bytes) -> Graph:
    """Convert a LiteRT graph in float32 to a `Graph`.

    Raises:
        ValueError: the graph has an unsupported fused activation.
    """
    model = read_model(float_graph)
    whole, signature = model.subgraphs[0], model.signatureDefs[0]
    names = [f"t{index}" for index in range(len(whole.tensors))]
    used = {index for operator in whole.operators for index in operator.inputs if index >= 0}
    values = {names[index]: constant(model, index) for index in used}
    return Graph(
        inputs={each.name.decode(): names[each.tensorIndex] for each in signature.inputs},
        outputs={each.name.decode(): names[each.tensorIndex] for each in signature.outputs},
        shapes={
            name: () if tensor.shape is None else tuple(map(int, tensor.shape))
            for name, tensor in zip(names, whole.tensors, strict=True)
        },
        constants={name: value for name, value in values.items() if value is not None},
        steps=tuple(_step(model, operator, names) for operator in whole.operators),
    )


def _step(model: Any, operator: Any, names: list[str]) -> Step:
    options = vars(operator.builtinOptions) if operator.builtinOptions else {}
    if options.get("fusedActivationFunction", 0) not in ACTIVATIONS:
        raise ValueError(f"{kind_of(model, operator)} has fused activation {options['fusedActivationFunction']}")
    inputs = tuple(names[index] for index in operator.inputs if index >= 0)
    return Step(kind_of(model, operator), inputs, names[operator.outputs[0]], options)


def _weights_to_floats(model: Any, index: int) -> None:
    tensor = model.subgraphs[0].tensors[index]
    if index >= 0 and tensor.type == schema.TensorType.INT8:
        values = constant(model, index)
        if values is None:
            raise ValueError(f"{tensor.name!r} is computed in int8: only weights can be turned into floats")
        _put(model, index, values)


def _put(model: Any, index: int, values: NDArray[np.float32]) -> None:
    tensor = model.subgraphs[0].tensors[index]
    buffer = schema.BufferT()
    buffer.data = np.frombuffer(values.astype(np.float32).tobytes(), np.uint8)
    model.buffers.append(buffer)
    tensor.buffer = len(model.buffers) - 1
    tensor.type = schema.TensorType.FLOAT32
    tensor.quantization = None


def _floats(levels: NDArray[np.int8], grid: Any) -> NDArray[np.float32]:
    shape = np.ones(levels.ndim, int)
    if len(grid.scale) > 1:
        shape[grid.quantizedDimension] = len(grid.scale)
    scale = np.asarray(grid.scale, np.float32).reshape(shape)
    zero = 0 if grid.zeroPoint is None else np.asarray(grid.zeroPoint, np.float32).reshape(shape)
    return ((levels.astype(np.float32) - zero) * scale).astype(np.float32)
