"""Benchmark of `blastlens classify DIR`: rate by number of workers, and memory.

    python benchmarks/folder.py [--json] [--images N] [--many N]

The rate is that of the command, in a separate process, on N synthetic images: with two workers over one, measured
alternately, so that a busy machine slows both. The time of a folder with one image, which is the start, is subtracted.
Memory is the resident size while the command classifies many files: the mean over the last fifth of them over the mean
over the first fifth; both include the model. The many files are links to the N images.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from blastlens.domain.labels import LABELS
from blastlens.imaging.overlay import encode_png
from blastlens.imaging.synthetic import draw_smear
from output import make_parser, report

COMMAND = [sys.executable, "-c", "from blastlens.cli.main import main; main()", "classify"]
ROUNDS = 3
POLL_SECONDS = 0.1
LEAST_GAIN = 1.7
"""Target rate of two workers over one, on two free cores."""


def draw_folder(folder: Path, count: int) -> Path:
    """Draw smears into a new folder."""
    folder.mkdir()
    for seed in range(count):
        (folder / f"{seed:05d}.png").write_bytes(encode_png(draw_smear(seed, LABELS[seed % len(LABELS)]).image))
    return folder


def link_many(drawn: Path, folder: Path, count: int) -> Path:
    """Fill a new folder with links to synthetic smears, many for each."""
    folder.mkdir()
    files = sorted(drawn.iterdir())
    for number in range(count):
        (folder / f"{number:05d}.png").hardlink_to(files[number % len(files)])
    return folder


def measure_seconds(folder: Path, workers: int) -> float:
    """Return the duration of the command in seconds."""
    command = [*COMMAND, str(folder), "--json", "--threads", str(workers)]
    began = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - began


def measure_rate(folder: Path, one: Path, images: int) -> dict[str, float]:
    """Time both numbers of workers alternately."""
    rates: dict[int, list[float]] = {1: [], 2: []}
    for _ in range(ROUNDS):
        for workers, found in rates.items():
            starting = measure_seconds(one, workers)
            found.append((images - 1) / (measure_seconds(folder, workers) - starting))
    return {
        "images_a_second_with_one": statistics.median(rates[1]),
        "images_a_second_with_two": statistics.median(rates[2]),
        "two_over_one": statistics.median(two / one for one, two in zip(rates[1], rates[2], strict=True)),
        "goal": LEAST_GAIN,
        "cores": os.cpu_count() or 1,
    }


def measure_memory(folder: Path, out: Path, many: int) -> dict[str, float]:
    """Classify many files into `out`, and measure the memory of the process."""
    if not Path("/proc/self/status").is_file():
        return {}
    command = [*COMMAND, str(folder), "--out", str(out)]
    sizes: list[tuple[int, float]] = []
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as running:
        while running.poll() is None:
            done = out.read_bytes().count(b"\n") if out.is_file() else 0
            if done:
                sizes.append((done, resident_mb(running.pid)))
            time.sleep(POLL_SECONDS)
    if running.returncode:
        raise SystemExit(f"blastlens classify ended with status {running.returncode}")
    return {"many": many, **compare_fifths([(done, size) for done, size in sizes if size], many)}


def compare_fifths(sizes: list[tuple[int, float]], many: int) -> dict[str, float]:
    """Return the mean size over the first and the last fifth, and their ratio.

    Args:
        sizes: number of answers, and the size at that time in MB.
        many: number of answers at the end.
    """
    first = statistics.fmean(size for done, size in sizes if done <= many / 5)
    last = statistics.fmean(size for done, size in sizes if done > many * 4 / 5)
    return {"first_fifth_mb": first, "last_fifth_mb": last, "last_over_first": last / first}


def resident_mb(process: int) -> float:
    """Return a process's resident size in MB of 10^6 bytes; 0 if it has ended."""
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) * 1024 / 1e6 for line in lines if line.startswith("VmRSS")), 0.0)


def main() -> None:
    """Measure and print."""
    parser = make_parser(__doc__)
    parser.add_argument("--images", type=int, default=40, help="number of images for the rate")
    parser.add_argument("--many", type=int, default=400, help="number of images for the memory")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        drawn, one = draw_folder(work / "drawn", options.images), draw_folder(work / "one", 1)
        rate = measure_rate(drawn, one, options.images)
        many = link_many(drawn, work / "many", options.many)
        memory = measure_memory(many, work / "answers.jsonl", options.many)
    report({"images": options.images, **rate, **memory}, options.json)


if __name__ == "__main__":
    main()
