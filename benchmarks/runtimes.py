"""Benchmark of the shipped graph with every candidate runtime on the CPU.

    python benchmarks/runtimes.py [--json] [--images N] [--threads 1 2]

Each runtime runs the graph in a separate process. `load_s` is the time from before the runtime's import until it is
ready, `warm_ms` the median over the images, `package_mb` the size of what pip installs for it, without NumPy. All use
the weights of the shipped package, dequantised from int8 to float32 for the float runtimes. Outputs are compared with
those of LiteRT in float32. The full int8 graph is calibrated on the same synthetic smears. Runtimes that are not in
.venv-bench (requirements/bench.in) are skipped with a message.
"""

import json
import pickle
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from blastlens.domain.labels import LABELS
from blastlens.imaging.model_input import segmented_input, shrink
from blastlens.imaging.segmentation import segment
from blastlens.imaging.stain import prepare_colour
from blastlens.imaging.synthetic import draw_smear
from blastlens.inference.package import SHIPPED, ModelPackage, load_package
from graphs.flatbuffer import read_graph, to_float_graph
from graphs.graph import Graph
from output import make_parser, report

HERE = Path(__file__).resolve().parent
OTHERS = HERE.parent / ".venv-bench" / "bin" / "python"
# MNN's command mnnconvert would install packages with any pip it finds, and report conversions to MNN's developers.
_TO_MNN = "import sys, MNN, _tools; _tools.mnnconvert(sys.argv)"
REFERENCE = "LiteRT float32"
NOT_INSTALLED = 3


@dataclass(frozen=True)
class Candidate:
    """One row: name, loader, file of the graph, and Python interpreter.

    The loader is in graphs/runtime_process.py; the interpreter has the runtime.
    """

    name: str
    loader: str
    file: str
    python: str = sys.executable


CANDIDATES = (
    Candidate(REFERENCE, "litert", "float32.tflite"),
    Candidate("LiteRT as shipped (dynamic int8)", "litert", "shipped.tflite"),
    Candidate("LiteRT full int8", "litert", "full_int8.tflite"),
    Candidate("tensorflow-cpu", "tensorflow", "saved_model"),
    Candidate("ONNX Runtime", "onnxruntime", "graph.onnx", str(OTHERS)),
    Candidate("OpenVINO", "openvino", "graph.onnx", str(OTHERS)),
    Candidate("MNN", "mnn", "graph.mnn", str(OTHERS)),
    Candidate("ncnn", "ncnn", "ncnn/graph.ncnn.param", str(OTHERS)),
)


def draw_inputs(count: int, package: ModelPackage) -> dict[str, NDArray[np.uint8]]:
    """Return the inputs of a package's graph for `count` synthetic smears.

    Inputs are (N, S, S, 3) uint8.
    """
    manifest = package.manifest
    originals, segmented = [], []
    for seed in range(count):
        image = prepare_colour(draw_smear(seed, LABELS[seed % len(LABELS)]).image, manifest.colour)
        original, share = shrink(image, segment(image, manifest.segmentation), manifest.size)
        originals.append(original)
        segmented.append(segmented_input(original, share))
    whole = {"original": np.stack(originals), "segmented": np.stack(segmented)}
    return {name: whole[name] for name in {branch.input for branch in manifest.branches}}


def write_graphs(folder: Path, images: dict[str, NDArray[np.uint8]]) -> None:
    """Write the shipped graph in every format.

    Formats that cannot be written here are skipped later.
    """
    shipped = load_package(SHIPPED).graph.read_bytes()
    floats = to_float_graph(shipped)
    graph = read_graph(floats)
    (folder / "shipped.tflite").write_bytes(shipped)
    (folder / "float32.tflite").write_bytes(floats)
    names = json.dumps({"inputs": list(graph.inputs), "outputs": list(graph.outputs)})
    (folder / "graph.json").write_text(names)
    (folder / "graph.pickle").write_bytes(pickle.dumps(graph))
    _write_with_tensorflow(graph, images, folder)
    if OTHERS.is_file():
        _convert(
            str(OTHERS), str(HERE / "graphs" / "to_onnx.py"), str(folder / "graph.pickle"), str(folder / "graph.onnx")
        )
        files = ["--modelFile", str(folder / "graph.onnx"), "--MNNModel", str(folder / "graph.mnn")]
        _convert(str(OTHERS), "-c", _TO_MNN, "-f", "ONNX", *files, "--bizCode", "blastlens")
        _convert(str(OTHERS), str(HERE / "graphs" / "to_ncnn.py"), str(folder / "graph.onnx"), str(folder / "ncnn"))


def measure(candidate: Candidate, folder: Path, threads: int) -> dict[str, Any] | None:
    """Return a row's figures.

    Returns None, with a message on stderr, if it cannot be measured here.
    """
    file = folder / candidate.file
    if not Path(candidate.python).is_file() or not file.exists():
        _skip(candidate, "its packages are not installed: run `make bench`")
        return None
    answers = folder / f"{candidate.loader}.npy"
    given = [candidate.loader, str(file), str(folder / "images.npz"), str(threads), str(answers)]
    command = [candidate.python, str(HERE / "graphs" / "runtime_process.py"), *given]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        reason = "is not installed" if done.returncode == NOT_INSTALLED else f"ended with status {done.returncode}"
        _skip(candidate, reason)
        return None
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return {"runtime": candidate.name, "threads": threads, **figures, "outputs": np.load(answers)}


def compare(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Replace the outputs of each row by their difference from the reference."""
    reference = next(row["outputs"] for row in rows if row["runtime"] == REFERENCE)
    return [
        {
            **{name: value for name, value in row.items() if name != "outputs"},
            "max_difference": float(np.abs(row["outputs"] - reference).max()),
            "label_agreement": float((row["outputs"].argmax(axis=1) == reference.argmax(axis=1)).mean()),
        }
        for row in rows
    ]


def measure_all(count: int, threads: list[int]) -> list[dict[str, Any]]:
    """Measure every candidate with every number of threads."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        images = draw_inputs(count, load_package(SHIPPED))
        np.savez(folder / "images.npz", allow_pickle=False, **images)
        write_graphs(folder, images)
        measured = [measure(candidate, folder, each) for each in threads for candidate in CANDIDATES]
    return compare([row for row in measured if row is not None])


def main() -> None:
    """Measure and print."""
    parser = make_parser(__doc__)
    parser.add_argument("--images", type=int, default=24, help="number of synthetic smears")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2], help="numbers of threads to measure with")
    options = parser.parse_args()
    rows = measure_all(options.images, options.threads)
    for row in rows:
        print("  ".join(f"{value:.4g}" if isinstance(value, float) else str(value) for value in row.values()))
    report({"rows": rows}, options.json)


def _write_with_tensorflow(graph: Graph, images: dict[str, NDArray[np.uint8]], folder: Path) -> None:
    from graphs.to_int8 import write_full_int8
    from graphs.to_tensorflow import write_saved_model

    write_saved_model(graph, folder / "saved_model")
    write_full_int8(folder / "saved_model", images, folder / "full_int8.tflite")


def _skip(candidate: Candidate, reason: str) -> None:
    print(f"skipped: {candidate.name} {reason}", file=sys.stderr)


def _convert(*command: str) -> None:
    """Convert a graph to another format.

    If the converter is missing, print a message, and its rows are skipped.
    """
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        print(f"cannot convert: {error}", file=sys.stderr)
        return
    if done.returncode:
        print(f"cannot convert: {(done.stderr or done.stdout).strip().rpartition(chr(10))[2]}", file=sys.stderr)


if __name__ == "__main__":
    main()
