"""Benchmark of the screening model against the fusion model: latency and size.

    python benchmarks/screening.py [--json] [--package FOLDER]

`graph_ms` is the graph without other steps, warm, on one thread: the median over many runs of one synthetic smear.
`graph_over_fusion` is its ratio to the fusion model's graph, measured alternately, and depends less on the machine's
load. `classify_ms` is the time from pixels to answer.
"""

import statistics
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from blastlens.domain.labels import Label
from blastlens.imaging.model_input import segmented_input, shrink
from blastlens.imaging.opencv_threads import limit_opencv_threads
from blastlens.imaging.segmentation import segment
from blastlens.imaging.stain import prepare_colour
from blastlens.imaging.synthetic import draw_smear
from blastlens.inference.classifier import Classifier
from blastlens.inference.engine import Engine
from blastlens.inference.package import SCREENING, SHIPPED, ModelPackage, load_package
from output import make_parser, report
from timing import measure_seconds

TURNS, WARM_UP = 60, 5


def make_graph_run(package: ModelPackage, image: NDArray[np.uint8]) -> Callable[[], object]:
    """Return a function that runs a package's graph on one thread.

    It runs it for an image, (H, W, 3) uint8 RGB.
    """
    manifest = package.manifest
    normalised = prepare_colour(image, manifest.colour)
    small, shares = shrink(normalised, segment(normalised, manifest.segmentation), manifest.size)
    engine = Engine(package.graph, manifest.size, len(manifest.classes), manifest.branches, threads=1)
    blasts = segmented_input(small, shares)
    return lambda: engine.run(small, blasts)


def measure(package: ModelPackage) -> dict[str, float]:
    """Time screening and fusion alternately, after a warm-up of both."""
    limit_opencv_threads(1)
    image = draw_smear(0, Label.EARLY_PRE_B).image
    classifier = Classifier(package, threads=1)
    works = (
        make_graph_run(package, image),
        make_graph_run(load_package(SHIPPED), image),
        lambda: classifier.classify(image),
    )
    turns = [tuple(map(measure_seconds, works)) for _ in range(TURNS + WARM_UP)][WARM_UP:]
    return {
        "size": package.manifest.size,
        "graph_ms": 1000 * statistics.median(graph for graph, _, _ in turns),
        "graph_over_fusion": statistics.median(graph / fusion for graph, fusion, _ in turns),
        "classify_ms": 1000 * statistics.median(classify for _, _, classify in turns),
        "package_mb": sum(file.stat().st_size for file in package.folder.iterdir()) / 1e6,
    }


def main() -> None:
    """Measure and print."""
    parser = make_parser(__doc__)
    parser.add_argument("--package", type=Path, default=SCREENING, help="package to time; the shipped one by default")
    options = parser.parse_args()
    report(measure(load_package(options.package)), options.json)


if __name__ == "__main__":
    main()
