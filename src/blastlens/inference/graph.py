"""Graph: a LiteRT flatbuffer with its runtime, run one call at a time."""

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from blastlens.domain.errors import DamagedPackage

Shape = tuple[int, ...]


class Graph:
    """Runs one graph. Thread-safe.

    Args:
        file: LiteRT flatbuffer with one signature.
        threads: number of threads of one call.

    Attributes:
        inputs: shape of each input, by name.
        outputs: shape of each output, by name.

    Raises:
        DamagedPackage: the file is not a graph.
    """

    def __init__(self, file: Path, threads: int) -> None:
        try:
            self._interpreter = Interpreter(model_path=str(file), num_threads=threads)
            # Now, not in the first run: callers that load a package suppress the note that the runtime writes here.
            self._interpreter.allocate_tensors()
            self._run = self._interpreter.get_signature_runner()
        except (ValueError, RuntimeError) as error:
            raise DamagedPackage(f"{file} is not a graph that LiteRT can run: {error}") from error
        self.inputs = _shapes(self._run.get_input_details())
        self.outputs = _shapes(self._run.get_output_details())
        self._lock = threading.Lock()

    def run(self, inputs: Mapping[str, NDArray[np.float32]]) -> dict[str, NDArray[np.float32]]:
        """Return the outputs by name, for inputs by name: copies, which the next call does not overwrite."""
        with self._lock:
            outputs: dict[str, NDArray[np.float32]] = self._run(**inputs)
        return outputs


def _shapes(details: Mapping[str, Any]) -> dict[str, Shape]:
    return {name: tuple(detail["shape"]) for name, detail in details.items()}
