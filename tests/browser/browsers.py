"""An installed Chromium, driven by Playwright."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "microsoft-edge-stable")
PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)

MISSING = (
    "there is no Chromium on this machine: install one (Debian: `apt-get install chromium`), or name it in "
    "BLASTLENS_CHROMIUM"
)

# Without its own services, Chromium asks nobody but the pages that it opens.
OPTIONS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--force-color-profile=srgb",
)


def find_chromium() -> str | None:
    """Return the path of an installed Chromium, the one that BLASTLENS_CHROMIUM names first; None without one."""
    named = os.environ.get("BLASTLENS_CHROMIUM")
    found = [named] if named else [*map(shutil.which, NAMES), *(place for place in PLACES if Path(place).is_file())]
    return next((path for path in found if path), None)


@contextmanager
def open_browser(path: str, *options: str) -> Iterator[Browser]:
    """Start a browser without windows, and end it with the block.

    Args:
        path: of the program.
        options: further options of Chromium.
    """
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=[*OPTIONS, *options])
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def open_beside(browser: Browser, path: str, *options: str) -> Iterator[Browser]:
    """Start another browser with other options beside an open one, and end it with the block.

    Args:
        browser: an open one, whose driver is shared.
        path: of the program.
        options: further options of Chromium.
    """
    beside = browser.browser_type.launch(executable_path=path, args=[*OPTIONS, *options])
    try:
        yield beside
    finally:
        beside.close()
