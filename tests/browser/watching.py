"""Errors of a page that no test may overlook."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request

_STATUS = re.compile(r"Failed to load resource: (?:the server responded with a status of \d+|net::ERR_)")
"""What Chromium writes for each failed request; a test looks at what the page makes of it."""

_STORED = "() => JSON.stringify([{...localStorage}, {...sessionStorage}])"
_OWN_SCHEMES = ("data", "blob", "about")


@dataclass
class Watch:
    """Collects what goes wrong in the pages of a context.

    Attributes:
        origins: addresses that the page may ask, such as `http://127.0.0.1:4567`.
        allowed: regular expressions of console messages that the test provokes.
        problems: what went wrong so far.
    """

    origins: Sequence[str]
    allowed: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def follow(self, context: BrowserContext) -> None:
        """Collect from all pages of a context, those that are opened later included."""
        context.on("console", self._note_console)
        context.on("weberror", lambda error: self.problems.append(f"an exception: {error.error}"))
        context.on("request", self._note_request)

    def check_storage(self, pages: Iterable[Page], personal: Iterable[str]) -> None:
        """Note where a page keeps one of these texts in its local storage, or a token anywhere."""
        for page in pages:
            if page.url.partition(":")[0] not in ("http", "https"):
                continue
            stored = page.evaluate(_STORED)
            self.problems += [f"{text!r} is in the storage: {stored}" for text in personal if text in stored]
            if "eyJ" in stored:
                self.problems.append(f"a token is in the storage: {stored}")

    def finish(self) -> None:
        """Fail with everything that went wrong."""
        assert not self.problems, "\n".join(self.problems)

    def _note_console(self, message: ConsoleMessage) -> None:
        if message.type != "error" or _STATUS.match(message.text):
            return
        if not any(re.search(pattern, message.text) for pattern in self.allowed):
            self.problems.append(f"in the console: {message.text}")

    def _note_request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in _OWN_SCHEMES and f"{parts.scheme}://{parts.netloc}" not in self.origins:
            self.problems.append(f"a request to another machine: {request.method} {request.url}")
