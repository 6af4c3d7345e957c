"""Benchmark of the cost of 1,000 smears on Lambda by memory size and load.

    python benchmarks/cost.py [--json] [--images N]

Measured with the shipped package, on as many threads as the memory size pays for (one vCPU per 1,769 MB, as in the
function): wall-clock and processor seconds for a warm image, from the file's bytes to the answer and its pictures;
seconds to start; seconds to make the clients after a restore. Numbers of threads are measured alternately, and the
minimum of three rounds counts. A size that needs more cores than this machine has is not measured. If the paid share is
less than the threads, processor time beyond the share becomes waiting time. Waiting for S3, SQS and DynamoDB, and their
cost, are not included.

The model (benchmarks/cost_model.py): images arrive as a Poisson process, evenly over the day. A batch contains its
first message and those that arrive within the window, at most the batch size of template.yaml. An invocation that finds
n environments busy uses the next one; it is cold if that one was not used in the last ten minutes: the sum over n of
P(n) exp(-rate P(n) 600 s), where P(n) is Poisson around rate times duration. Bursts have more cold invocations. A cold
invocation pays for the restore per GB and the clients; the snapshot is cached all the time, and started once for each
version, every 30 days.
"""

import json
import os
import statistics
import subprocess
import sys
import time
from argparse import SUPPRESS
from collections.abc import Callable
from dataclasses import asdict, astuple
from functools import partial
from typing import Any

import cost_model
from blastlens.functions.settings import ClassifySettings
from blastlens.local.stack.template import find_template, read_template
from cost_model import Source, Timing, cost_of, seconds_on
from output import make_parser, report

SIZES = (1769, 2048, 3008, 3538, 5307, 10_240)
RATES = (10, 1_000, 1_000_000)
ROUNDS = 3
MOST_WAITED = 1.2
"""Ratio of wall-clock to processor time on one thread above which the machine is too busy to measure."""
CLIENTS = {"AWS_DEFAULT_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "any", "AWS_SECRET_ACCESS_KEY": "any"}


def threads_of(megabytes: int) -> int:
    """Return the number of threads of the classify function for a memory size."""
    names = ("RESULTS_TABLE", "CONTENTS_TABLE", "UPLOAD_QUEUE_URL", "UPLOAD_DEAD_LETTER_QUEUE_URL")
    needed = dict.fromkeys(names, "any")
    given = {**needed, "UPLOAD_MAX_RECEIVES": "5", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(megabytes)}
    return ClassifySettings.from_environment(given).threads


def read_source() -> tuple[Source, int]:
    """Return the function's event source and memory in MB, from template.yaml."""
    template = read_template(find_template())
    events = template["Resources"]["ClassifyFunction"]["Properties"]["Events"]["Uploads"]["Properties"]
    default = {name: parameter.get("Default") for name, parameter in template["Parameters"].items()}
    window = events.get("MaximumBatchingWindowInSeconds", 0)
    return Source(events["BatchSize"], window, default["ClassifyConcurrency"]), default["ClassifyMemory"]


def measure_here(threads: int, images: int) -> dict[str, float]:
    """Time classification and making clients in this process.

    Wall-clock seconds, except for `processor`.
    """
    from blastlens.domain.labels import LABELS
    from blastlens.functions.classification import encode_artifacts
    from blastlens.functions.snapshots import warm_up
    from blastlens.imaging.opencv_threads import limit_opencv_threads
    from blastlens.imaging.overlay import encode_png
    from blastlens.imaging.synthetic import draw_smear
    from blastlens.inference.classifier import Classifier
    from blastlens.inference.package import SHIPPED, load_package

    limit_opencv_threads(threads)
    classifier = Classifier(load_package(SHIPPED), threads)
    warm_up(classifier)
    ready = time.time()

    def answer(file: bytes) -> object:
        return encode_artifacts(classifier.read_bytes(file))

    files = [encode_png(draw_smear(seed, LABELS[seed % len(LABELS)]).image) for seed in range(images)]
    times = [measure_times(partial(answer, file)) for file in files]
    wall, processor = (statistics.median(each) for each in zip(*times, strict=True))
    return {"wall": wall, "processor": processor, "ready": ready, "renewal": measure_renewal()}


def measure_renewal() -> float:
    """Return the seconds to make the function's clients after a restore.

    Their data is loaded before, as in a snapshot.
    """
    from blastlens.cloud.clients import dynamodb_client, new_session, s3_client, sqs_client

    def renew() -> None:
        session = new_session()
        s3_client(session), dynamodb_client(session), sqs_client(session)

    renew()
    return measure_times(renew)[0]


def measure_times(work: Callable[[], object]) -> tuple[float, float]:
    """Return the wall-clock and processor seconds of a call."""
    wall, processor = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - processor


def measure(threads: int, images: int) -> Timing:
    """Measure with a number of threads in a separate process.

    The process has as many cores, if the system can limit them.
    """
    limits = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), str(threads))
    command = [sys.executable, __file__, "--measure", str(threads), "--images", str(images)]
    began = time.time()
    done = subprocess.run(
        command, env={**os.environ, **CLIENTS, **limits}, stdout=subprocess.PIPE, text=True, check=True
    )
    figures = json.loads(done.stdout.splitlines()[-1])
    return Timing(figures["wall"], figures["processor"], figures["ready"] - began, figures["renewal"])


