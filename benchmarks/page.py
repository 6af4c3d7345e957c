"""Benchmark of the page: its first view and 100,000 rows.

    python benchmarks/page.py [--json] [--rows N] [--views N]

The embedded cloud serves the page that `make web` has built, and an installed Chromium without windows opens it.

*First view*: a worklist with drawn examinations, opened by somebody whose session at the identity provider lasts, and
the patients' page. Bytes are those that travelled, headers included. The largest contentful paint is that of the last
document, as browsers report it, and with the way to the sign-in and back that comes before it: medians of several views
with an empty cache, at 1.6 Mbit/s and 150 ms between request and response, with the processor slowed 4 times. Chromium
delays requests, not packets: connections are free.

*Rows*: a worklist is loaded to its last row, then scrolled from its first to its last. Its answers are made in the
page, not by the service, a thousand rows each. Row elements are those in the document, at the most; the longest task
is that of the page's thread while it is scrolled.
"""

import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from playwright.sync_api import Browser, BrowserContext, Page

from blastlens.cli.embedded_cloud import run_embedded_cloud
from blastlens.domain.clinician import Role
from blastlens.local.cloud import EmbeddedCloud
from blastlens.local.demo.examination_demo import CLINIC_ID, run_demo
from blastlens.local.demo.smears import drawn_smears
from blastlens.local.stack.clinics import add_clinic
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
_SCROLL = """async ([selector, count, pixels, limit]) => {
    const begun = performance.now()
    let last = 0, most = 0
    scrollTo(0, 0)
    await new Promise(requestAnimationFrame)
    while (last < count && performance.now() - begun < limit) {
        scrollBy(0, pixels)
        await new Promise(requestAnimationFrame)
        const rows = [...document.querySelectorAll(selector)]
        most = Math.max(most, rows.length)
        last = Math.max(0, ...rows.map(one => Number(one.dataset.place) + 1))
    }
    return [last, most, (performance.now() - begun) / 1000]
}"""

# The last candidate counts.
_OBSERVE_PAINT = """
    new PerformanceObserver(list => { window.__paint = list.getEntries().at(-1).startTime })
        .observe({type: 'largest-contentful-paint', buffered: true})
"""
_OBSERVE_TASKS = """
    window.__tasks = []
    new PerformanceObserver(list => { for (const one of list.getEntries()) window.__tasks.push(one.duration) })
        .observe({type: 'longtask', buffered: true})
"""

# Answers the worklist's requests in the page, with rows made from the first one of the service's own answer.
_MANY_ROWS = """
    const real = window.fetch.bind(window)
    let pattern
    window.fetch = async (address, options) => {
        const url = new URL(address, location.href)
        if (url.pathname !== "/v1/worklist") return real(address, options)
        pattern ??= (await (await real(address, options)).json()).examinations[0]
        const start = Number(url.searchParams.get("next") ?? 0)
        const end = Math.min(COUNT, start + 1000)
        const examinations = Array.from({length: end - start}, (_, at) => ({...pattern, patient_id: `p-${start + at}`}))
        const body = {examinations, next: end < COUNT ? String(end) : null, as_of: new Date().toISOString()}
        return new Response(JSON.stringify(body), {headers: {"Content-Type": "application/json"}})
    }
"""


@dataclass(frozen=True)
class View:
    """One opened page.

    Attributes:
        bytes: what travelled, headers included.
        paint_s: largest contentful paint of the last document, as browsers report it.
        whole_s: the same from the first navigation, the way to the sign-in and back included.
    """

    bytes: int
    paint_s: float
    whole_s: float


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
        paint, origin = page.evaluate("() => [window.__paint, performance.timeOrigin]")
        return View(sum(received), paint / 1000, (origin + paint - started) / 1000)
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
        page.add_init_script(_MANY_ROWS.replace("COUNT", str(rows)))
        page.goto(address)
        page.locator(ROW).first.wait_for(timeout=LIMIT_SECONDS * 1000)
        loaded, most_before, _ = page.evaluate(_SCROLL, [ROW, rows, SCROLLED_PIXELS * 10, LIMIT_SECONDS * 1000])
        page.evaluate("() => { window.__tasks.length = 0 }")
        last, most, seconds = page.evaluate(_SCROLL, [ROW, loaded, SCROLLED_PIXELS, LIMIT_SECONDS * 1000])
        tasks = page.evaluate("() => window.__tasks")
        return {
            "rows": last,
            "row_elements": max(most, most_before),
            "longest_task_ms": max(tasks, default=0.0),
            "scroll_s": seconds,
        }
    finally:
        context.close()


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
        f"{name}_paint_with_sign_in_s": statistics.median(one.whole_s for one in views),
        f"{name}_slowest_s": max(one.whole_s for one in views),
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
        add_clinic(cloud.clients, cloud.deployment, CLINIC_ID)
        cloud.accounts.add_ready_users(CLINIC_ID)
        run_demo(cloud, list(drawn_smears()), LIMIT_SECONDS, lambda done: None)
        figures = measure(cloud, browser, options.views, options.rows)
    report(figures, options.json)


if __name__ == "__main__":
    main()
