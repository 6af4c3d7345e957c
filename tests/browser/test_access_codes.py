"""The patient's own page on a phone: code, PIN, signed results."""

import pytest
from playwright.sync_api import expect

from blastlens.domain.clinician import Role
from tests.browser.smears import route_of
from tests.browser.steps import PHONE, READ_MS, confirm, enter_pin, fill_signature, make_code, region, sign
from tests.pdf_files import PdfFile


@pytest.fixture(scope="module")
def identity(ready):
    return ready()


def test_a_patient_reads_the_signed_result_on_a_phone_and_its_amendment_and_takes_the_pdf_away(
    desk, identity, tmp_path
):
    clinic = desk.open(route=f"#/patients/{identity.patient_id}")
    code, pin, address = make_code(clinic)
    assert address.startswith(f"{desk.address}p/") and identity.patient_id not in address
    phone = desk.context(**PHONE).new_page()
    phone.goto(f"{desk.address}p/#{code.replace(' ', '')}")
    assert code.replace(" ", "") not in phone.url
    enter_pin(phone, pin)
    expect(phone.get_by_text("There is no signed result for you yet.")).to_be_visible()

    clinic.goto(f"{desk.address}{route_of(identity)}")
    sign(clinic)
    phone.reload()
    phone.get_by_label("Code").fill(code)
    enter_pin(phone, pin)
    result = phone.get_by_role("article")
    expect(result).to_contain_text("What to do next")
    expect(result).not_to_contain_text("pre_b")

    region(clinic, "Sign").get_by_role("group", name="What to do").get_by_text("Amend", exact=True).click()
    fill_signature(clinic, "No leukemia seen", "Second look")
    confirm(clinic, "Amend")
    expect(region(clinic, "History")).to_contain_text("Amended to")
    phone.reload()
    phone.get_by_label("Code").fill(code)
    enter_pin(phone, pin)
    expect(phone.get_by_role("article").get_by_role("listitem")).to_have_count(2)
    with phone.expect_download() as started:
        phone.get_by_role("button", name="Save as PDF").click()
    started.value.save_as(tmp_path / "own.pdf")
    report = PdfFile((tmp_path / "own.pdf").read_bytes())
    assert report.standards == {"pdfa": "3A", "pdfua": "1"} and "H1" in report.tags


def test_five_wrong_pins_block_a_code_and_the_clinic_sees_it_and_makes_a_new_one(desk, identity):
    clinic = desk.open(Role.ADMIN, f"#/patients/{identity.patient_id}")
    code, pin, _ = make_code(clinic)
    phone = desk.context(**PHONE).new_page()
    phone.goto(f"{desk.address}p/")
    phone.get_by_label("Code").fill(code)
    wrong = "111111" if pin != "111111" else "222222"
    for _ in range(5):
        enter_pin(phone, wrong)
        expect(phone.get_by_role("button", name="Open", exact=True)).to_be_enabled(timeout=READ_MS)
        expect(phone.get_by_role("alert")).to_be_visible(timeout=READ_MS)
    enter_pin(phone, pin)
    expect(phone.get_by_role("alert")).to_contain_text("blocked", timeout=READ_MS)
    clinic.reload()
    expect(clinic.get_by_role("row").filter(has_text="Blocked by wrong PINs")).to_be_visible()


def test_a_revoked_code_opens_nothing_and_says_no_more_than_an_unknown_one(desk, ready):
    clinic = desk.open(route=f"#/patients/{ready().patient_id}")
    code, pin, _ = make_code(clinic)
    clinic.get_by_role("button", name="Revoke").click()
    clinic.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    expect(clinic.get_by_role("cell", name="Revoked", exact=True)).to_be_visible()
    phone = desk.context(**PHONE).new_page()
    said = []
    for typed in (code, "0" * 26):
        phone.goto(f"{desk.address}p/")
        phone.reload()
        phone.get_by_label("Code").fill(typed)
        enter_pin(phone, pin)
        said.append(phone.get_by_role("alert").inner_text(timeout=READ_MS))
    assert said[0] == said[1]
