"""Calls of the reading engine in Node, with arrays as arguments and values."""

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from tests.web.nodejs import run_node

_RUNNER = "tests/web/reading/run_calls.mjs"


class Call(NamedTuple):
    """A call of a module of the engine.

    Attributes:
        module: path below `src/blastlens/web/reading`.
        expression: of JavaScript, in which `module` holds the module's exports, `given` the argument, and `load(path)`
            resolves to another module; a promise is awaited.
        given: JSON in which arrays are allowed: (H, W) and (H, W, C) become rasters, (N,) typed arrays. Booleans
            become 0 and 1.
    """

    module: str
    expression: str
    given: Any = None


def call_node(folder: Path, calls: Sequence[Call]) -> list[Any]:
    """Run calls in one process and return their values; rasters and typed arrays come back as arrays.

    Args:
        folder: an empty one, for the arrays.
        calls: in their order.
    """
    encoded = [
        {"module": call.module, "expression": call.expression, "given": _encode(call.given, folder, f"given-{number}")}
        for number, call in enumerate(calls)
    ]
    (folder / "calls.json").write_text(json.dumps(encoded), encoding="utf-8")
    done = run_node(_RUNNER, str(folder))
    assert done.returncode == 0, done.stderr[-4000:]
    return [_decode(value, folder) for value in json.loads((folder / "values.json").read_text(encoding="utf-8"))]


def _encode(value: Any, folder: Path, name: str) -> Any:
    if isinstance(value, np.ndarray):
        array = np.ascontiguousarray(value.astype(np.uint8) if value.dtype == np.bool_ else value)
        (folder / name).write_bytes(array.tobytes())
        return {"file": name, "kind": str(array.dtype), "shape": array.shape}
    if isinstance(value, dict):
        return {key: _encode(each, folder, f"{name}-{key}") for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_encode(each, folder, f"{name}-{place}") for place, each in enumerate(value)]
    if isinstance(value, float) and math.isinf(value):
        return {"number": "Infinity" if value > 0 else "-Infinity"}
    return value


def _decode(value: Any, folder: Path) -> Any:
    if isinstance(value, list):
        return [_decode(each, folder) for each in value]
    if not isinstance(value, dict):
        return value
    if set(value) == {"number"}:
        return float(value["number"].replace("Infinity", "inf"))
    if "file" in value and "kind" in value:
        return np.frombuffer((folder / value["file"]).read_bytes(), value["kind"]).reshape(value["shape"])
    return {key: _decode(each, folder) for key, each in value.items()}
