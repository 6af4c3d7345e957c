"""Benchmark of the window graphs with every runtime in a browser.

    python benchmarks/browser_runtimes.py [--json] [--images N] [--packages screening fusion]

An installed Chromium on one core, without throttling, opens a page for each runtime and graph. `load_ms` is the time
until the graph can be run, the runtime's files included, from a server on the same machine; `first_ms` the first run;
`warm_ms` the median of the others; `memory_mb` what the process of the page needed at the most above an empty page.
`max_difference` is that of the probabilities from LiteRT in Python. A phone is taken to be four times slower: the
browser's own throttle does not slow workers. LiteRT and tfjs-tflite run the shipped file; for onnxruntime-web it is
converted to float32; MediaPipe's classifier is given the shipped file. What does not work is listed with its message.
"""

import os
import pickle
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import Browser, Error

from blastlens.inference.engine import Engine
from blastlens.inference.package import SHIPPED, ModelPackage, load_package
from graphs.flatbuffer import read_graph, to_float_graph
from output import make_parser, peak_mb_of, report
from runtimes import OTHERS, draw_inputs
from tests.browser.browsers import MISSING, find_chromium, open_browser
from tests.web.nodejs import WASM

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
PACKAGES = ROOT / "build" / "bench-packages" / "node_modules"
LIMIT_MS = 60_000
TYPES = {".mjs": "text/javascript", ".wasm": "application/wasm"}

RUNTIMES = (
    ("LiteRT.js", "litert", "shipped.tflite"),
    ("tfjs-tflite", "tflite", "shipped.tflite"),
    ("onnxruntime-web (converted)", "onnx", "graph.onnx"),
    ("MediaPipe", "mediapipe", "shipped.tflite"),
)


@dataclass(frozen=True)
class Work:
    """What every runtime computes: one package's graph on drawn smears.

    Attributes:
        package: the package.
        images: of each input, (N, S, S, 3) uint8.
        expected: probabilities (N, C) of LiteRT in Python.
        folder: with the graph's files and the images.
    """

    package: ModelPackage
    images: dict[str, NDArray[np.uint8]]
    expected: NDArray[np.float64]
    folder: Path


def prepare(name: str, count: int, folder: Path) -> Work:
    """Write a package's graph in every format, with drawn images."""
    package = load_package(SHIPPED.parent / name)
    images = draw_inputs(count, package)
    shipped = package.graph.read_bytes()
    (folder / "shipped.tflite").write_bytes(shipped)
    (folder / "graph.pickle").write_bytes(pickle.dumps(read_graph(to_float_graph(shipped))))
    to_onnx = [OTHERS, HERE / "graphs" / "to_onnx.py", folder / "graph.pickle", folder / "graph.onnx"]
    if OTHERS.is_file():
        subprocess.run(list(map(str, to_onnx)), check=True)
    stacked = np.stack([images[each] for each in images], axis=1)  # (N, inputs, S, S, 3)
    (folder / "images.f32").write_bytes(stacked.astype("<f4").tobytes())
    return Work(package, images, _answers(package, images), folder)


def _answers(package: ModelPackage, images: dict[str, NDArray[np.uint8]]) -> NDArray[np.float64]:
    manifest = package.manifest
    engine = Engine(package.graph, manifest.size, len(manifest.classes), manifest.branches, threads=1)
    rows = [dict(zip(images, row, strict=True)) for row in zip(*images.values(), strict=True)]
    return np.stack([engine.run(row["original"], row.get("segmented", row["original"])).probabilities for row in rows])


