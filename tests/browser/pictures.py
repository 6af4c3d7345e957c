"""Pictures of the views for the documentation."""

import os
from io import BytesIO
from pathlib import Path

from PIL import Image
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
        taken = Image.open(BytesIO(page.screenshot(animations="disabled", caret="hide")))
        # 256 colours are enough for a page, and make a third of the bytes.
        taken.convert("RGB").quantize(256).save(FOLDER / f"page-{view}-{appearance}.png", optimize=True)
