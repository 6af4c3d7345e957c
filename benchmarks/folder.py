"""How `blastlens classify DIR` does on a folder of many images: its rate by workers, and whether its memory grows.

    python benchmarks/folder.py [--json] [--images N] [--many N]

The rate is that of the command, in a process of its own, on N drawn images: with two workers over with one, in turns,
so that a busy machine slows both; what starting takes is taken off, as the difference to a folder of one image. Memory
is the resident size while the command reads many files: the mean over the last fifth of them over the mean over the
first, with the model and its first image counted in both. The many files are the N, drawn once and linked often.
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
from reporting import parser_of, report

COMMAND = [sys.executable, "-c", "from blastlens.cli.main import main; main()", "classify"]
ROUNDS = 3
POLL_SECONDS = 0.1
LEAST_GAIN = 1.7
"""The goal for two workers over one, on two cores that are free."""


def draw_folder(folder: Path, count: int) -> Path:
    """Draw smears into a new folder."""
    folder.mkdir()
    for seed in range(count):
        (folder / f"{seed:05d}.png").write_bytes(encode_png(draw_smear(seed, LABELS[seed % len(LABELS)]).image))
    return folder


def link_many(drawn: Path, folder: Path, count: int) -> Path:
    """Fill a new folder with links to drawn smears, each many times."""
    folder.mkdir()
    files = sorted(drawn.iterdir())
    for number in range(count):
        (folder / f"{number:05d}.png").hardlink_to(files[number % len(files)])
    return folder


def seconds_of(folder: Path, workers: int) -> float:
    """Return how long the command takes."""
    command = [*COMMAND, str(folder), "--json", "--threads", str(workers)]
    begun = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - begun


def measure_rate(folder: Path, one: Path, images: int) -> dict[str, float]:
    """Time both numbers of workers in turns."""
    rates: dict[int, list[float]] = {1: [], 2: []}
    for _ in range(ROUNDS):
        for workers, found in rates.items():
            starting = seconds_of(one, workers)
            found.append((images - 1) / (seconds_of(folder, workers) - starting))
    return {
        "images_a_second_with_one": statistics.median(rates[1]),
        "images_a_second_with_two": statistics.median(rates[2]),
        "two_over_one": statistics.median(two / one for one, two in zip(rates[1], rates[2], strict=True)),
        "goal": LEAST_GAIN,
        "cores": os.cpu_count() or 1,
    }


def measure_memory(folder: Path, out: Path, many: int) -> dict[str, float]:
    """Read many files into `out`, and follow the size of the process by how many answers are there."""
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
        sizes: how many answers were there, and the size then in megabytes.
        many: how many answers there are in the end.
    """
    first = statistics.fmean(size for done, size in sizes if done <= many / 5)
    last = statistics.fmean(size for done, size in sizes if done > many * 4 / 5)
    return {"first_fifth_mb": first, "last_fifth_mb": last, "last_over_first": last / first}


def resident_mb(process: int) -> float:
    """Return a process's resident size in megabytes of 10^6 bytes; 0 when it has just ended."""
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) * 1024 / 1e6 for line in lines if line.startswith("VmRSS")), 0.0)


def main() -> None:
    """Measure and print."""
    parser = parser_of(__doc__)
    parser.add_argument("--images", type=int, default=40, help="how many images the rate is measured on")
    parser.add_argument("--many", type=int, default=400, help="how many images memory is measured on")
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
