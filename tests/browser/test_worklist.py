"""The worklist: filters, keys, updates, and addresses that were tampered with."""

import re

import pytest
from playwright.sync_api import expect

from blastlens.domain.clinician import Role
from blastlens.domain.declared_edge_verdict import EdgeVerdict
from blastlens.domain.labels import Label
from tests.browser.signing_in import sign_in
from tests.browser.smears import FIELDS, draw_field
from tests.browser.steps import READ_MS, confirm, fill_signature, row_of, wait_for_cells


@pytest.fixture(scope="module")
def leukemia(ready):
    """An examination whose answer is leukemia alone."""
    return ready()


@pytest.fixture(scope="module")
def few(ready):
    """An examination with too few white cells."""
    return ready(fields=[draw_field(blasts=1)])


def show(page, name):
    """Choose what the worklist shows; people click the word."""
    page.get_by_role("group", name="Show").get_by_text(name, exact=True).click()


@pytest.mark.parametrize("role", [Role.READER, Role.ADMIN])
def test_everybody_of_a_clinic_sees_its_examinations(desk, leukemia, few, role):
    page = desk.open(role)
    for identity in (leukemia, few):
        expect(row_of(page, identity).get_by_role("link", name=identity.patient_id)).to_be_visible()
    expect(row_of(page, few)).to_contain_text("Too few white cells")


def test_a_filter_shows_what_it_names_and_stands_in_the_address(desk, leukemia, few):
    page = desk.open()
    show(page, "Insufficient")
    expect(row_of(page, few)).to_be_visible()
    expect(row_of(page, leukemia)).to_have_count(0)
    show(page, "Malignant")
    expect(row_of(page, leukemia)).to_be_visible()
    expect(row_of(page, few)).to_have_count(0)
    assert "malignant" in page.url
    page.reload()
    expect(row_of(page, leukemia)).to_be_visible()
    expect(row_of(page, few)).to_have_count(0)
    page.go_back()
    expect(row_of(page, few)).to_be_visible()


def test_a_screening_at_the_microscope_that_differs_is_marked_and_found_by_its_filter(desk, ready, leukemia):
    verdict = EdgeVerdict("7a" * 32, {Label.BENIGN: 0.9, Label.MALIGNANT: 0.1}, (Label.BENIGN,))
    screened = ready(edge=verdict)
    page = desk.open()
    expect(row_of(page, screened)).to_contain_text("Screening differs")
    expect(row_of(page, leukemia)).not_to_contain_text("Screening differs")
    show(page, "Screening differs")
    expect(row_of(page, leukemia)).to_have_count(0)
    assert "disagreeing" in page.url
    row_of(page, screened).get_by_role("link", name=screened.patient_id).click()
    main = page.get_by_role("main")
    expect(main).to_contain_text("The answer does not use the screening", timeout=READ_MS)
    expect(main).to_contain_text(f"differs in {FIELDS} of {FIELDS} fields")
    said = main.get_by_text("Screening at the microscope: negative, which does not rule leukemia out.")
    expect(said).to_have_count(FIELDS)
    wait_for_cells(page)
    fill_signature(page)
    confirm(page, "Sign")
    expect(main.get_by_text("The answer does not use the screening")).to_have_count(0)


def test_a_patient_is_found_by_the_id_and_no_other_row_stays(desk, leukemia, few):
    page = desk.open()
    page.get_by_label("Patient id").fill(few.patient_id)
    page.get_by_label("Patient id").press("Enter")
    expect(row_of(page, leukemia)).to_have_count(0)
    expect(row_of(page, few)).to_be_visible()
    page.get_by_label("Patient id").fill("no such patient")
    page.get_by_label("Patient id").press("Enter")
    expect(page.get_by_text("An id has letters, digits, - and _ alone, 64 at most.")).to_be_visible()
    expect(row_of(page, few)).to_be_visible()


def test_a_new_examination_is_announced_and_moves_no_row_until_it_is_asked_for(desk, ready, leukemia):
    page = desk.open(has_clock=True)
    expect(row_of(page, leukemia)).to_be_visible()
    added = ready()
    page.clock.fast_forward(30_000)
    expect(page.get_by_role("main").get_by_text("It stays as it is until you say so.")).to_be_visible(timeout=READ_MS)
    expect(row_of(page, added)).to_have_count(0)
    page.get_by_role("button", name="Show it as it is now").click()
    expect(row_of(page, added)).to_be_visible()


def test_keys_lead_through_the_list_and_to_the_next_examination_without_going_back(desk, leukemia, few):
    page = desk.open()
    expect(row_of(page, few)).to_be_visible()
    page.keyboard.press("?")
    keys = page.get_by_role("dialog")
    expect(keys.get_by_role("row", name="Next row")).to_be_visible()
    page.keyboard.press("Escape")
    expect(keys).to_be_hidden()
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Examination")
    first = page.url
    page.keyboard.press("n")
    expect(page).not_to_have_url(first)
    expect(page.get_by_role("heading", level=1)).to_contain_text("Examination")
    page.keyboard.press("p")
    expect(page).to_have_url(first)
    page.keyboard.press("w")
    expect(page.get_by_role("heading", level=1, name="Worklist")).to_be_visible()


def test_an_address_that_leads_nowhere_says_so_and_leads_back(desk, leukemia):
    page = desk.open(route="#/no/such/view")
    expect(page.get_by_role("heading", level=1, name="There is no such page")).to_be_visible()
    page.get_by_role("main").get_by_role("link", name="Worklist").click()
    expect(row_of(page, leukemia)).to_be_visible()


def test_an_unknown_examination_is_a_sentence_with_a_way_out(desk):
    page = desk.open(route="#/patients/nobody/examinations/nothing")
    expect(page.get_by_role("alert")).to_have_text(re.compile(r"\w+ .*\."))
    expect(page.get_by_role("main").get_by_role("link", name="Worklist")).to_be_visible()


def test_benign_never_stands_alone(desk, ready):
    identity = ready(fields=[draw_field(label=Label.BENIGN, blasts=24) for _ in range(4)])
    page = desk.open()
    row = row_of(page, identity)
    expect(row).to_be_visible()
    text = row.inner_text()
    assert "enign" not in text or "does not rule leukemia out" in text or "Not ruled out" in text


def test_two_tabs_are_signed_in_by_one_session_and_show_the_same(desk, leukemia):
    context = desk.context(Role.SIGNER)
    for _ in range(2):
        page = context.new_page()
        page.goto(f"{desk.address}#/worklist")
        expect(row_of(page, leukemia)).to_be_visible()


def test_who_signs_out_is_asked_again(desk, leukemia):
    context = desk.browser.new_context(locale="en-GB")
    desk.watch.follow(context)
    desk.contexts.append(context)
    page = context.new_page()
    sign_in(page, desk.address, Role.READER)
    page.get_by_role("button", name="Rosa Reader").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("button", name="Sign in", exact=True)).to_be_visible()
    other = context.new_page()
    other.goto(f"{desk.address}#/worklist")
    expect(other.locator("button[data-role=reader]").first).to_be_visible()
