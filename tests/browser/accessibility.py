"""Accessibility rules of axe-core on an open page."""

from pathlib import Path
from typing import Any, Literal, TypeAlias

from playwright.sync_api import Page

from tests.browser.pictures import take_picture

RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
"""Sets of rules: WCAG 2.2 AA, and what axe's authors advise beyond it."""

SIZES = {"phone": (320, 800), "desk": (1280, 900), "wall": (3840, 2160), "guide": (390, 780), "landscape": (780, 360)}
"""Viewports in CSS pixels. 200 % zoom of 1,280 x 900 is 640 x 450, between the first two."""

Appearances: TypeAlias = tuple[tuple[Literal["light", "dark"], str], ...]
"""Colours and sizes in which a view is checked."""

_WIDE = """() => {
    const root = document.scrollingElement
    return root.scrollWidth > root.clientWidth ? [...document.querySelectorAll("body *")]
        .filter(one => one.getBoundingClientRect().right > root.clientWidth + 1 && !one.closest(".scrolls, [hidden]"))
        .slice(0, 5).map(one => `${one.localName}.${one.className}`) : []
}"""

_REPAINTED_MS = 1000
_RUN = "tags => axe.run(document, {runOnly: tags, resultTypes: ['violations'], elementRef: false})"


def check_view(page: Page, axe: Path, appearances: Appearances, *, view: str, pictured: str, settle_ms: int) -> None:
    """Check a page in every appearance, and take its picture as it is seen from its top.

    Args:
        page: an open page, as for `find_violations`.
        axe: the script axe.min.js.
        appearances: those that are checked.
        view: name of the pictures; without one none is taken.
        pictured: the size of which pictures are taken.
        settle_ms: how long a changed page is left alone.
    """
    problems = []
    for appearance, size in appearances:
        width, height = SIZES[size]
        page.emulate_media(color_scheme=appearance, reduced_motion="reduce")
        page.set_viewport_size({"width": width, "height": height})
        page.evaluate("() => scrollTo(0, 0)")
        page.wait_for_timeout(settle_ms)
        if view and size == pictured:
            take_picture(page, view, appearance)
        problems += [f"{appearance}, {size}: {one}" for one in find_violations(page, axe)]
        problems += [f"{size}: too wide: {one}" for one in find_overflow(page)]
    assert not problems, "\n".join(problems)


def find_violations(page: Page, axe: Path, *ignored: str) -> list[str]:
    """Return what axe finds wrong, a line for each rule and element.

    Args:
        page: an open page of a context that bypasses the policy for scripts; only axe needs that.
        axe: the script axe.min.js.
        ignored: names of rules that are not checked.
    """
    if not page.evaluate("() => 'axe' in window"):
        page.add_script_tag(path=axe)
    if not (first := _run(page, ignored)):
        return []
    # Right after its colours were changed, a page on a busy machine may have some of the old ones.
    page.wait_for_timeout(_REPAINTED_MS)
    return [one for one in _run(page, ignored) if one in first]


def _run(page: Page, ignored: tuple[str, ...]) -> list[str]:
    found: dict[str, Any] = page.evaluate(_RUN, list(RULES))
    return [
        f"{rule['id']}: {rule['help']}: {' '.join(map(str, node['target']))} {node.get('failureSummary', '')}"
        for rule in found["violations"]
        if rule["id"] not in ignored
        for node in rule["nodes"]
    ]


def find_overflow(page: Page) -> list[str]:
    """Return elements because of which the page scrolls sideways; nothing but a table or an image may."""
    found: list[str] = page.evaluate(_WIDE)
    return found
