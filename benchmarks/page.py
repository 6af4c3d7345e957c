"""Benchmark of the page: its first view and 100,000 rows.

    python benchmarks/page.py [--json] [--rows N] [--views N]

The embedded cloud serves the page that `make web` has built, and an installed Chromium without windows opens it.

*First view*: a worklist with drawn examinations, opened by somebody whose session at the identity provider lasts, and
the patients' page. Bytes are those that travelled, headers included. The largest contentful paint counts from the first
navigation, so that the way to the sign-in and back is included; it is the median of several views with an empty cache,
at 1.6 Mbit/s and 150 ms between request and response, with the processor slowed 4 times. Chromium delays requests, not
packets: connections are free.

*Rows*: the worklist is scrolled from its first row to its last. Its answers are made here, not by the service. Row
elements are those in the document, at the most; the longest task is that of the page's thread.
"""

import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from playwright.sync_api import Browser, BrowserContext, Page, Route

from blastlens.cli.embedded_cloud import run_embedded_cloud
from blastlens.domain.clinician import Role
from blastlens.local.cloud import EmbeddedCloud
from blastlens.local.demo.examination_demo import run_demo
from blastlens.local.demo.smears import drawn_smears
from output import make_parser, report
from tests.browser.browsers import MISSING, find_chromium, open_browser
from tests.browser.signing_in import sign_in_once
from tests.browser.site import NOT_BUILT, find_site

BITS_PER_SECOND, ROUND_TRIP_MS, SLOWER = 1.6e6, 150, 4
LIMIT_SECONDS = 60
ROW = "[role=row][data-place]"
"""Selector of the worklist's rows."""

SCROLLED_PIXELS = 20_000
_SETTLED_MS = 1000
_COUNT_ROWS = """selector => {
    const rows = [...document.querySelectorAll(selector)]
    return [Math.max(0, ...rows.map(one => Number(one.dataset.place) + 1)), rows.length]
}"""

# The last candidate counts, and the time at which the first document was asked for.
_OBSERVE_PAINT = """
    new PerformanceObserver(list => { window.__paint = performance.timeOrigin + list.getEntries().at(-1).startTime })
        .observe({type: 'largest-contentful-paint', buffered: true})
"""
_OBSERVE_TASKS = """
    window.__tasks = []
    new PerformanceObserver(list => { for (const one of list.getEntries()) window.__tasks.push(one.duration) })
        .observe({type: 'longtask', buffered: true})
"""


@dataclass(frozen=True)
class View:
    """One opened page.

    Attributes:
        bytes: what travelled, headers included.
        paint_s: from the first navigation until the largest element was painted.
    """

    bytes: int
    paint_s: float


def measure_view(browser: Browser, address: str, visible: str, state: Any = None) -> View:
    """Open an address on a slow network with an empty cache.

    Args:
        browser: a running browser.
        address: what is opened.
        visible: selector of what has to be there.
        state: cookies of an earlier sign-in.
    """
    context = browser.new_context(storage_state=state)
    try:
        page = context.new_page()
        page.add_init_script(_OBSERVE_PAINT)
        received = _slow_down(context, page)
        started = time.time() * 1000
        page.goto(address)
        page.locator(visible).first.wait_for(timeout=LIMIT_SECONDS * 1000)
        page.wait_for_timeout(_SETTLED_MS)
        return View(sum(received), (page.evaluate("window.__paint") - started) / 1000)
    finally:
        context.close()


def _slow_down(context: BrowserContext, page: Page) -> list[int]:
    """Limit network and processor of a page, and return a list that gets the bytes of each response."""
    received: list[int] = []
    devtools = context.new_cdp_session(page)
    devtools.on("Network.loadingFinished", lambda event: received.append(int(event["encodedDataLength"])))
    devtools.send("Network.enable")
    rate = BITS_PER_SECOND / 8
    limits = {"offline": False, "latency": ROUND_TRIP_MS, "downloadThroughput": rate, "uploadThroughput": rate}
    devtools.send("Network.emulateNetworkConditions", limits)
    devtools.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    return received


