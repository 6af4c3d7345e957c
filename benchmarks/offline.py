"""Benchmark of screening without a network.

    python benchmarks/offline.py [--json] [--reads N]

The embedded cloud serves the page that `make web` has built. An installed Chromium on one core, without throttling,
opens it once and is closed; then it is started again, without a network, from the same profile. `ready_s` is the time
from opening the page until the model can read, `photograph_s` the median time from a JPEG file of 12 megapixels to its
verdict (nine windows; `first_photograph_s` the first), each four times as long on a phone: the browser's own throttle
does not slow workers. `memory_mb` is the peak of the page's own memory, worker and photograph included, without the
files of the browser's program; `memory_with_program_mb` is with them. `download_mb` is what the first visit keeps for
work without a network, as a server sends it: scripts and wasm compressed by brotli. `max_difference` is that of the
probabilities from Python.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import threading
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from PIL import Image
from playwright.sync_api import BrowserContext, Page, Playwright, sync_playwright

from blastlens.cli.embedded_cloud import run_embedded_cloud
from blastlens.inference.classifier import Classifier
from blastlens.inference.package import SHIPPED, load_package
from browser_runtimes import list_renderers, renderer_peak_mb
from fields import TWELVE, TWELVE_UM, declare, draw_field
from output import make_parser, report
from tests.browser.browsers import MISSING, OPTIONS, find_chromium
from tests.browser.screening_steps import READY_MS
from tests.browser.site import NOT_BUILT, find_site
from tests.web.nodejs import find_node

SLOWER = 4
"""A phone's processor over one core of a desktop computer."""

PACKAGE = "screening"
_KEPT = """async () => {
    const caches_ = await Promise.all((await caches.keys()).map(name => caches.open(name)))
    const requests = (await Promise.all(caches_.map(one => one.keys()))).flat()
    return [...new Set(requests.map(one => new URL(one.url).pathname))]
}"""
_IS_READY = """async () => (await (KEPT)()).filter(path => path.startsWith("/screening/models/PACKAGE/")).length"""

# The page's own worker, asked as the page asks it.
_START = """async ([script, base]) => {
    const worker = new Worker(script)
    let next = 0
    globalThis.ask = request => new Promise((resolve, reject) => {
        const id = ++next
        const listen = ({data}) => {
            if (data.id !== id || data.progress || data.step) return
            worker.removeEventListener("message", listen)
            data.error ? reject(new Error(data.error.message)) : resolve(data.result)
        }
        worker.addEventListener("message", listen)
        worker.postMessage({id, ...request})
    })
    await ask({kind: "load", package: "PACKAGE", base, bytes: 1})
    return performance.now() / 1000
}""".replace("PACKAGE", PACKAGE)
_READ = """async ([file, um]) => {
    const image = await (await fetch(`data:image/jpeg;base64,${file}`)).blob()
    const begun = performance.now()
    const result = await ask({kind: "read", image, declared_um: um})
    return [(performance.now() - begun) / 1000, result.probabilities]
}"""
_COMPRESS = """
const { brotliCompressSync, constants } = require("node:zlib");
const { readFileSync } = require("node:fs");
const params = { [constants.BROTLI_PARAM_QUALITY]: 5 };
const size = (file) => {
    const content = readFileSync(file);
    return (/\\.(tflite|npz|png)$/.test(file) ? content : brotliCompressSync(content, { params })).length;
};
console.log(process.argv.slice(1).reduce((sum, file) => sum + size(file), 0));
"""


def open_profile(playwright: Playwright, chromium: str, folder: str, offline: bool) -> BrowserContext:
    """Start a browser with a profile; the page's policy is lifted, so that the benchmark may start its worker."""
    return playwright.chromium.launch_persistent_context(
        folder, executable_path=chromium, args=OPTIONS, offline=offline, bypass_csp=True
    )


def install(page: Page, address: str) -> list[str]:
    """Open the page until all is kept that work without a network needs; return the paths of the kept files."""
    page.goto(address)
    page.get_by_text("Ready to work without a network").or_(page.get_by_label("PIN")).first.wait_for(timeout=READY_MS)
    ready = _IS_READY.replace("KEPT", _KEPT).replace("PACKAGE", PACKAGE)
    for _ in range(60):
        kept = page.evaluate(ready)
        page.wait_for_timeout(1000)
        if kept and kept == page.evaluate(ready):
            break
    paths: list[str] = page.evaluate(_KEPT)
    return paths


