"""Benchmark of a cold start to the first answer, compared with tensorflow-cpu.

    python benchmarks/cold_start.py [--json] [--starts N]

Lambda's real runtime client (awslambdaric) runs under its real emulator (aws-lambda-rie, which comes with the SAM
CLI), and classifies one smear from the embedded cloud. Both functions differ only in the runtime of the graph. They
start alternately, so that a busy machine slows both; files are in the system's cache. Memory is the peak of the
function's process.
"""

import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from blastlens.domain.labels import LABELS
from blastlens.imaging.overlay import encode_png
from blastlens.imaging.synthetic import draw_smear
from blastlens.inference.package import SHIPPED, load_package
from blastlens.local.clients import LocalClients
from blastlens.local.cloud import EmbeddedCloud
from blastlens.local.event_sources.invocation import Function
from blastlens.local.stack.deployment import Stack
from blastlens.local.stack.template import find_template
from output import make_parser, peak_mb_of, report

ROOT = Path(__file__).resolve().parents[1]
EMULATORS = ".venv-sam/lib/python3*/site-packages/samcli/local/rapid/aws-lambda-rie-x86_64"
OURS, THEIRS = "blastlens.functions.entry.classify.handler", "graphs.reference_handler.handler"


@dataclass(frozen=True)
class Start:
    """One cold start: seconds to the first answer, and peak memory in MB."""

    seconds: float
    peak_mb: float


def write_reference_graph(folder: Path) -> None:
    """Write the shipped graph as a SavedModel, in a process of its own."""
    code = (
        "import sys; from pathlib import Path; from graphs.flatbuffer import read_graph, to_float_graph; "
        "from graphs.to_tensorflow import write_saved_model; "
        "write_saved_model(read_graph(to_float_graph(Path(sys.argv[1]).read_bytes())), Path(sys.argv[2]))"
    )
    command = [sys.executable, "-c", code, str(load_package(SHIPPED).graph), str(folder)]
    subprocess.run(command, cwd=ROOT / "benchmarks", check=True, stderr=subprocess.DEVNULL)


