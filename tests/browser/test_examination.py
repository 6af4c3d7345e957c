"""An examination from its cells to the report, and what its patient gets."""

import json
import re

import pytest
from playwright.sync_api import expect

from blastlens.domain.clinician import Role
from blastlens.domain.examination import ExaminationStatus
from blastlens.local.demo.sent_notices import pushed_notices
from tests.browser.smears import read, route_of
from tests.browser.steps import LEUKEMIA, READ_MS, confirm, fill_signature, region, sign, wait_for_cells
from tests.functional.waiting import wait_for
from tests.pdf_files import PdfFile


@pytest.fixture(scope="module")
def seen(ready):
    """An examination that tests look at and do not change."""
    return ready()


def counted(page, kind: str) -> int:
    """Return the cells of a class in the differential."""
    row = (
        region(page, "Differential").get_by_role("row").filter(has=page.get_by_role("rowheader", name=kind, exact=True))
    )
    return int(row.get_by_role("cell").first.inner_text().replace(",", ""))


def test_an_examination_shows_its_answer_in_a_sentence_and_what_it_does_not_rule_out(desk, seen):
    page = desk.open(route=route_of(seen))
    expect(page.get_by_role("heading", level=1)).to_contain_text(seen.examination_id)
    summary = region(page, "Summary")
    expect(summary).to_contain_text("Pre-B")
    expect(summary).to_contain_text("not a diagnosis")
    expect(region(page, "Fields").get_by_role("listitem")).to_have_count(4)
    wait_for_cells(page)


def drag(page, cell, kind) -> None:
    """Drag a cell as a hand does: at the first movement every class appears as a place to drop it."""
    cell.scroll_into_view_if_needed()
    cell.hover()
    page.mouse.down()
    start = cell.bounding_box()
    page.mouse.move(start["x"] + 20, start["y"] + 20, steps=3)
    target = page.locator(f".targets [data-kind={kind}]")
    expect(target).to_be_visible()
    box = target.bounding_box()
    for step in range(2):
        page.mouse.move(box["x"] + 15 + step, box["y"] + 10, steps=5)
    page.mouse.up()


@pytest.mark.parametrize("way", ["menu", "key", "drag"])
def test_a_moved_cell_changes_the_differential_at_once_and_for_good(desk, ready, way):
    page = desk.open(route=route_of(ready()))
    gallery = wait_for_cells(page)
    expect(gallery).not_to_contain_text("are being read")
    before = counted(page, "Pre-B blasts"), counted(page, "Other white cells")
    cell = gallery.get_by_role("listbox", name=re.compile("^Pre-B blasts")).get_by_role("option").first
    if way == "menu":
        cell.click(button="right")
        page.get_by_role("menu").get_by_role("menuitemradio", name="Other white cells").click()
    elif way == "key":
        cell.focus()
        page.keyboard.press("5")
    else:
        drag(page, cell, "other_white")
    expect(page.get_by_text("1 cell was moved by a person.")).to_be_visible()
    after = counted(page, "Pre-B blasts"), counted(page, "Other white cells")
    assert after == (before[0] - 1, before[1] + 1)
    page.reload()
    wait_for_cells(page)
    expect(page.get_by_text("1 cell was moved by a person.")).to_be_visible(timeout=READ_MS)
    assert (counted(page, "Pre-B blasts"), counted(page, "Other white cells")) == after


def test_a_cell_opens_in_its_field_where_layers_fade_and_a_length_is_measured(desk, seen):
    page = desk.open(route=route_of(seen))
    gallery = wait_for_cells(page)
    gallery.get_by_role("option").first.dblclick()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Field")
    canvas = page.get_by_label("Image of the field")
    expect(canvas).to_be_visible(timeout=READ_MS)
    expect(page.get_by_role("heading", name=re.compile(r"Cell \d+ of \d+"))).to_be_visible()
    layers = region(page, "Layers")
    for layer in ("Segmented", "Heat map", "Windows that were read", "Outlines of cells"):
        slider = layers.get_by_label(layer)
        slider.fill("60")
        expect(slider).to_have_attribute("aria-valuetext", "60%")
    expect(layers.get_by_text("Being loaded …")).to_have_count(0, timeout=READ_MS)
    expect(layers.get_by_role("alert")).to_have_count(0)
    expect(page.get_by_text("Pixel size")).to_be_visible()
    page.get_by_role("button", name="Ruler").click()
    box = canvas.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 100, box["y"] + 100)
    page.mouse.down()
    page.mouse.move(box["x"] + 200, box["y"] + 100)
    page.mouse.up()
    expect(page.get_by_text("µm (")).not_to_have_count(0)
    page.keyboard.press("Escape")  # the ruler ends first
    expect(page.get_by_role("button", name="Ruler")).to_have_attribute("aria-pressed", "false")
    page.keyboard.press("Escape")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Examination")
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Field")


