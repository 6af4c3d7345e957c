"""The patient's page: from the clinic's sheet to the signed result."""

import secrets
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from blastlens.cloud.tables.examinations import ExaminationsTable
from blastlens.cloud.tables.patient_access import PatientAccessTable
from blastlens.domain.examination import ExaminationStatus
from blastlens.domain.patient import PatientId
from blastlens.domain.patient_access import NewCode, make_code
from blastlens.domain.signature import Conclusion, SignatureKind
from blastlens.local.demo.examination_demo import CLINIC_ID
from tests.answers import NOON
from tests.browser.test_views import check
from tests.examinations import examination, signature
from tests.pdf_files import PdfFile

_KEPT = """async () => {
    const opened = await Promise.all((await caches.keys()).map((name) => caches.open(name)));
    const requests = await Promise.all(opened.map((one) => one.keys()));
    return requests.flat().map((one) => new URL(one.url).pathname);
}"""

HOSTILE = "<img src=x onerror=alert(1)>"


@dataclass
class Patient:
    """A patient whom nobody else has, with a code.

    Attributes:
        identity: the patient.
        new: code and PIN.
        page_address: of the patient's page.
    """

    identity: PatientId
    new: NewCode
    page_address: str

    @property
    def link(self) -> str:
        return f"{self.page_address}#{self.new.code}"

    def sign_in(self, page: Page) -> None:
        page.goto(self.link)
        page.get_by_label("PIN").fill(self.new.pin)
        page.keyboard.press("Enter")
        expect(page.get_by_role("article")).to_have_count(1)


@pytest.fixture
def patient(cloud, address) -> Patient:
    identity = PatientId(CLINIC_ID, f"patient-{secrets.token_hex(4)}")
    tables, dynamodb = cloud.stack.resources, cloud.clients.client("dynamodb")
    first = signature(conclusion=Conclusion.BENIGN, reason=HOSTILE)
    amended = signature(SignatureKind.AMEND, signed_at=NOON + timedelta(days=1))
    signed = examination(ExaminationStatus.AMENDED, first, amended, id=identity.examination("smear-1"))
    assert ExaminationsTable(dynamodb, tables["ExaminationsTable"]).put(signed, None)
    unsigned = replace(examination(), id=identity.examination("smear-2"))
    assert ExaminationsTable(dynamodb, tables["ExaminationsTable"]).put(unsigned, None)
    new = make_code(identity, "user/x", cloud_time())
    PatientAccessTable(dynamodb, tables["PatientAccessTable"]).add(new.stored)
    return Patient(identity, new, f"{address}p/")


def cloud_time() -> datetime:
    """The functions' own time: the cloud runs in this process."""
    return datetime.now(UTC)


@pytest.fixture
def personal(patient) -> list[str]:
    return [patient.identity.patient_id, patient.new.code, patient.new.pin]


def test_the_sheet_of_the_clinic_opens_the_signed_result_and_its_report(desk, patient, tmp_path):
    clinic = desk.open(route=f"#/patients/{patient.identity.patient_id}")
    clinic.get_by_role("button", name="Make an access code").click()
    clinic.get_by_role("dialog").get_by_role("button", name="Make an access code").click()
    sheet = clinic.get_by_role("dialog", name="New access code")
    expect(sheet.get_by_role("img", name="QR code with the address and the code")).to_be_visible()
    code, pin = sheet.locator(".code-text").inner_text(), sheet.locator(".code-pin-digits").inner_text()

    page = desk.context().new_page()
    page.goto(f"{patient.page_address}#{code}")
    expect(page.get_by_label("Code")).not_to_have_value("")
    assert page.url == patient.page_address, "the code is taken out of the address"
    page.get_by_label("PIN").fill(pin)
    page.get_by_role("button", name="Open").click()
    result = page.get_by_role("article")
    expect(result).to_have_count(1)
    expect(result).to_contain_text("They show cells that can be a sign of a kind of blood cancer")
    expect(result.get_by_role("heading", name="What to do next")).to_be_visible()
    expect(result.get_by_role("listitem")).to_have_count(2)
    expect(result).not_to_contain_text("harmless")
    with page.expect_download() as started:
        result.get_by_role("button", name="Save as PDF").click()
    started.value.save_as(tmp_path / "report.pdf")
    assert "blood cancer" in PdfFile((tmp_path / "report.pdf").read_bytes()).text.replace("\n", " ")