def measure_reading(page: Page, address: str, kept: list[str], photograph: bytes, reads: int) -> dict[str, Any]:
    """Open the page without a network, and read a photograph a number of times."""
    page.goto(address)
    script = next(path for path in kept if path.endswith("/reading-worker.js"))
    manifest = next(path for path in kept if path.endswith("/manifest.json") and f"/{PACKAGE}/" in path)
    ready = page.evaluate(_START, [script, manifest.removesuffix("manifest.json")])
    answers = [page.evaluate(_READ, [b64encode(photograph).decode(), TWELVE_UM]) for _ in range(reads)]
    median = statistics.median(seconds for seconds, _ in answers[1:])
    return {
        "ready_s": ready,
        "ready_on_a_phone_s": SLOWER * ready,
        "first_photograph_s": answers[0][0],
        "photograph_s": median,
        "photograph_on_a_phone_s": SLOWER * median,
        "probabilities": answers[-1][1],
    }


@contextmanager
def watch_memory() -> Iterator[list[float]]:
    """Yield a list that gets the greatest memory of its own that a page's process has, in MB, every 50 ms."""
    seen, ended = [0.0], threading.Event()

    def watch() -> None:
        os.sched_setaffinity(0, set(range(os.cpu_count() or 1)))  # of this thread: not the browser's core alone
        while not ended.wait(0.05):
            seen.append(max((_own_mb(pid) for pid in list_renderers()), default=0.0))

    watching = threading.Thread(target=watch, daemon=True)
    watching.start()
    try:
        yield seen
    finally:
        ended.set()
        watching.join()


def _own_mb(pid: int) -> float:
    """Return the anonymous and shared memory of a process, in MB; 0 where it has ended."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith(("RssAnon", "RssShmem"))) * 1024 / 1e6


def measure_download(site: Path, kept: list[str]) -> float:
    """Return the megabytes of the kept files; servers compress scripts and wasm, but neither models nor pictures."""
    node = find_node()
    if node is None:
        raise SystemExit("There is no Node 20 or newer to compress the files with.")
    files = [site / path.removeprefix("/") for path in kept]
    files = [file / "index.html" if file.is_dir() else file for file in files]
    done = subprocess.run([node, "-e", _COMPRESS, *map(str, files)], capture_output=True, text=True, check=True)
    return int(done.stdout) / 1e6


def measure(chromium: str, site: Path, address: str, photograph: bytes, reads: int) -> dict[str, Any]:
    """Return all figures."""
    with tempfile.TemporaryDirectory() as profile, sync_playwright() as playwright:
        context = open_profile(playwright, chromium, profile, offline=False)
        kept = install(context.new_page(), address)
        context.close()
        context = open_profile(playwright, chromium, profile, offline=True)
        try:
            with watch_memory() as own:
                figures = measure_reading(context.new_page(), address, kept, photograph, reads)
            figures |= {"memory_mb": max(own), "memory_with_program_mb": renderer_peak_mb()}
        finally:
            context.close()
    return {**figures, "download_mb": measure_download(site, kept), "files": len(kept)}


def main() -> None:
    """Measure and print."""
    parser = make_parser(__doc__)
    parser.add_argument("--reads", type=int, default=6, help="readings of the photograph (6)")
    options = parser.parse_args()
    chromium, site = find_chromium(), find_site()
    if chromium is None or site is None:
        print(f"skipped: {MISSING if chromium is None else NOT_BUILT}")
        return
    with tempfile.TemporaryDirectory() as folder:
        Image.fromarray(draw_field(TWELVE, TWELVE_UM)).save(Path(folder) / "twelve.jpg", quality=92)
        photograph = (Path(folder) / "twelve.jpg").read_bytes()
    classifier = Classifier(load_package(SHIPPED.parent / PACKAGE), threads=1)
    answer = classifier.read_bytes(photograph, declare(TWELVE_UM)).answer
    with run_embedded_cloud(None, quiet=True) as cloud:
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})  # the browser inherits it
        figures = measure(chromium, site, f"{cloud.api_address}/screening/", photograph, options.reads)
    found = figures.pop("probabilities")
    expected = getattr(answer, "probabilities", {})
    if found.keys() != expected.keys() or not expected:
        raise SystemExit(f"the page answered {found}, and Python {expected}: there is nothing to compare.")
    difference = max(abs(found[label] - value) for label, value in expected.items())
    report({**figures, "max_difference": difference}, options.json)


if __name__ == "__main__":
    main()