def start(emulator: Path, handler: str, environment: Mapping[str, str], event: bytes) -> Start:
    """Start a function, send it one event, and stop it."""
    port, inner = find_free_port(), find_free_port()
    addresses = [f"--runtime-interface-emulator-address=127.0.0.1:{port}", f"--runtime-api-address=127.0.0.1:{inner}"]
    command = [str(emulator), "--log-level=error", *addresses, sys.executable, "-m", "awslambdaric", handler]
    began = time.perf_counter()
    running = subprocess.Popen(
        command, env=environment, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        answer = invoke(port, event)
        seconds = time.perf_counter() - began
        if answer != {"batchItemFailures": []}:
            raise SystemExit(f"{handler} did not answer: {answer}")
        return Start(seconds, peak_mb(running.pid))
    finally:
        os.killpg(running.pid, signal.SIGKILL)
        running.wait()


def invoke(port: int, event: bytes) -> Any:
    """Send the event as soon as the emulator listens, and return the answer."""
    url = f"http://127.0.0.1:{port}/2015-03-31/functions/function/invocations"
    for _ in range(2000):
        try:
            with urllib.request.urlopen(url, event, timeout=300) as response:
                return json.load(response)
        except (ConnectionError, urllib.error.URLError):
            time.sleep(0.005)
    raise SystemExit("the emulator does not listen")


def peak_mb(emulator: int) -> float:
    """Return the peak of the process that the emulator started."""
    children = Path(f"/proc/{emulator}/task").glob("*/children")
    (child,) = {pid for file in children for pid in file.read_text().split()}
    return peak_mb_of(child)


def find_free_port() -> int:
    """Return a free port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def measure(emulator: Path, starts: int) -> dict[str, float]:
    """Start both functions alternately, with a new smear each time."""
    template = find_template(ROOT / "template.yaml")
    with tempfile.TemporaryDirectory() as folder, EmbeddedCloud(template, make_idle_functions) as cloud:
        write_reference_graph(Path(folder))
        environment = function_environment(cloud, Path(folder))
        # The first start of each fills the system's cache and does not count.
        pairs = [
            tuple(
                start(emulator, handler, environment, upload_smear(cloud, f"{turn}-{which}"))
                for which, handler in enumerate((OURS, THEIRS))
            )
            for turn in range(starts + 1)
        ][1:]
    return {
        "times_quicker_than_tensorflow": statistics.median(theirs.seconds / ours.seconds for ours, theirs in pairs),
        "first_response_s": statistics.median(ours.seconds for ours, _ in pairs),
        "tensorflow_first_response_s": statistics.median(theirs.seconds for _, theirs in pairs),
        "peak_mb": max(ours.peak_mb for ours, _ in pairs),
        "tensorflow_peak_mb": max(theirs.peak_mb for _, theirs in pairs),
        "starts": starts,
    }


def make_idle_functions(stack: Stack, _: LocalClients) -> dict[str, Function]:
    """Return functions that do nothing: the events are the benchmark's own."""
    return {name: Function(name, lambda *_: {}) for name in stack.functions}


def function_environment(cloud: EmbeddedCloud, saved_model: Path) -> dict[str, str]:
    """Return the environment variables of a function with one processor."""
    return {
        "PATH": os.environ["PATH"],
        "OPENBLAS_NUM_THREADS": "1",  # as the image has it
        "PYTHONPATH": os.pathsep.join((str(ROOT / "src"), str(ROOT / "benchmarks"))),
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "SAVED_MODEL": str(saved_model),
        "RESULTS_TABLE": cloud.stack.resources["ResultsTable"],
        "CONTENTS_TABLE": cloud.stack.resources["ContentsTable"],
        "UPLOAD_QUEUE_URL": cloud.stack.resources["UploadQueue"],
        "UPLOAD_DEAD_LETTER_QUEUE_URL": cloud.stack.resources["UploadDeadLetterQueue"],
        "UPLOAD_MAX_RECEIVES": "5",
        "AWS_ENDPOINT_URL": cloud.endpoint,
        "AWS_DEFAULT_REGION": str(cloud.clients.client("s3").meta.region_name),
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1769",
        "LAMBDA_TASK_ROOT": str(ROOT / "src"),  # X-Ray's recorder recognises Lambda by it and makes no clients
        "POWERTOOLS_TRACE_DISABLED": "true",
    }


def upload_smear(cloud: EmbeddedCloud, upload_id: str) -> bytes:
    """Upload a synthetic smear and return the batch with its event."""
    bucket, key = cloud.stack.resources["UploadBucket"], f"uploads/clinic/patient/{upload_id}.png"
    picture = encode_png(draw_smear(1, LABELS[2]).image)
    version = cloud.clients.client("s3").put_object(Bucket=bucket, Key=key, Body=picture)["VersionId"]
    batch = json.loads((ROOT / "events" / "sqs-new-smear.json").read_text())
    body = json.loads(batch["Records"][0]["body"])
    body["Records"][0]["s3"]["bucket"]["name"] = bucket
    body["Records"][0]["s3"]["object"].update(key=key, versionId=version, size=len(picture))
    batch["Records"][0]["body"] = json.dumps(body)
    return json.dumps(batch).encode()


def main() -> None:
    """Measure and print."""
    parser = make_parser(__doc__)
    parser.add_argument("--starts", type=int, default=5, help="number of starts of each function")
    options = parser.parse_args()
    emulator = next(iter(ROOT.glob(EMULATORS)), None)
    if emulator is None:
        print("skipped: the emulator is part of the SAM CLI, and .venv-sam does not have it. Run `make check` once.")
        return
    figures = measure(emulator, options.starts)
    report(figures, options.json)


if __name__ == "__main__":
    main()
