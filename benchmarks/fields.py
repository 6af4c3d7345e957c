"""Benchmark of large fields: time by windows and by megapixels, and memory.

    python benchmarks/fields.py [--package FOLDER] [--tile FILE] [--json]

Fields are mosaics of one image: a synthetic smear, or FILE at the scale of the training images. One thread; each
measurement of memory is a process of its own. `window_over_classify` is a further window with its cells over a whole
classify of one window, measured alternately. `white_over_decode` is a white PNG of 50 megapixels and some kB, until it
is answered, over its decoding by OpenCV. The answers state how many windows were read; a package that reads images as a
whole reads one.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from argparse import SUPPRESS
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image

from blastlens.domain.labels import Label
from blastlens.domain.prediction import Answer
from blastlens.imaging.decode import decode
from blastlens.imaging.opencv_threads import limit_opencv_threads
from blastlens.imaging.synthetic import draw_smear
from blastlens.inference.classifier import Classifier
from blastlens.inference.package import SHIPPED, load_package
from classify import ONE_THREAD, measure_seconds, peak_mb
from output import make_parser, report

TURNS = 5
WHITE_SIDE = 7064
"""Side of the white PNG in pixels."""
SIDES = {"12": (3, 3464), "50": (8, 7064)}
"""Images across a mosaic, and its side in pixels, by megapixels."""


def write_fields(folder: Path, tile: Path | None) -> None:
    """Write the fields to read: mosaics, two large JPEG files and a white PNG."""
    image = draw_smear(3, Label.PRE_B).image if tile is None else decode(tile.read_bytes())
    for across in (1, 3):
        Image.fromarray(np.tile(image, (across, across, 1))).save(folder / f"mosaic{across}.png")
    for name, (across, side) in SIDES.items():
        field = cv2.resize(np.tile(image, (across, across, 1)), (side, side), interpolation=cv2.INTER_CUBIC)
        Image.fromarray(field).save(folder / f"{name}.jpg", quality=90)
    Image.new("1", (WHITE_SIDE, WHITE_SIDE), 1).save(folder / "white.png")


def measure_windows(classifier: Classifier, folder: Path) -> dict[str, Any]:
    """Time fields of one and of nine windows alternately, after a warm-up."""
    one, nine = (decode((folder / f"mosaic{across}.png").read_bytes()) for across in (1, 3))
    turns = [
        tuple(measure_seconds(partial(classifier.classify, field)) for field in (one, nine)) for _ in range(TURNS + 1)
    ]
    further = [(many - single) / 8 for single, many in turns[1:]]
    return {
        "windows": _windows(classifier.classify(nine)),
        "classify_ms": 1000 * statistics.median(single for single, _ in turns[1:]),
        "ms_per_window": 1000 * statistics.median(further),
        "window_over_classify": statistics.median(
            each / single for each, (single, _) in zip(further, turns[1:], strict=True)
        ),
    }


def measure_large(classifier: Classifier, folder: Path, megapixels: str) -> dict[str, Any]:
    """Time one large JPEG file from its bytes to the answer, and return the peak memory of this process."""
    data = (folder / f"{megapixels}.jpg").read_bytes()
    begun = time.perf_counter()
    answer = classifier.read_bytes(data).answer
    return {
        f"megapixels_{megapixels}_s": time.perf_counter() - begun,
        f"megapixels_{megapixels}_windows": _windows(answer),
        "peak_mb" if megapixels == "50" else f"megapixels_{megapixels}_peak_mb": peak_mb(),
    }


def measure_white(classifier: Classifier, folder: Path) -> dict[str, Any]:
    """Time the white PNG, and its decoding by OpenCV."""
    data = (folder / "white.png").read_bytes()
    answered = measure_seconds(lambda: classifier.read_bytes(data))
    peak = peak_mb()
    pixels = np.frombuffer(data, np.uint8)
    decoded = min(measure_seconds(lambda: cv2.imdecode(pixels, cv2.IMREAD_COLOR)) for _ in range(2))
    return {"white_s": answered, "white_over_decode": answered / decoded, "white_peak_mb": peak}


MEASUREMENTS: dict[str, Callable[[Classifier, Path], dict[str, Any]]] = {
    "windows": measure_windows,
    "12": partial(measure_large, megapixels="12"),
    "50": partial(measure_large, megapixels="50"),
    "white": measure_white,
}


def run_in_child(name: str, folder: Path, package: Path) -> dict[str, Any]:
    """Run one measurement in a separate process with one thread."""
    command = [sys.executable, __file__, "--measure", name, "--folder", str(folder), "--package", str(package)]
    environment = {**os.environ, **ONE_THREAD}
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return figures


def _windows(answer: Answer) -> int:
    return 1 if answer.field is None else answer.field.windows


def main() -> None:
    """Measure and print."""
    parser = make_parser(__doc__)
    parser.add_argument("--package", type=Path, default=SHIPPED, help="package to measure; the shipped one by default")
    parser.add_argument("--tile", type=Path, help="image that the fields are made of; a synthetic smear by default")
    parser.add_argument("--measure", choices=MEASUREMENTS, help=SUPPRESS)
    parser.add_argument("--folder", type=Path, help=SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        limit_opencv_threads(1)
        classifier = Classifier(load_package(options.package), threads=1)
        classifier.read_bytes((options.folder / "mosaic1.png").read_bytes())  # loads what is loaded once
        print(json.dumps(MEASUREMENTS[options.measure](classifier, options.folder)))
        return
    figures: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as name:
        write_fields(Path(name), options.tile)
        for measurement in MEASUREMENTS:
            figures |= run_in_child(measurement, Path(name), options.package)
    report(figures, options.json)


if __name__ == "__main__":
    main()
