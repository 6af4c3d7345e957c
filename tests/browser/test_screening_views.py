"""Views of the page for screening: accessibility, width, and pictures."""

import pytest
from playwright.sync_api import Page, expect

from blastlens.domain.clinician import Role
from tests.browser.accessibility import SIZES, Appearances, check_view
from tests.browser.screening_steps import (
    READY_MS,
    leave_camera,
    open_screening,
    outcome,
    start_examination,
    take,
    wait_until_ready,
)

APPEARANCES: Appearances = (
    ("light", "guide"),
    ("dark", "phone"),
    ("light", "landscape"),
    ("light", "desk"),
)


def check(page: Page, axe, view: str) -> None:
    """Check a page upright, across, narrow and large, light and dark, and take its picture where it has a name."""
    check_view(page, axe, APPEARANCES, view=view and f"screening-{view}", pictured="guide", settle_ms=300)
    width, height = SIZES["guide"]
    page.set_viewport_size({"width": width, "height": height})


@pytest.mark.parametrize("language", ["en-GB", "de-DE"])
def test_every_view_is_accessible(phone, axe, language):
    # Only here the policy for scripts is off: axe is injected.
    context = phone.context(Role.SIGNER, bypass_csp=True, locale=language, viewport={"width": 390, "height": 780})
    context.grant_permissions(["camera"], origin=phone.address.rstrip("/"))
    page = context.new_page()
    if language == "de-DE":
        return check_german(page, phone.address, axe)
    page.goto(f"{phone.address}screening/")
    expect(page.get_by_role("heading", name="Choose a PIN")).to_be_visible()
    check(page, axe, "pin")
    open_screening(page, phone.address)
    wait_until_ready(page)
    check(page, axe, "start")
    start_examination(page, "patient-views")
    for number in (1, 2):
        take(page, number)
    expect(page.get_by_text("Sharp: take it")).to_be_visible()
    expect(page.locator(".strip").get_by_text("Suspicious")).to_have_count(2, timeout=READY_MS)
    check(page, axe, "camera")
    leave_camera(page)
    expect(outcome(page)).to_contain_text("2 of 2 fields read", timeout=READY_MS)
    check(page, axe, "examination")
    page.get_by_role("link", name="Field 1").click()
    expect(page.get_by_role("img", name="Photograph of field 1")).to_be_visible()
    check(page, axe, "field")
    page.get_by_role("link", name="Back to the examination").click()
    page.get_by_role("button", name="Finish and send").click()
    expect(page.get_by_text("Sign in to send.")).to_be_visible()
    check(page, axe, "finished")
    page.get_by_role("button", name="Menu").click()
    page.get_by_role("link", name="About screening").click()
    expect(page.get_by_role("heading", name="Larger model")).to_be_visible()
    check(page, axe, "about")
    return None


def check_german(page: Page, address: str, axe) -> None:
    """Check the views with the longest words."""
    page.goto(f"{address}screening/")
    page.get_by_label("PIN (6 Ziffern oder mehr)").fill("739105")
    page.get_by_label("Dieselbe PIN noch einmal").fill("739105")
    page.get_by_role("button", name="PIN festlegen").click()
    page.get_by_label("Patientenkennung").fill("patient-sicht")
    check(page, axe, "")
    page.get_by_role("button", name="Untersuchung beginnen").click()
    expect(page.get_by_text("Scharf: aufnehmen")).to_be_visible()
    check(page, axe, "")
