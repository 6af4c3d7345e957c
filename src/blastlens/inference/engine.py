"""The runtime that executes a graph, behind one small class."""

import threading
from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from blastlens.domain.errors import DamagedPackage

ORIGINAL, SEGMENTED, PROBABILITIES = "original", "segmented", "probabilities"


class Engine:
    """Runs one graph, one call at a time; safe to share between threads.

    Args:
        graph: LiteRT flatbuffer with the inputs `original` and `segmented` and the output `probabilities`.
        size: side in pixels both inputs must have.
        classes: how many probabilities must come out.
        threads: how many threads one call may use.

    Raises:
        DamagedPackage: the file is no graph, or its inputs and outputs are not those.
    """

    def __init__(self, graph: Path, size: int, classes: int, threads: int) -> None:
        try:
            self._interpreter = Interpreter(model_path=str(graph), num_threads=threads)
            self._run = self._interpreter.get_signature_runner()
        except (ValueError, RuntimeError) as error:
            raise DamagedPackage(f"{graph} is no graph that LiteRT can run: {error}") from error
        self._lock = threading.Lock()
        self._check_shapes(graph, size, classes)

    def run(self, original: NDArray[np.uint8], segmented: NDArray[np.uint8]) -> NDArray[np.float64]:
        """Return the graph's softmax output (C,) float64 for two (S, S, 3) uint8 RGB images."""
        inputs = {ORIGINAL: original[None].astype(np.float32), SEGMENTED: segmented[None].astype(np.float32)}
        with self._lock:
            output = self._run(**inputs)[PROBABILITIES]
            return np.array(output[0], dtype=np.float64)

    def _check_shapes(self, graph: Path, size: int, classes: int) -> None:
        inputs = {name: tuple(detail["shape"]) for name, detail in self._run.get_input_details().items()}
        outputs = {name: tuple(detail["shape"]) for name, detail in self._run.get_output_details().items()}
        image = (1, size, size, 3)
        if inputs != {ORIGINAL: image, SEGMENTED: image} or outputs.get(PROBABILITIES) != (1, classes):
            raise DamagedPackage(f"{graph} has inputs {inputs} and outputs {outputs}, not {image} twice to {classes}.")
