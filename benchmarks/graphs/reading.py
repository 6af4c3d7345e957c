"""Takes a LiteRT graph apart into steps."""

from typing import Any

from graphs.flatbuffer import constant, kind_of, read_model
from graphs.steps import Graph, Step


def read_graph(float_graph: bytes) -> Graph:
    """Return the steps of a LiteRT graph that computes in float32.

    Raises:
        ValueError: it has a fused activation that is not known here.
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
    if options.get("fusedActivationFunction", 0) not in (0, 1):
        raise ValueError(f"{kind_of(model, operator)} has fused activation {options['fusedActivationFunction']}")
    inputs = tuple(names[index] for index in operator.inputs if index >= 0)
    return Step(kind_of(model, operator), inputs, names[operator.outputs[0]], options)
