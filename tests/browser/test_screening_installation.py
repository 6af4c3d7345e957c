"""Installation of the screening page: one visit, flight mode, updates."""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from blastlens.local.http.gateway import Gateway
from blastlens.local.http.page_headers import PageHeaders
from blastlens.local.http.static_files import StaticFiles
from tests.browser.browsers import OPTIONS, find_chromium
from tests.browser.site import find_site

_READY_MS = 60_000
_WRITTEN_MS = 3000
_IS_INSTALLED = """async () => {
  const registration = await navigator.serviceWorker.getRegistration("/screening/");
  const kept = await (await caches.open("screening-packages")).keys();
  const models = kept.filter(({ url }) => url.includes("/screening/models/")).length;
  const runtimes = kept.filter(({ url }) => url.endsWith(".wasm")).length;
  return registration?.active?.state === "activated" && models > 1 && runtimes === 1;
}"""
_REGISTRATION = "navigator.serviceWorker.getRegistration('/screening/')"
_IS_WAITING = f"() => {_REGISTRATION}.then((one) => one.waiting !== null)"
_UPDATE = f"() => {_REGISTRATION}.then((one) => one.update()).then(() => undefined)"
_ACTIVATE = f"() => {_REGISTRATION}.then((one) => one.waiting.postMessage({{ kind: 'activate' }}))"


@pytest.fixture
def site(tmp_path) -> Path:
    """A copy of the built page."""
    built = find_site()
    assert built is not None
    return Path(shutil.copytree(built, tmp_path / "site"))


@contextmanager
def serve(site: Path, headers: PageHeaders) -> Iterator[Gateway]:
    """Serve a built page; nothing else answers, and nobody is signed in."""
    with Gateway({}, [], sites=[StaticFiles(site, headers, lambda _: b"{}")]) as gateway:
        yield gateway


@contextmanager
def open_phone(browser: Browser, profile: Path) -> Iterator[BrowserContext]:
    """Start a second browser with a profile that outlives it."""
    context = browser.browser_type.launch_persistent_context(
        profile, executable_path=find_chromium(), args=list(OPTIONS), locale="en-GB"
    )
    try:
        yield context
    finally:
        context.close()


def visit(context: BrowserContext, address: str) -> Page:
    """Open the screening page."""
    page = context.new_page()
    page.goto(f"{address}/screening/")
    expect(page.get_by_role("heading", level=1)).to_be_visible(timeout=_READY_MS)
    return page


def publish_newer(site: Path) -> None:
    """Change the page, and the version of its service worker with it, as a build does."""
    worker, index = site / "screening" / "service-worker.js", site / "screening" / "index.html"
    index.write_text(
        index.read_text("utf-8").replace("<title>", '<meta name="version" content="newer">\n<title>'), "utf-8"
    )
    script, count = re.subn(r'"[0-9a-f]{16}"', '"00000000deadbeef"', worker.read_text("utf-8"), count=1)
    assert count == 1
    worker.write_text(script, "utf-8")


def version_of(page: Page) -> str | None:
    """Return the version that a page says; None for the first one."""
    found = page.evaluate("() => document.querySelector('meta[name=version]')?.content ?? null")
    return None if found is None else str(found)


def test_after_one_visit_the_page_starts_without_a_network_after_the_browser_was_closed(browser, cloud, site, tmp_path):
    profile = tmp_path / "profile"
    with serve(site, cloud.stack.page_headers) as gateway:
        address = gateway.address
        with open_phone(browser, profile) as context:
            page = visit(context, address)
            page.wait_for_function(_IS_INSTALLED, timeout=_READY_MS)
            # Chromium writes a new registration to the disk a moment later.
            page.wait_for_timeout(_WRITTEN_MS)
    with open_phone(browser, profile) as context:
        page = visit(context, address)
        page.wait_for_function(_IS_INSTALLED, timeout=_READY_MS)


def test_a_newer_page_waits_until_it_is_asked_for_and_is_whole_then(browser, cloud, site, tmp_path):
    with open_phone(browser, tmp_path / "profile") as context:
        with serve(site, cloud.stack.page_headers) as gateway:
            address = gateway.address
            page = visit(context, address)
            page.wait_for_function(_IS_INSTALLED, timeout=_READY_MS)
            publish_newer(site)
            page.evaluate(_UPDATE)
            page.wait_for_function(_IS_WAITING, timeout=_READY_MS)
            # Not after a reload: with no other page open, Chromium may take the newer one over then.
            page.wait_for_timeout(500)
            assert version_of(page) is None
            page.evaluate(_ACTIVATE)
            page.wait_for_function("() => navigator.serviceWorker.controller?.state === 'activated'")
        page.reload()
        expect(page.get_by_role("heading", level=1)).to_be_visible(timeout=_READY_MS)
        assert version_of(page) == "newer"


def test_a_newer_page_under_an_older_worker_works_while_there_is_a_network(browser, cloud, site, tmp_path):
    with open_phone(browser, tmp_path / "profile") as context, serve(site, cloud.stack.page_headers) as gateway:
        page = visit(context, gateway.address)
        page.wait_for_function(_IS_INSTALLED, timeout=_READY_MS)
        publish_newer(site)
        context.new_cdp_session(page).send("Page.reload", {"ignoreCache": True})
        expect(page.get_by_role("heading", level=1)).to_be_visible(timeout=_READY_MS)
        page.wait_for_function("() => document.querySelector('meta[name=version]')?.content === 'newer'")
