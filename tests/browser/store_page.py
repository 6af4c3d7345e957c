"""The screening page's store without its views, and kills of tabs."""

import contextlib
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, CDPSession, Page

from blastlens.local.cloud import BUILT_PAGE, EmbeddedCloud
from blastlens.local.demo.examination_demo import CLINIC_ID

_ENTRY = Path(__file__).with_name("store_page.mjs")
_ESBUILD = BUILT_PAGE.parent / "web-packages" / "node_modules" / ".bin" / "esbuild"
_SCRIPT = "/screening/store-page.js"
_NOTICED_S = 30
"""Time within which a browser notices that a process is dead, on a slow machine."""


def bundle_store(folder: Path) -> Path:
    """Bundle the store's modules for the test page, and return the script; skips without esbuild."""
    if not _ESBUILD.is_file():
        pytest.skip("the packages of the page are not installed: type `make web`")
    script = folder / "store-page.js"
    command = [str(_ESBUILD), str(_ENTRY), "--bundle", "--format=esm", f"--outfile={script}", "--log-level=error"]
    subprocess.run(command, check=True, timeout=60)
    return script


def serve_store(context: BrowserContext, script: Path) -> None:
    """Serve the store's modules to a context, and none of the page's own scripts.

    The page itself comes from the server: Chromium lets no page of a test's own ask another port of this machine.
    """
    context.route("**/assets/*.js", lambda route: route.abort())
    content = script.read_text(encoding="utf-8")
    context.route(f"**{_SCRIPT}", lambda route: route.fulfill(body=content, content_type="text/javascript"))


def open_store_page(context: BrowserContext, address: str) -> Page:
    """Open a page of the site in a new tab, and load the store's modules into it."""
    page = context.new_page()
    page.goto(address, wait_until="commit")
    page.evaluate(f"() => import('{_SCRIPT}').then(() => undefined)")
    return page


def kill_tab(page: Page) -> None:
    """Kill the process of a tab in the middle of whatever it does, as a phone without memory does.

    Tabs of other tests in the same browser die with it. The browser has noticed all deaths at the end: a tab that is
    opened or closed before would wait for a dead process for ever.
    """
    session = _browser_of(page).new_browser_cdp_session()
    with page.expect_event("crash"):
        killed = _renderers(session)
        for process in killed:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
    end = time.monotonic() + _NOTICED_S
    while killed & _renderers(session):
        assert time.monotonic() < end, "the browser does not notice that its tabs are dead"
        time.sleep(0.01)
    session.detach()


def _browser_of(page: Page) -> Browser:
    browser = page.context.browser
    assert browser is not None
    return browser


def _renderers(session: CDPSession) -> set[int]:
    """Return the ids of the processes that run tabs, those in reserve included."""
    processes = session.send("SystemInfo.getProcessInfo")["processInfo"]
    return {process["id"] for process in processes if process["type"] == "renderer"}


def token_of(cloud: EmbeddedCloud, role: str = "signer") -> str:
    """Return a token of a ready user."""
    user = cloud.accounts.ready[f"{role}@{CLINIC_ID}.example"]
    return str(cloud.accounts.tokens_of(user)["IdToken"])


def stored_images(cloud: EmbeddedCloud, patient: str) -> dict[str, list[dict[str, Any]]]:
    """Return all versions of a patient's images by their keys, each with `body` and `metadata`."""
    s3, bucket = cloud.clients.client("s3"), cloud.stack.resources["UploadBucket"]
    found: dict[str, list[dict[str, Any]]] = {}
    pages = s3.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=f"uploads/{CLINIC_ID}/{patient}/")
    for version in (one for page in pages for one in page.get("Versions", [])):
        got = s3.get_object(Bucket=bucket, Key=version["Key"], VersionId=version["VersionId"])
        found.setdefault(version["Key"], []).append({"body": got["Body"].read(), "metadata": got["Metadata"]})
    return found
