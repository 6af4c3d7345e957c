"""Benchmark of whole fields: windows, large files and early refusals.

    python benchmarks/fields.py [--package FOLDER] [--json]

All inputs are drawn, and read on one thread with their pixel size declared. `window_over_classify` is the time of each
further window with its cells, in a field of nine, over that of a field of one; both are timed in turns.
`twelve_megapixel_s` is a JPEG file of nine windows from its bytes to the answer, `megapixels_50_s` one of 50 megapixels
with more windows than are read, each with the peak memory of a process that reads nothing else (`peak_mb` is that of
50 megapixels). `white_png_over_decode` is the refusal of a mostly white PNG file of 50 megapixels and a few kB over its
decoding. These three are processor time, which on one thread is the time of an idle machine.
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
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from blastlens.domain.errors import Reason
from blastlens.domain.field import PixelSize, PixelSizeSource
from blastlens.domain.labels import Label
from blastlens.domain.prediction import Answer, Rejection
from blastlens.imaging.decode import decode
from blastlens.imaging.opencv_threads import limit_opencv_threads
from blastlens.imaging.synthetic import draw_smear, draw_wide_field
from blastlens.inference.classifier import Classifier
from blastlens.inference.package import SHIPPED, load_package
from output import make_parser, peak_mb, report
from timing import ONE_THREAD, measure_seconds

HOME_UM = 0.5
TURNS, WARM_UP = 12, 2
FIFTY = (5773, 8660)
"""Height and width of a field of 50 megapixels, the most that is decoded."""
FIFTY_UM = 0.13  # 1,126 x 750 micrometres: 70 windows of 112, more than are read
TWELVE = (3000, 4000)
TWELVE_UM = 336 / 4000  # three windows wide


def declare(um: float) -> PixelSize:
    """Return a declared pixel size in micrometres."""
    return PixelSize(um, PixelSizeSource.METADATA, 0.02)


def draw_field(size: tuple[int, int], um: float) -> NDArray[np.uint8]:
    """Draw a field of a height and width in pixels and a pixel size in micrometres, (H, W, 3) uint8 RGB."""
    height, width = (max(1, round(side * um / HOME_UM)) for side in size)
    count = -(-height // 224), -(-width // 224)
    home = draw_wide_field(0, Label.PRE_B, count).image[:height, :width]
    return cv2.resize(home, size[::-1], interpolation=cv2.INTER_CUBIC).astype(np.uint8)


def write_inputs(folder: Path) -> None:
    """Write the files to read."""
    for name, size, um in (("twelve", TWELVE, TWELVE_UM), ("fifty", FIFTY, FIFTY_UM)):
        Image.fromarray(draw_field(size, um)).save(folder / f"{name}.jpg", quality=92)
    white = np.full(FIFTY, 255, np.uint8)
    white[100:140, 200:260] = 0
    Image.fromarray(white).convert("1").save(folder / "white.png", compress_level=9)


def measure_windows(package: Path, folder: Path) -> dict[str, float]:
    """Time fields of one window and of nine in turns, after a warm-up."""
    limit_opencv_threads(1)
    classifier = Classifier(load_package(package), threads=1)
    fields = []
    for name, image in (("one", draw_smear(0, Label.PRE_B).image), ("nine", draw_wide_field(0, Label.PRE_B).image)):
        Image.fromarray(image).save(folder / f"{name}.bmp")
        fields.append((folder / f"{name}.bmp").read_bytes())
    read = [lambda data=data: read_field(classifier, data, HOME_UM) for data in fields]
    turns = [tuple(map(measure_seconds, read)) for _ in range(TURNS + WARM_UP)][WARM_UP:]
    return {
        "classify_ms": 1000 * statistics.median(one for one, _ in turns),
        "ms_per_window": 1000 * statistics.median((nine - one) / 8 for one, nine in turns),
        "window_over_classify": statistics.median((nine - one) / 8 / one for one, nine in turns),
    }


def read_field(classifier: Classifier, data: bytes, um: float) -> Answer:
    """Read a file, and return its answer. A rejection for its distance from training comes after all the work.

    Raises:
        SystemExit: the field was rejected earlier.
    """
    answer = classifier.read_bytes(data, declare(um)).answer
    if isinstance(answer, Rejection) and answer.reason is not Reason.OUT_OF_DISTRIBUTION:
        raise SystemExit(f"a drawn field was rejected, there is nothing to time: {answer.message}")
    return answer


def measure_twelve(package: Path, folder: Path) -> dict[str, float]:
    """Read a field of 12 megapixels thrice."""
    times, _ = measure_large(package, folder / "twelve.jpg", TWELVE_UM, 3)
    return {"twelve_megapixel_s": statistics.median(times), "twelve_megapixel_peak_mb": peak_mb()}


def measure_fifty(package: Path, folder: Path) -> dict[str, float]:
    """Read a field of 50 megapixels once."""
    times, answer = measure_large(package, folder / "fifty.jpg", FIFTY_UM, 1)
    windows = {} if answer.field is None else {"megapixels_50_windows": answer.field.windows}
    return {"megapixels_50_s": times[0], "peak_mb": peak_mb(), **windows}


def measure_large(package: Path, path: Path, um: float, times: int) -> tuple[list[float], Answer]:
    """Read a file a number of times, and return the processor time of each and the last answer."""
    limit_opencv_threads(1)
    classifier = Classifier(load_package(package), threads=1)
    data = path.read_bytes()
    answers: list[Answer] = []
    seconds = [
        measure_processor_seconds(lambda: answers.append(read_field(classifier, data, um))) for _ in range(times)
    ]
    return seconds, answers[-1]


def measure_white(package: Path, folder: Path) -> dict[str, float]:
    """Refuse a mostly white file and decode it in turns."""
    limit_opencv_threads(1)
    classifier = Classifier(load_package(package), threads=1)
    data = (folder / "white.png").read_bytes()
    works = (lambda: classifier.read_bytes(data), lambda: decode(data))
    turns = [tuple(map(measure_processor_seconds, works)) for _ in range(6)][1:]
    if not isinstance(classifier.read_bytes(data).answer, Rejection):
        raise SystemExit("a white image was not rejected")
    return {
        "white_png_s": statistics.median(refused for refused, _ in turns),
        "white_png_over_decode": statistics.median(refused / decoded for refused, decoded in turns),
        "white_png_peak_mb": peak_mb(),
    }


def measure_processor_seconds(work: Callable[[], object]) -> float:
    """Return the processor time of a call in seconds."""
    start = time.process_time()
    work()
    return time.process_time() - start


MEASUREMENTS: dict[str, Callable[[Path, Path], dict[str, float]]] = {
    "windows": measure_windows,
    "twelve": measure_twelve,
    "fifty": measure_fifty,
    "white": measure_white,
}


def run_in_child(measurement: str, package: Path, folder: Path) -> dict[str, float]:
    """Run one measurement in a process of its own, with one thread."""
    command = [sys.executable, __file__, "--measure", measurement, "--package", str(package), "--folder", str(folder)]
    done = subprocess.run(command, env={**os.environ, **ONE_THREAD}, stdout=subprocess.PIPE, text=True, check=True)
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return figures


def main() -> None:
    """Measure and print."""
    parser = make_parser(__doc__)
    parser.add_argument("--package", type=Path, default=SHIPPED, help="package to measure; the shipped one by default")
    parser.add_argument("--measure", choices=MEASUREMENTS, help=SUPPRESS)
    parser.add_argument("--folder", type=Path, help=SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        print(json.dumps(MEASUREMENTS[options.measure](options.package, options.folder)))
        return
    with tempfile.TemporaryDirectory() as name:
        write_inputs(Path(name))
        figures: dict[str, float] = {}
        for measurement in MEASUREMENTS:
            figures |= run_in_child(measurement, options.package, Path(name))
    report(figures, options.json)


if __name__ == "__main__":
    main()
