"""Steps that people take on the page, by the names that they read."""

from collections.abc import Sequence
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from blastlens.domain.upload import ExaminationId
from tests.browser.smears import READ_SECONDS, draw_field

READ_MS = READ_SECONDS * 1000
PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True, "device_scale_factor": 2}
"""A phone's screen, for `Desk.context`."""
LEUKEMIA = "Pre-B ALL"
"""Conclusion that the drawn smears lead to."""


def row_of(page: Page, identity: ExaminationId) -> Locator:
    """Return the worklist's row of an examination."""
    return page.get_by_role("row").filter(has=page.get_by_text(identity.examination_id, exact=True))


def region(page: Page, name: str) -> Locator:
    """Return the part of a view that has a heading."""
    return page.get_by_role("region", name=name, exact=True)


def wait_for_cells(page: Page) -> Locator:
    """Wait until the gallery has its cells, and return it."""
    gallery = region(page, "White cells by class")
    expect(gallery.get_by_role("option").first).to_be_visible(timeout=READ_MS)
    return gallery


def fill_signature(page: Page, conclusion: str = LEUKEMIA, reason: str = "") -> Locator:
    """Tick every check, choose a conclusion and give a reason; return the panel."""
    panel = region(page, "Sign")
    for check in panel.get_by_role("checkbox").all():
        check.check()
    panel.get_by_role("group", name="Conclusion").get_by_role("radio", name=conclusion).first.check()
    if reason:
        panel.get_by_role("textbox").fill(reason)
    return panel


def confirm(page: Page, action: str) -> None:
    """Send the panel, and confirm in the dialog what it says."""
    region(page, "Sign").get_by_role("button", name=action, exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name=action, exact=True).click()
    expect(dialog).to_be_hidden()


def sign(page: Page, conclusion: str = LEUKEMIA) -> None:
    """Sign an examination that is open, once its cells are there, and wait until it is stored."""
    wait_for_cells(page)
    fill_signature(page, conclusion)
    confirm(page, "Sign")
    expect(region(page, "Sign").get_by_role("radio", name="Amend")).to_be_visible()


def field_files(folder: Path, count: int) -> list[Path]:
    """Write drawn fields to a folder, and return their files."""
    files = [folder / f"field-{number}.png" for number in range(1, count + 1)]
    for file in files:
        file.write_bytes(draw_field())
    return files


def choose_files(page: Page, files: Sequence[Path], patient: str) -> None:
    """Choose images on the page of uploads, and name their patient."""
    page.get_by_label("Choose images").set_input_files(files)
    page.get_by_label("Patient id (required)").fill(patient)


def make_code(page: Page) -> tuple[str, str, str]:
    """Make an access code on the clinic's view of a patient, and return its code, PIN and address."""
    page.get_by_role("button", name="Make an access code").click()
    page.get_by_role("dialog").get_by_role("button", name="Make an access code").click()
    sheet = page.get_by_role("dialog", name="New access code")
    expect(sheet.get_by_role("img", name="QR code with the address and the code")).to_be_visible()
    address, code = (sheet.get_by_role("definition").nth(place).inner_text() for place in range(2))
    pin = "".join(one for one in sheet.locator(".code-pin-digits").inner_text() if one.isdigit())
    sheet.get_by_role("button", name="Done, it was handed out").click()
    expect(page.get_by_role("cell", name="Valid", exact=True).first).to_be_visible()
    return code, pin, address


def enter_pin(page: Page, pin: str) -> None:
    """Type a PIN on the patient's page, and open the results."""
    page.get_by_label("PIN").fill(pin)
    page.get_by_role("button", name="Open", exact=True).click()
