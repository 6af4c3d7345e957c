"""The page for screening with something missing, refused, full or unreadable."""

import re

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.browser.eyepieces import write_field
from tests.browser.screening_steps import (
    NOT_RULED_OUT,
    READY_MS,
    choose,
    open_page,
    open_screening,
    outcome,
    start_examination,
)
from tests.browser.steps import PHONE


def test_a_camera_that_is_refused_is_a_sentence_and_photographs_can_be_chosen(desk, tmp_path):
    page = open_screening(desk.context(**PHONE).new_page(), desk.address)
    start_examination(page, "patient-files")
    expect(page.get_by_role("alert")).to_contain_text(re.compile("There is no camera here|The camera is forbidden"))
    page.get_by_role("link", name="Choose photographs instead").click()
    choose(page, write_field(tmp_path))
    expect(outcome(page)).to_contain_text("1 of 1 fields read", timeout=READY_MS)
    page.get_by_role("link", name="Field 1").click()
    expect(outcome(page)).to_contain_text("Suspicious", timeout=READY_MS)
    expect(page.get_by_text(NOT_RULED_OUT)).to_be_visible()


def test_files_that_are_no_photographs_are_sentences_and_those_that_the_service_reads_are_kept(desk, tmp_path):
    page = open_screening(desk.context(**PHONE).new_page(), desk.address)
    start_examination(page, "patient-formats")
    page.get_by_role("button", name="Done").click()
    heic, text, huge, tiff = (tmp_path / name for name in ("a.heic", "a.txt", "huge.png", "field.tif"))
    heic.write_bytes(b"\0\0\0\x18ftypheic" + bytes(200))
    text.write_bytes(b"this is no image")
    Image.new("1", (10_000, 10_000)).save(huge)
    Image.open(write_field(tmp_path)).save(tiff)
    choose(page, heic, text, huge, tiff)
    alerts = page.get_by_role("alert")
    expect(alerts.filter(has_text="a.heic")).to_contain_text("Most Compatible")
    expect(alerts.filter(has_text="a.txt")).to_contain_text("Choose a photograph of a field")
    expect(alerts.filter(has_text="huge.png")).to_contain_text("50 millions at most")
    expect(alerts).to_have_count(3)
    expect(outcome(page)).to_contain_text("Not screened here", timeout=READY_MS)
    page.get_by_role("link", name="Field 1").click()
    expect(outcome(page)).to_contain_text("It is kept and sent, and the service reads it.")


def test_an_id_that_is_none_or_too_long_is_refused_and_never_cut(desk):
    page = open_screening(desk.context(**PHONE).new_page(), desk.address)
    for patient in ("", "Müller", "a/b", "p 1", "x" * 65):
        start_examination(page, patient)
        expect(page.get_by_text("An id has letters, digits, - and _ alone, 64 at most.")).to_be_visible()
        assert page.get_by_label("Patient id").input_value() == patient
    start_examination(page, "x" * 64)
    expect(page.get_by_role("button", name="Done (0 fields)")).to_be_visible()


MISHAPS = {
    "private window": (
        "IDBFactory.prototype.open = () => { throw new DOMException('', 'SecurityError') }",
        "Open the page in an ordinary window",
    ),
    "no IndexedDB": (
        "Object.defineProperty(window, 'indexedDB', {value: undefined})",
        "cannot keep photographs safely",
    ),
}


@pytest.mark.parametrize("name", MISHAPS)
def test_a_browser_that_stores_nothing_is_a_sentence_and_a_way_on(desk, name):
    script, sentence = MISHAPS[name]
    context = desk.context(**PHONE)
    context.add_init_script(script)
    page = context.new_page()
    page.goto(f"{desk.address}screening/")
    expect(page.get_by_role("alert")).to_contain_text(sentence)
    expect(page.get_by_role("link", name="Send photographs without screening")).to_be_visible()


def test_without_webassembly_photographs_are_kept_and_the_service_reads_them(desk, tmp_path):
    context = desk.context(**PHONE)
    context.add_init_script("delete window.WebAssembly")
    page = open_screening(context.new_page(), desk.address)
    expect(page.get_by_text("This browser cannot screen.")).to_be_visible()
    start_examination(page, "patient-old")
    page.get_by_role("button", name="Done").click()
    choose(page, write_field(tmp_path))
    expect(outcome(page)).to_contain_text("Not screened here")
    page.get_by_role("button", name="Finish and send").click()
    expect(page.get_by_text("Waits to be sent")).to_be_visible()


def test_a_photograph_without_room_is_said_not_to_be_kept(phone):
    page = open_page(phone)
    start_examination(page, "patient-full")
    expect(page.get_by_text("Sharp: take it")).to_be_visible()
    page.evaluate("void (IDBObjectStore.prototype.add = () => { throw new DOMException('', 'QuotaExceededError') })")
    page.get_by_role("button", name="Take photograph").click()
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("This photograph was not kept. The phone has no room.", timeout=READY_MS)
    expect(page.get_by_role("button", name="Done (0 fields)")).to_be_visible()