@contextmanager
def serve(folder: Path) -> Iterator[str]:
    """Serve the benchmark's page, the runtimes and a folder of graphs; yields the address."""
    places = {"/reading/": ROOT / "src/blastlens/web/reading", "/litert/": WASM, "/packages/": PACKAGES}
    places |= {"/graphs/": folder, "/": HERE / "browser"}

    class Handler(SimpleHTTPRequestHandler):
        def guess_type(self, path: str | os.PathLike[str]) -> str:
            return TYPES.get(Path(path).suffix) or super().guess_type(path)

        def translate_path(self, path: str) -> str:
            prefix = next(each for each in places if path.startswith(each))
            return str(places[prefix] / path.removeprefix(prefix).partition("?")[0])

        def log_message(self, *_: object) -> None:
            """Write nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()


def measure(browser: Browser, address: str, work: Work, runtime: tuple[str, str, str]) -> dict[str, Any]:
    """Return a row's figures, or the message of what failed."""
    name, loader, file = runtime
    row: dict[str, Any] = {"runtime": name, "package": work.package.manifest.name}
    if not (work.folder / file).is_file() or (loader != "litert" and not PACKAGES.is_dir()):
        return {**row, "failed": "its packages are not installed: run `make bench`"}
    manifest = work.package.manifest
    context = browser.new_context()
    try:
        page = context.new_page()
        page.goto(f"{address}runner.html")
        page.wait_for_function("() => globalThis.measure !== undefined", timeout=LIMIT_MS)
        empty = renderer_peak_mb()
        asked = {"loader": loader, "graph": f"/graphs/{file}", "images": "/graphs/images.f32", "size": manifest.size}
        asked |= {"names": list(work.images), "classes": len(manifest.classes)}
        found = page.evaluate("asked => measure(asked)", asked)
        difference = _difference(found["probabilities"], work.expected)
        return {
            **row,
            "load_ms": found["loadMs"],
            "first_ms": found["firstMs"],
            "warm_ms": found["warmMs"],
            "memory_mb": renderer_peak_mb() - empty,
            **({"failed": "no output has as many values as there are classes"} if difference is None else {}),
            **({} if difference is None else {"max_difference": difference}),
        }
    except Error as error:
        return {**row, "failed": str(error).splitlines()[0].removeprefix("Page.evaluate: ")[:160]}
    finally:
        context.close()


def _difference(found: list[list[float]], expected: NDArray[np.float64]) -> float | None:
    if any(len(row) != expected.shape[1] for row in found):
        return None
    return float(np.abs(np.array(found) - expected).max())


def renderer_peak_mb() -> float:
    """Return the greatest peak of memory of the processes of pages that this process has started, in MB."""
    return max(map(peak_mb_of, list_renderers()))


def list_renderers() -> list[int]:
    """Return the processes of pages that this process has started."""
    return [pid for pid in _descendants(os.getpid()) if b"--type=renderer" in _command(pid)]


def _descendants(pid: int) -> Iterator[int]:
    for file in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, _read(file).split()):
            yield child
            yield from _descendants(child)


def _command(pid: int) -> bytes:
    return _read(Path(f"/proc/{pid}/cmdline"))


def _read(file: Path) -> bytes:
    """Return what a file of a process says; nothing where the process has ended."""
    try:
        return file.read_bytes()
    except OSError:
        return b""


def measure_package(chromium: str, name: str, count: int) -> list[dict[str, Any]]:
    """Measure every runtime with one package's graph, each in a browser of its own."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        work = prepare(name, count, Path(folder))
        with serve(Path(folder)) as address:
            for runtime in RUNTIMES:
                with open_browser(chromium) as browser:
                    rows.append(measure(browser, address, work, runtime))
    return rows


def main() -> None:
    """Measure and print."""
    parser = make_parser(__doc__)
    parser.add_argument("--images", type=int, default=16, help="number of drawn smears (16)")
    parser.add_argument("--packages", nargs="+", default=["screening", "fusion"], help="packages (screening fusion)")
    options = parser.parse_args()
    chromium = find_chromium()
    if chromium is None:
        print(f"skipped: {MISSING}")
        return
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})  # the browser inherits it
    rows = [row for name in options.packages for row in measure_package(chromium, name, options.images)]
    for row in rows:
        print("  ".join(f"{value:.4g}" if isinstance(value, float) else str(value) for value in row.values()))
    report({"rows": rows}, options.json)


if __name__ == "__main__":
    main()
