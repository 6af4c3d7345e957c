"""How quick and how small the screening model is, beside the fusion model, in turns in one run.

    python benchmarks/screening.py [--json] [--package FOLDER]

`graph_ms` is the graph alone on one thread, warm: the median over many runs of one drawn smear. `graph_over_fusion` is
the same over the fusion model's graph, and bears a busy machine better. `classify_ms` is the whole way from pixels to
answer.
"""

import statistics
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from blastlens.domain.labels import Label
from blastlens.imaging.model_input import segmented_input, shrink
from blastlens.imaging.processors import use_processors
from blastlens.imaging.segmentation import segment
from blastlens.imaging.stain import as_read
from blastlens.imaging.synthetic import draw_smear
from blastlens.inference.classifier import Classifier
from blastlens.inference.engine import Engine
from blastlens.inference.package import SCREENING, SHIPPED, ModelPackage, load_package
from classify import seconds
from reporting import parser_of, report

TURNS, WARM_UP = 60, 5


def graph_of(package: ModelPackage, image: NDArray[np.uint8]) -> Callable[[], object]:
    """Return a run of a package's graph on one thread, on what it would look at of an image (H, W, 3) uint8 RGB."""
    told = package.manifest
    seen = as_read(image, told.colour)
    small, shares = shrink(seen, segment(seen, told.segmentation), told.size)
    engine = Engine(package.graph, told.size, len(told.classes), told.branches, threads=1)
    blasts = segmented_input(small, shares)
    return lambda: engine.run(small, blasts)


def measure(package: ModelPackage) -> dict[str, float]:
    """Time screening and fusion in turns, after warming both."""
    use_processors(1)
    image = draw_smear(0, Label.EARLY_PRE_B).image
    classifier = Classifier(package, threads=1)
    works = graph_of(package, image), graph_of(load_package(SHIPPED), image), lambda: classifier.classify(image)
    turns = [tuple(map(seconds, works)) for _ in range(TURNS + WARM_UP)][WARM_UP:]
    return {
        "size": package.manifest.size,
        "graph_ms": 1000 * statistics.median(graph for graph, _, _ in turns),
        "graph_over_fusion": statistics.median(graph / fusion for graph, fusion, _ in turns),
        "classify_ms": 1000 * statistics.median(classify for _, _, classify in turns),
        "package_mb": sum(file.stat().st_size for file in package.folder.iterdir()) / 1e6,
    }


def main() -> None:
    """Measure and print."""
    parser = parser_of(__doc__)
    parser.add_argument("--package", type=Path, default=SCREENING, help="package to time; ours by default")
    options = parser.parse_args()
    report(measure(load_package(options.package)), options.json)


if __name__ == "__main__":
    main()
