"""Conversion of a graph to a TensorFlow SavedModel."""

from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from graphs.graph import Graph, Step

_PADDING = ("SAME", "VALID")


def write_saved_model(graph: Graph, folder: Path) -> None:
    """Write `graph` with one signature of its inputs and outputs by name."""
    kept = tf.Module()
    kept.constants = {name: tf.Variable(value, trainable=False) for name, value in graph.constants.items()}
    signature = {
        name: tf.TensorSpec(graph.shapes[tensor], tf.float32, name=name) for name, tensor in graph.inputs.items()
    }

    @tf.function(input_signature=list(signature.values()))  # type: ignore[untyped-decorator]
    def serve(*images: Any) -> dict[str, Any]:
        tensors: dict[str, Any] = dict(zip(graph.inputs.values(), images, strict=True))
        for step in graph.steps:
            operands = [tensors[name] if name in tensors else kept.constants[name] for name in step.inputs]
            output = _OPERATIONS[step.kind](step, graph, *operands)
            tensors[step.output] = output if step.greatest is None else tf.clip_by_value(output, 0.0, step.greatest)
        return {name: tf.identity(tensors[tensor]) for name, tensor in graph.outputs.items()}

    tf.saved_model.save(kept, str(folder), signatures={"serve": serve})


def _conv(step: Step, graph: Graph, image: Any, kernel: Any, bias: Any) -> Any:
    strides = (step.options["strideH"], step.options["strideW"])
    return tf.nn.conv2d(image, tf.transpose(kernel, (1, 2, 3, 0)), strides, _PADDING[step.options["padding"]]) + bias


def _pool(kind: str) -> Any:
    def pool(step: Step, graph: Graph, image: Any) -> Any:
        window = (step.options["filterHeight"], step.options["filterWidth"])
        strides = (step.options["strideH"], step.options["strideW"])
        return tf.nn.pool(image, window, kind, strides=strides, padding=_PADDING[step.options["padding"]])

    return pool


def _dense(step: Step, graph: Graph, values: Any, kernel: Any, bias: Any) -> Any:
    return tf.matmul(values, kernel, transpose_b=True) + bias


_OPERATIONS: dict[str, Any] = {
    "CONV_2D": _conv,
    "FULLY_CONNECTED": _dense,
    "MAX_POOL_2D": _pool("MAX"),
    "AVERAGE_POOL_2D": _pool("AVG"),
    "MUL": lambda step, graph, left, right: left * right,
    "ADD": lambda step, graph, left, right: left + right,
    "MINIMUM": lambda step, graph, left, right: tf.minimum(left, right),
    "CONCATENATION": lambda step, graph, *given: tf.concat(given, step.options["axis"]),
    "PAD": lambda step, graph, image, pads: tf.pad(image, np.asarray(graph.constants[step.inputs[1]])),
    "MEAN": lambda step, graph, image, axes: tf.reduce_mean(
        image, tuple(int(axis) for axis in graph.constants[step.inputs[1]]), keepdims=step.options["keepDims"]
    ),
    "SOFTMAX": lambda step, graph, values: tf.nn.softmax(values * step.options["beta"]),
}
