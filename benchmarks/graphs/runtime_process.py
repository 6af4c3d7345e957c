"""Process that runs one graph with one runtime and measures time and memory.

    python benchmarks/graphs/runtime_process.py RUNTIME GRAPH IMAGES THREADS ANSWERS

IMAGES is an archive with an array (N, S, S, 3) uint8 for each input of the graph. The probabilities (N, C) are written
to ANSWERS, and one object with the figures is printed. Besides the runtime only NumPy is imported, so that the figures
are those of the runtime.
"""

import json
import os
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from graphs.package_size import measure_installed_mb

Images = Mapping[str, NDArray[np.float32]]
Run = Callable[[Images], Any]

MISSING = 3
"""Exit status where the runtime is not installed."""


def load_litert(graph: str, threads: int) -> Run:
    """Load a LiteRT graph, as inference/engine.py does."""
    from ai_edge_litert.interpreter import Interpreter

    runner = Interpreter(model_path=graph, num_threads=threads).get_signature_runner()
    return lambda images: runner(**images)["probabilities"]


def load_tensorflow(graph: str, threads: int) -> Run:
    """Load a SavedModel, without Keras."""
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    loaded = tf.saved_model.load(graph)
    serve = loaded.signatures["serve"]

    def run(images: Images, kept: Any = loaded) -> Any:
        return serve(**{name: tf.constant(image) for name, image in images.items()})["probabilities"].numpy()

    return run


def load_onnxruntime(graph: str, threads: int) -> Run:
    """Load an ONNX file for the CPU, with all graph optimisations."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    outputs = [output.name for output in session.get_outputs()]

    def run(images: Images) -> Any:
        return dict(zip(outputs, session.run(outputs, _turned(images)), strict=True))["probabilities"]

    return run


def load_openvino(graph: str, threads: int) -> Run:
    """Load an ONNX file for the CPU, optimised for latency, in float32."""
    import openvino

    settings = {"INFERENCE_NUM_THREADS": threads, "PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": "f32"}
    model = openvino.Core().compile_model(graph, "CPU", settings)
    return lambda images: model(_turned(images))["probabilities"]


def load_mnn(graph: str, threads: int) -> Run:
    """Load a converted ONNX file for the CPU, in float32."""
    import MNN

    settings = {"backend": "CPU", "numThread": threads, "precision": "high"}
    manager = MNN.nn.create_runtime_manager((settings,))
    names = json.loads(Path(graph).with_suffix(".json").read_text())
    module = MNN.nn.load_module_from_file(graph, names["inputs"], names["outputs"], runtime_manager=manager)
    place = names["outputs"].index("probabilities")

    def run(images: Images) -> Any:
        turned = _turned(images)
        given = [MNN.expr.const(turned[name], turned[name].shape, MNN.expr.NCHW) for name in names["inputs"]]
        outputs = module.forward(given)
        for output in outputs:
            output.read()
        return np.array(outputs[place].read()).reshape(1, -1)

    return run


def load_ncnn(graph: str, threads: int) -> Run:
    """Load a converted ONNX file for the CPU, in float32."""
    import ncnn

    net = ncnn.Net()
    net.opt.num_threads = threads
    net.opt.use_fp16_packed = net.opt.use_fp16_storage = net.opt.use_fp16_arithmetic = False
    net.load_param(graph)
    net.load_model(str(Path(graph).with_suffix(".bin")))
    names = json.loads(Path(graph).parents[1].joinpath("graph.json").read_text())

    def run(images: Images, kept: Any = net) -> Any:
        extractor = kept.create_extractor()
        turned = _turned(images)
        for place, name in enumerate(names["inputs"]):
            extractor.input(f"in{place}", ncnn.Mat(turned[name][0]).clone())
        outputs = [extractor.extract(f"out{place}")[1] for place in range(len(names["outputs"]))]
        return np.array(outputs[names["outputs"].index("probabilities")]).reshape(1, -1)

    return run


LOADERS: Mapping[str, tuple[Callable[[str, int], Run], str]] = {
    "litert": (load_litert, "ai-edge-litert"),
    "tensorflow": (load_tensorflow, "tensorflow-cpu"),
    "onnxruntime": (load_onnxruntime, "onnxruntime"),
    "openvino": (load_openvino, "openvino"),
    "mnn": (load_mnn, "MNN"),
    "ncnn": (load_ncnn, "ncnn"),
}
"""Loader and package of each runtime."""


def measure(load: Callable[[str, int], Run], graph: str, images: Images, threads: int) -> tuple[Any, dict[str, float]]:
    """Load the graph, run it once and then for every image.

    Return the probabilities and the figures.
    """
    start = time.perf_counter()
    run = load(graph, threads)
    load_s = time.perf_counter() - start
    count = len(next(iter(images.values())))
    times, outputs = [], []
    for index in [0, *range(count)]:
        given = {name: array[index : index + 1] for name, array in images.items()}
        start = time.perf_counter()
        outputs.append(np.asarray(run(given))[0].copy())
        times.append(1000 * (time.perf_counter() - start))
    warm = statistics.median(times[1:])
    return np.stack(outputs[1:]), {"load_s": load_s, "first_ms": times[0], "warm_ms": warm, "peak_mb": _peak_mb()}


def main() -> int:
    """Measure the runtime that the command line names."""
    runtime, graph, file, threads, answers = sys.argv[1:]
    with np.load(file) as stored:
        images = {name: stored[name].astype(np.float32) for name in stored.files}
    try:
        load, package = LOADERS[runtime]
        outputs, figures = measure(load, graph, images, int(threads))
    except ImportError as error:
        print(f"not installed: {error}", file=sys.stderr)
        return MISSING
    np.save(answers, outputs)
    print(json.dumps(figures | {"package_mb": measure_installed_mb(package)}))
    return 0


def _turned(images: Images) -> dict[str, NDArray[np.float32]]:
    return {name: np.ascontiguousarray(image.transpose(0, 3, 1, 2)) for name, image in images.items()}


def _peak_mb() -> float:
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024 / 1e6


if __name__ == "__main__":
    sys.exit(main())
