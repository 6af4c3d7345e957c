"""Sign-in by the real sign-in page, kept as cookies of the identity provider."""

from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, expect

from blastlens.domain.clinician import Role


def sign_in(page: Page, address: str, role: Role) -> None:
    """Open the page, and sign in as the ready user of a role.

    Args:
        page: an empty page.
        address: of the clinicians' page, with a final slash.
        role: of the user.
    """
    page.goto(address)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.locator(f"button[data-role={role}]").first.click()
    expect(page.get_by_role("heading", level=1, name="Worklist")).to_be_visible()


def sign_in_once(browser: Browser, address: str, role: Role) -> Any:
    """Sign in, and return the cookies of the session, by which further contexts are signed in without a question."""
    context = browser.new_context()
    try:
        sign_in(context.new_page(), address, role)
        return context.storage_state()
    finally:
        context.close()


def open_signed_in(context: BrowserContext, address: str, route: str = "#/worklist") -> Page:
    """Open a route in a context that has the cookies of a session, and wait for its heading."""
    page = context.new_page()
    page.goto(f"{address}{route}")
    expect(page.locator("main h1")).to_be_visible()
    return page
