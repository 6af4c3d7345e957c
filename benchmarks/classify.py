"""Benchmark of classification: latency, memory and agreement with float32.

    python benchmarks/classify.py [--json] [--reference PACKAGE] [--data FOLDER]

Latency is a ratio: warm `Classifier.classify` on one thread over a float32 matrix product, measured alternately, so
that a busy machine slows both. The product in `classify_over_matmul` has as many operations as the published model, a
constant; that in `classify_over_own_matmul` as many as the convolutions of the shipped graph (`own_operations_g`, in
billions). Memory is the peak of a process that only classifies.
"""

import io
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
from argparse import SUPPRESS
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from blastlens.domain.labels import LABELS
from blastlens.domain.prediction import Prediction
from blastlens.imaging.opencv_threads import limit_opencv_threads
from blastlens.imaging.synthetic import draw_smear
from blastlens.inference.classifier import Classifier
from blastlens.inference.package import SHIPPED, load_package
from output import make_parser, peak_mb, report
from timing import ONE_THREAD, measure_seconds

SIDE = 1792
"""The product of two matrices of this side has 2 x 1792^3 = 11.5 billion operations, as the published model."""

IMAGES = 100


def measure_speed(images: list[Path]) -> dict[str, float]:
    """Time classification and matrix products alternately, after a warm-up."""
    limit_opencv_threads(1)
    package = load_package(SHIPPED)
    classifier = Classifier(package, threads=1)
    image = np.asarray(Image.open(images[0]).convert("RGB"))
    if not isinstance(classifier.classify(image), Prediction):
        raise SystemExit(f"{images[0]} was rejected: there is nothing to time")
    own = count_operations(package.graph.read_bytes())
    published, ours = make_multiplication(SIDE), make_multiplication(round((own / 2) ** (1 / 3)))
    turns = [tuple(map(measure_seconds, (lambda: classifier.classify(image), published, ours))) for _ in range(22)][2:]
    return {
        "classify_over_matmul": statistics.median(classify / product for classify, product, _ in turns),
        "classify_over_own_matmul": statistics.median(classify / product for classify, _, product in turns),
        "own_operations_g": own / 1e9,
        "classify_ms": 1000 * statistics.median(classify for classify, _, _ in turns),
        "matmul_ms": 1000 * statistics.median(product for _, product, _ in turns),
    }


def count_operations(graph: bytes) -> int:
    """Count multiplications and additions of a graph's convolutions."""
    # Imported here: the schema of graphs takes 43 MB, which would count as memory of classification.
    from graphs.flatbuffer import read_graph, to_float_graph

    whole = read_graph(to_float_graph(graph))
    convolutions = [step for step in whole.steps if step.kind == "CONV_2D"]
    sizes = [(math.prod(whole.shapes[step.output]), whole.shapes[step.inputs[1]]) for step in convolutions]
    return sum(2 * outputs * math.prod(kernel[1:]) for outputs, kernel in sizes)


def make_multiplication(side: int) -> Callable[[], object]:
    """Return a function that multiplies two square matrices."""
    left, right = np.random.default_rng(0).random((2, side, side), dtype=np.float32)
    return lambda: left @ right


def measure_memory(images: list[Path]) -> dict[str, float]:
    """Classify ten files and return this process's peak memory, in MB of 10^6 bytes."""
    classifier = Classifier(load_package(SHIPPED), threads=1)
    for path in images[:10]:
        classifier.read_bytes(path.read_bytes())
    return {"peak_mb": peak_mb()}


def measure_command(images: list[Path]) -> dict[str, float]:
    """Run `blastlens classify` on all images.

    Return model loads, started processes and busy cores.
    """
    from unittest.mock import patch

    from blastlens.cli.main import cli

    started: list[str] = []
    sys.addaudithook(lambda event, _: started.append(event) if event in ("subprocess.Popen", "os.fork") else None)
    printed = io.StringIO()
    wall, cpu = time.perf_counter(), time.process_time()
    with patch("blastlens.inference.package.load_package", wraps=load_package) as load, redirect_stdout(printed):
        cli.main(["classify", "--json", *map(str, images)], standalone_mode=False)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return {
        "images": len(printed.getvalue().splitlines()),
        "images_s": wall,
        "model_loads": load.call_count,
        "processes_started": len(started),
        "cores_used": cpu / wall,
        "cores": os.cpu_count() or 1,
    }


def measure_agreement(reference: Path | None, images: Iterator[Path]) -> dict[str, float]:
    """Return the share of images with the label of the float32 reference.

    Without a reference it is the share in the manifest, measured when the package was made.
    """
    shipped = load_package(SHIPPED)
    if reference is None:
        return {"label_agreement": float(shipped.manifest.measured["label_agreement"])}
    ours, theirs = (Classifier(package, threads=os.cpu_count() or 1) for package in (shipped, load_package(reference)))
    same = []
    for path in images:
        data = path.read_bytes()
        answers = ours.read_bytes(data).answer, theirs.read_bytes(data).answer
        if isinstance(answers[0], Prediction) and isinstance(answers[1], Prediction):
            same.append(answers[0].label == answers[1].label)
    return {"label_agreement": statistics.fmean(same), "agreement_images": len(same)}


def draw_images(folder: Path) -> list[Path]:
    """Draw the smears to classify, and return their files."""
    paths = [folder / f"{seed:03d}.png" for seed in range(IMAGES)]
    for seed, path in enumerate(paths):
        Image.fromarray(draw_smear(seed, LABELS[seed % len(LABELS)]).image).save(path)
    return paths


def run_in_child(measurement: str, folder: Path, environment: dict[str, str]) -> dict[str, float]:
    """Run one measurement in a separate process."""
    command = [sys.executable, __file__, "--measure", measurement, "--data", str(folder)]
    done = subprocess.run(command, env={**os.environ, **environment}, stdout=subprocess.PIPE, text=True, check=True)
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return figures


def measure_all(reference: Path | None, data: Path | None) -> dict[str, float]:
    """Run every measurement."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        drawn = draw_images(folder)
        return {
            **run_in_child("speed", folder, ONE_THREAD),
            **run_in_child("memory", folder, ONE_THREAD),
            **run_in_child("command", folder, {}),
            **measure_agreement(reference, data.rglob("*.jpg") if data else iter(drawn)),
        }


def main() -> None:
    """Measure and print."""
    measurements: dict[str, Callable[[list[Path]], dict[str, Any]]] = {
        "speed": measure_speed,
        "memory": measure_memory,
        "command": measure_command,
    }
    parser = make_parser(__doc__)
    parser.add_argument("--reference", type=Path, help="float32 package to compare labels with")
    parser.add_argument("--data", type=Path, help="folder of JPEG smears for the comparison; synthetic ones by default")
    parser.add_argument("--measure", choices=measurements, help=SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        print(json.dumps(measurements[options.measure](sorted(options.data.iterdir()))))
        return
    figures = measure_all(options.reference, options.data)
    report(figures, options.json)


if __name__ == "__main__":
    main()
