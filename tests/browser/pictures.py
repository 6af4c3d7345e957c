"""Pictures of the views for the documentation."""

import os
from pathlib import Path

from playwright.sync_api import Page

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "images"


def take_picture(page: Page, view: str, appearance: str) -> None:
    """Write what is seen of a page to docs/images/page-VIEW-APPEARANCE.png; does nothing in other runs.

    Args:
        page: an open page.
        view: name of the view.
        appearance: `light` or `dark`.
    """
    if "BLASTLENS_SCREENSHOTS" in os.environ:
        page.screenshot(path=FOLDER / f"page-{view}-{appearance}.png", animations="disabled", caret="hide")