def measure_alternately(images: int) -> dict[int, Timing]:
    """Measure every number of threads that this machine has cores for, alternately.

    Return the minimum of each time.
    """
    possible = [threads for threads in sorted({*map(threads_of, SIZES)}) if threads <= (os.cpu_count() or 1)]
    rounds = [{threads: measure(threads, images) for threads in possible} for _ in range(ROUNDS)]
    return {
        threads: Timing(*(min(times) for times in zip(*(astuple(turn[threads]) for turn in rounds), strict=True)))
        for threads in possible
    }


def make_rows(timings: dict[int, Timing], source: Source) -> list[dict[str, Any]]:
    """Return a row for each memory size and rate.

    Rows that were not measured have no figures.
    """
    rows: list[dict[str, Any]] = []
    for megabytes in SIZES:
        timing = timings.get(threads_of(megabytes))
        for a_day in RATES:
            row: dict[str, Any] = {"memory_mb": megabytes, "threads": threads_of(megabytes), "a_day": a_day}
            if timing is not None:
                cost = cost_of(megabytes, a_day, timing, source)
                row |= {"image_s": seconds_on(megabytes, timing), **asdict(cost), "usd_per_1000": cost.total}
            rows.append({**row, "measured": timing is not None})
    return rows


def find_cheapest(rows: list[dict[str, Any]]) -> dict[str, int]:
    """Return the cheapest measured memory size in megabytes, by images a day."""
    return {
        str(a_day): min(
            (row for row in rows if row["a_day"] == a_day and row["measured"]), key=lambda row: row["usd_per_1000"]
        )["memory_mb"]
        for a_day in RATES
    }


def name_cheapest(rows: list[dict[str, Any]], waited: float) -> dict[str, int | str]:
    """Return the cheapest size at each rate.

    If the machine is too busy, return a message.

    Args:
        rows: rows with their costs.
        waited: wall-clock seconds per processor second, on one thread.
    """
    if waited > MOST_WAITED:
        return {"cheapest_mb": f"not named: the machine is busy, one thread had {1 / waited:.0%} of a core"}
    return {f"cheapest_mb_at_{a_day}_a_day": megabytes for a_day, megabytes in find_cheapest(rows).items()}


def print_row(row: dict[str, Any]) -> None:
    """Print one row."""
    start = f"{row['memory_mb']:6} MB {row['threads']} threads {row['a_day']:9,} a day"
    if not row["measured"]:
        print(f"{start}  not measured: this machine has {os.cpu_count()} cores")
        return
    behind = "" if row["keeps_up"] else "  CANNOT KEEP UP with ClassifyConcurrency"
    print(
        f"{start}  {row['image_s']:6.3f} s an image  cold {row['cold_share']:7.2%}  {row['gb_seconds']:8.1f} GB-s  "
        f"duration {row['duration']:.4f} + requests {row['requests']:.4f} + SnapStart {row['snapshot']:8.4f} "
        f"= {row['usd_per_1000']:8.4f} USD; without SnapStart {row['without_snapshot']:.4f}{behind}"
    )


def main() -> None:
    """Measure, calculate and print."""
    parser = make_parser(__doc__)
    parser.add_argument("--images", type=int, default=12, help="number of synthetic images for each number of threads")
    parser.add_argument("--measure", type=int, help=SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        if hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: options.measure])
        print(json.dumps(measure_here(options.measure, options.images)))
        return
    source, memory = read_source()
    timings = measure_alternately(options.images)
    rows = make_rows(timings, source)
    waited = timings[1].wall / timings[1].processor
    print("US dollars for 1,000 smears, Lambda only, us-east-1, x86:")
    for row in rows:
        print_row(row)
    figures = name_cheapest(rows, waited)
    prices = {name.lower(): value for name, value in vars(cost_model).items() if name.startswith("USD_")}
    by_threads = {str(threads): asdict(timing) for threads, timing in timings.items()}
    report(
        {**figures, "template_mb": memory, "waited": waited, **prices, "timings": by_threads, "rows": rows},
        options.json,
    )


if __name__ == "__main__":
    main()