def scroll_rows(browser: Browser, address: str, state: Any, rows: int) -> dict[str, float]:
    """Scroll a worklist of many rows from its start to its end."""
    context = browser.new_context(storage_state=state, viewport={"width": 1280, "height": 800})
    try:
        page = context.new_page()
        page.add_init_script(_OBSERVE_TASKS)
        page.route("**/v1/worklist?*", Rows(rows).answer)
        page.goto(address)
        page.locator(ROW).first.wait_for(timeout=LIMIT_SECONDS * 1000)
        page.evaluate("() => { window.__tasks.length = 0 }")
        started, last, most = time.monotonic(), 0, 0
        while last < rows and time.monotonic() - started < LIMIT_SECONDS:
            page.mouse.wheel(0, SCROLLED_PIXELS)
            last, elements = page.evaluate(_COUNT_ROWS, ROW)
            most = max(most, elements)
        seconds, tasks = time.monotonic() - started, page.evaluate("() => window.__tasks")
        return {"rows": last, "row_elements": most, "longest_task_ms": max(tasks, default=0.0), "scroll_s": seconds}
    finally:
        context.close()


@dataclass
class Rows:
    """Answers of the worklist with many rows, made from the first one of the service's own.

    Attributes:
        count: number of rows.
    """

    count: int
    _pattern: dict[str, Any] | None = None

    def answer(self, route: Route) -> None:
        """Answer one request of a page."""
        if self._pattern is None:
            self._pattern = route.fetch().json()["examinations"][0]
        query = parse_qs(urlsplit(route.request.url).query)
        start, limit = int(query.get("next", ["0"])[0]), int(query.get("limit", ["100"])[0])
        end = min(self.count, start + limit)
        found = [{**self._pattern, "patient_id": f"patient-{place:06}"} for place in range(start, end)]
        as_of = datetime.now(UTC).isoformat()
        body = {"examinations": found, "next": str(end) if end < self.count else None, "as_of": as_of}
        route.fulfill(json=body)


def measure(cloud: EmbeddedCloud, browser: Browser, views: int, rows: int) -> dict[str, Any]:
    """Return all figures of a running cloud that has examinations."""
    page_address = f"{cloud.api_address}/"
    state = sign_in_once(browser, page_address, Role.READER)
    clinic = [measure_view(browser, f"{page_address}#/worklist", ROW, state) for _ in range(views)]
    patient = [measure_view(browser, f"{page_address}p/", "h1") for _ in range(views)]
    return {
        **_summary("clinic", clinic),
        **_summary("patient", patient),
        **scroll_rows(browser, f"{page_address}#/worklist", state, rows),
    }


def _summary(name: str, views: Sequence[View]) -> dict[str, float]:
    return {
        f"{name}_first_view_kb": statistics.median(one.bytes for one in views) / 1000,
        f"{name}_paint_s": statistics.median(one.paint_s for one in views),
        f"{name}_slowest_paint_s": max(one.paint_s for one in views),
    }


def main() -> None:
    """Measure and print."""
    parser = make_parser(__doc__)
    parser.add_argument("--views", type=int, default=5, help="views with an empty cache (5)")
    parser.add_argument("--rows", type=int, default=100_000, help="rows of the worklist (100,000)")
    options = parser.parse_args()
    chromium, site = find_chromium(), find_site()
    if chromium is None or site is None:
        print(f"skipped: {MISSING if chromium is None else NOT_BUILT}")
        return
    with run_embedded_cloud(None, quiet=True) as cloud, open_browser(chromium) as browser:
        run_demo(cloud, list(drawn_smears()), LIMIT_SECONDS, lambda done: None)
        figures = measure(cloud, browser, options.views, options.rows)
    report(figures, options.json)


if __name__ == "__main__":
    main()
