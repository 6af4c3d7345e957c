"""Load test for lost or duplicated results, and overhead over inference.

    python benchmarks/load.py [--json] [--uploads N] [--reader quick|classifier] [--overhead-images N]

Load: N uploads, one in ten announced twice, each an examination of its own, pass in batches of ten through the
functions' handlers and pumps, on in-memory services. Two calls in a hundred fail before or after they take effect, or
end the process. Checked results are deleted, so that growing memory is a leak of ours. Overhead: processor time of the
classify function for a batch of ten over the shipped classifier on the same images, measured alternately, on one
thread. Nothing leaves this process.
"""

import os
import random
import statistics
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

os.environ.setdefault("POWERTOOLS_METRICS_NAMESPACE", "blastlens")
os.environ.setdefault("POWERTOOLS_TRACE_DISABLED", "true")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as in the image
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from rich.progress import Progress

from blastlens.domain.labels import LABELS
from blastlens.imaging.opencv_threads import limit_opencv_threads
from blastlens.imaging.overlay import encode_png
from blastlens.imaging.synthetic import draw_smear
from blastlens.inference.classifier import Classifier
from blastlens.inference.package import SHIPPED, load_package
from output import make_parser, report
from tests.failing_clients import Fault
from tests.functional.faults import checks, examinations, notices
from tests.functional.faults.fields import KINDS, ShadeReader, image
from tests.functional.faults.scenario import Scenario
from tests.functional.faults.tally import Tally

ROUND = 100
"""Number of uploads per simulated cloud; it is checked and deleted."""

FAULT_SHARE = 0.02
BATCH = 10


class Load:
    """Sends uploads through simulated clouds, and counts results."""

    def __init__(self, reader: Any, files: list[bytes]) -> None:
        self.reader, self.files = reader, files
        self.random, self.tally = random.Random(1), Tally()
        self.lost = self.twice = 0
        self.memory_mb: list[float] = []

    def run_round(self, uploads: int) -> None:
        """Send uploads while calls fail, and count lost and duplicated results."""
        scenario = Scenario(self.tally)
        world = scenario.world
        world.reader, world.image_seconds = self.reader, 0.0
        scenario.digests = [self.reader.identity.digest]
        world.constant = self._decide(world)
        for number in range(uploads):
            # A clinic of its own: in one clinic, the same image of another patient would be held.
            key = f"uploads/clinic-{number}/patient-{number}/upload-{number}.png"
            copies = 2 if number % 10 == 0 else 1
            scenario.upload_data(key, self.random.choice(self.files), copies)
            if number % BATCH == BATCH - 1:
                world.pump_uploads()
                world.pump_fields()
                world.pump_notices()
        world.constant = None
        scenario.settle()
        found = Counter(one.result.source.version_id for one in checks.records(world))
        self.lost += sum(not found[one.version_id] for one in scenario.versions)
        self.twice += sum(number > 1 for number in found.values())
        checks.check_artifacts(world)
        examinations.check_settled(world, scenario.digests)
        notices.check_notices(world)
        self.memory_mb.append(resident_mb())

    def _decide(self, world: Any) -> Any:
        def decide(operation: str, arguments: Any) -> Fault | None:
            if self.random.random() >= FAULT_SHARE:
                return None
            fault = self.random.choice(list(Fault))
            world.injected.append((fault, operation, arguments))
            self.tally.faults[str(fault)] += 1
            return fault

        return decide


def measure_load(uploads: int, which: str) -> dict[str, Any]:
    """Send the load and return the counts."""
    quick: Any = ShadeReader
    reader: Any = quick() if which == "quick" else Classifier(load_package(SHIPPED), threads=1)
    files = [image("quick", kind) for kind in range(KINDS)] if which == "quick" else draw_files(20)
    load = Load(reader, files)
    started = time.perf_counter()
    with Progress(transient=True) as progress:
        task = progress.add_task("Uploading", total=uploads)
        for start in range(0, uploads, ROUND):
            load.run_round(min(ROUND, uploads - start))
            progress.update(task, completed=start + ROUND)
    return {
        "uploads": uploads,
        "reader": which,
        "faults": load.tally.faults.total(),
        "lost": load.lost,
        "twice": load.twice,
        "load_s": time.perf_counter() - started,
        "memory_first_mb": load.memory_mb[len(load.memory_mb) // 5],
        "memory_last_mb": load.memory_mb[-1],
    }


def measure_overhead(images: int) -> dict[str, float]:
    """Time a batch through the function and the classifier, alternately."""
    limit_opencv_threads(1)
    classifier = Classifier(load_package(SHIPPED), threads=1)
    files = draw_files(BATCH)
    ratios = []
    for turn in range(max(1, images // BATCH) + 1):
        scenario = Scenario(Tally())
        scenario.world.reader, scenario.world.image_seconds = classifier, 0.0
        for number, file in enumerate(files):
            scenario.upload_data(f"uploads/clinic-1/patient-1/upload-{number}.png", file)
        began = time.process_time()
        for file in files:
            classifier.read_bytes(file)
        inference = time.process_time() - began
        began = time.process_time()
        scenario.world.pump_uploads()
        whole = time.process_time() - began
        assert len(checks.records(scenario.world)) == BATCH
        if turn:  # the first warms up
            ratios.append(whole / inference - 1)
    return {"overhead": statistics.median(ratios), "overhead_images": BATCH * len(ratios)}


def draw_files(count: int) -> list[bytes]:
    """Draw smears of all classes."""
    return [encode_png(draw_smear(seed, LABELS[seed % len(LABELS)]).image) for seed in range(count)]


def resident_mb() -> float:
    """Return this process's memory in MB of 10^6 bytes.

    It is 0 where the system does not report it.
    """
    status = Path("/proc/self/status")
    if not status.is_file():
        return 0.0
    line = next(line for line in status.read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) * 1024 / 1e6


def main() -> None:
    """Measure and print."""
    parser = make_parser(__doc__)
    parser.add_argument("--uploads", type=int, default=10_000, help="number of uploads")
    parser.add_argument("--reader", choices=("quick", "classifier"), default="quick", help="reader of the images")
    parser.add_argument("--overhead-images", type=int, default=50, help="number of images for the overhead")
    options = parser.parse_args()
    figures = {**measure_load(options.uploads, options.reader), **measure_overhead(options.overhead_images)}
    report(figures, options.json)


if __name__ == "__main__":
    main()