def test_it_works_by_keyboard_alone_in_german_and_signs_out(desk, patient):
    page = desk.context(locale="de-DE").new_page()
    page.goto(patient.page_address)
    expect(page.get_by_role("heading", name="Ihre Ergebnisse öffnen")).to_be_visible()
    page.get_by_label("Code").focus()
    page.keyboard.type(patient.new.code.upper())
    page.keyboard.press("Tab")
    page.keyboard.type("12")
    page.keyboard.press("Enter")
    expect(page.get_by_label("PIN")).to_be_focused()
    expect(page.get_by_text("Eine PIN hat sechs Ziffern.")).to_be_visible()
    page.get_by_label("PIN").fill("")
    page.keyboard.type(patient.new.pin)
    page.keyboard.press("Enter")
    expect(page.get_by_role("article")).to_contain_text("Ergebnis zu den Bildern")
    page.get_by_role("button", name="Abmelden").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_label("PIN")).to_have_value("")
    expect(page.get_by_role("article")).to_have_count(0)


def test_wrong_pins_are_refused_in_words_and_the_fifth_blocks_the_code(desk, patient):
    page = desk.context().new_page()
    page.goto(patient.link)
    wrong = f"{(int(patient.new.pin) + 1) % 10**6:06d}"
    for number in range(5):
        page.get_by_label("PIN").fill(wrong)
        page.keyboard.press("Enter")
        expect(page.get_by_role("alert")).to_contain_text("is blocked" if number == 4 else "Check both.")
        expect(page.get_by_label("PIN")).to_have_value("")
    expect(page.get_by_label("Code")).not_to_have_value("")


def test_a_revoked_code_ends_what_is_open(desk, patient, cloud):
    page = desk.context().new_page()
    patient.sign_in(page)
    table = PatientAccessTable(cloud.clients.client("dynamodb"), cloud.stack.resources["PatientAccessTable"])
    assert table.revoke(patient.identity, patient.new.stored.id, cloud_time())
    page.get_by_role("button", name="Save as PDF").click()
    expect(page.get_by_label("PIN")).to_be_visible()
    expect(page.get_by_role("article")).to_have_count(0)


def test_without_a_network_the_page_opens_and_shows_no_result(desk, patient):
    context = desk.context()
    page = context.new_page()
    patient.sign_in(page)
    page.evaluate("navigator.serviceWorker.ready")
    kept = page.evaluate(_KEPT)
    assert "/p/" in kept and not any(one.startswith("/p/v1") for one in kept)
    context.set_offline(True)
    page.reload()
    expect(page.get_by_label("PIN")).to_be_visible()
    expect(page.get_by_role("article")).to_have_count(0)
    page.get_by_label("Code").fill(patient.new.code)
    page.get_by_label("PIN").fill(patient.new.pin)
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("There is no connection")
    context.set_offline(False)
    page.get_by_label("PIN").fill(patient.new.pin)
    page.keyboard.press("Enter")
    expect(page.get_by_role("article")).to_have_count(1)


def test_the_patients_page_is_accessible(desk, axe, patient):
    page = desk.context(bypass_csp=True, service_workers="block").new_page()
    page.goto(patient.link)
    expect(page.get_by_label("PIN")).to_be_visible()
    check(page, axe, "patient-sign-in")
    patient.sign_in(page)
    check(page, axe, "patient-results")
