"""Steps on the page for screening, by the names that people read."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from playwright.sync_api import Locator, Page, expect

from blastlens.domain.clinician import Role
from tests.browser.steps import PHONE

if TYPE_CHECKING:
    from tests.browser.conftest import Desk

PIN = "739105"
NOT_RULED_OUT = re.compile("does not rule leukemia out")
READY_MS = 60_000
"""Time until the model is on the device, or a field is read, on a slow machine."""


def open_screening(page: Page, address: str) -> Page:
    """Open the page in a new browser, choose a PIN, and wait for the start.

    Args:
        page: an empty page.
        address: of the clinicians' page, with a final slash.
    """
    page.goto(f"{address}screening/")
    page.get_by_label("PIN (6 digits or more)").fill(PIN)
    page.get_by_label("The same PIN again").fill(PIN)
    page.get_by_role("button", name="Set PIN").click()
    expect(page.get_by_label("Patient id")).to_be_visible()
    return page


def wait_until_ready(page: Page) -> None:
    """Wait until the page works without a network."""
    expect(page.get_by_text("Ready to work without a network")).to_be_visible(timeout=READY_MS)


def enter_pin(page: Page, pin: str = PIN) -> None:
    """Open the locked page."""
    page.get_by_label("PIN (6 digits or more)").fill(pin)
    page.get_by_role("button", name="Open", exact=True).click()


def start_examination(page: Page, patient: str) -> None:
    """Start an examination; the camera opens."""
    page.get_by_label("Patient id").fill(patient)
    page.get_by_role("button", name="Start examination").click()


def take(page: Page, number: int) -> None:
    """Take a photograph, and wait until it is kept as the field with a number."""
    page.get_by_role("button", name="Take photograph").click()
    expect(page.get_by_role("link", name=f"Field {number}").first).to_be_visible(timeout=READY_MS)


def leave_camera(page: Page) -> None:
    """Go from the camera to the examination."""
    page.get_by_role("button", name="Done").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Examination of")


def choose(page: Page, *files: Path) -> None:
    """Add files to the examination that is open."""
    page.get_by_label("Choose photographs").set_input_files(files)


def outcome(page: Page) -> Locator:
    """Return what the page says of the examination or field that is open."""
    return page.locator("section.outcome")


def open_page(phone: "Desk", role: Role | None = None, **options: Any) -> Page:
    """Open the page on a phone with the camera admitted, and choose a PIN."""
    context = phone.context(role, **{**PHONE, **options})
    context.grant_permissions(["camera"], origin=phone.address.rstrip("/"))
    return open_screening(context.new_page(), phone.address)