def test_an_excluded_field_changes_the_answer_and_can_be_taken_back(desk, cloud, ready):
    identity = ready()
    page = desk.open(route=route_of(identity))
    fields = region(page, "Fields")
    first = fields.get_by_role("listitem").first
    first.get_by_role("button", name="Exclude …").click()
    first.get_by_label("Why is it excluded?").fill("air bubble")
    first.get_by_role("button", name="Exclude this field").click()
    expect(first).to_contain_text("Excluded by Dr. Simon Signer", timeout=READ_MS)
    expect(first).to_contain_text("air bubble")
    first.get_by_role("button", name="Take the exclusion back").click()
    expect(first.get_by_role("button", name="Exclude …")).to_be_visible(timeout=READ_MS)


def test_a_signature_is_checked_stored_amended_and_reported_and_its_patient_gets_a_message(
    desk, cloud, ready, tmp_path
):
    identity = ready()
    page = desk.open(route=route_of(identity))
    region(page, "Sign").get_by_role("button", name="Sign", exact=True).click()
    expect(region(page, "Sign")).to_contain_text("Choose a conclusion.")
    sign(page)
    stored = read(cloud, identity)
    assert stored is not None and stored.status is ExaminationStatus.SIGNED
    assert stored.history[0].signed_by == "Dr. Simon Signer"
    wait_for(lambda: any(one.examination_id == identity.examination_id for one in pushed_notices()), 20)

    fill_amendment(page, "Pro-B ALL", "Second look at the nucleoli")
    confirm(page, "Amend")
    history = region(page, "History")
    expect(history).to_contain_text("Pro-B ALL")
    expect(history).to_contain_text("Second look at the nucleoli")
    expect(history).to_contain_text("It replaces Pre-B ALL.")
    again = read(cloud, identity)
    assert again is not None and again.status is ExaminationStatus.AMENDED

    with page.expect_download() as started:
        page.get_by_role("button", name="Report (PDF)").click()
    file = tmp_path / "report.pdf"
    started.value.save_as(file)
    report = PdfFile(file.read_bytes())
    assert report.standards == {"pdfa": "3A", "pdfua": "1"}
    assert report.tags[0] == "Document" and "H1" in report.tags
    assert "Pro-B ALL" in report.text and "Dr. Simon Signer" in report.text
    (fhir,) = report.attachments.values()
    assert json.loads(fhir.data)["resourceType"] in ("DiagnosticReport", "Bundle")


def fill_amendment(page, conclusion: str, reason: str) -> None:
    panel = region(page, "Sign")
    panel.get_by_role("group", name="What to do").get_by_text("Amend", exact=True).click()
    fill_signature(page, conclusion, reason)


def test_who_only_reads_may_comment_and_ask_but_neither_sign_nor_move(desk, ready):
    identity = ready()
    page = desk.open(Role.READER, route_of(identity))
    wait_for_cells(page)
    expect(region(page, "Sign")).to_contain_text("Signing needs the right of a signer")
    expect(region(page, "Sign").get_by_role("button", name="Sign", exact=True)).to_have_count(0)
    region(page, "Comments").get_by_role("textbox").fill("Please look at field 2")
    region(page, "Comments").get_by_role("button", name="Add").click()
    expect(region(page, "Comments").get_by_role("listitem")).to_contain_text("Please look at field 2")
    region(page, "Second reader").get_by_role("textbox").fill("Blasts or hematogones?")
    region(page, "Second reader").get_by_role("button", name="Ask").click()
    expect(region(page, "Second reader").get_by_role("listitem")).to_contain_text("Blasts or hematogones?")

    other = desk.open(Role.SIGNER, route_of(identity))
    question = region(other, "Second reader").get_by_role("listitem")
    question.get_by_label("What would you conclude?").select_option(LEUKEMIA)
    question.get_by_label("Your answer").fill("Blasts")
    question.get_by_role("button", name="Answer").click()
    expect(question).to_contain_text(f"Would conclude: {LEUKEMIA}")
