"""The page for screening: camera, verdicts offline, PIN, sending and models."""

import re
from datetime import UTC, datetime, timedelta

from playwright.sync_api import Page, expect

from blastlens.domain.clinician import Role
from blastlens.domain.upload import ExaminationId
from blastlens.local.demo.examination_demo import CLINIC_ID
from tests.browser.conftest import Desk
from tests.browser.eyepieces import write_field
from tests.browser.screening_steps import (
    NOT_RULED_OUT,
    PIN,
    READY_MS,
    choose,
    enter_pin,
    leave_camera,
    open_page,
    open_screening,
    outcome,
    start_examination,
    take,
    wait_until_ready,
)
from tests.browser.smears import wait_until_settled
from tests.browser.steps import PHONE


def test_a_smear_is_screened_in_flight_mode_and_sent_when_there_is_a_network(phone, cloud):
    page = open_page(phone, Role.SIGNER)
    wait_until_ready(page)
    page.context.set_offline(True)
    page.close()
    page = page.context.new_page()
    page.goto(f"{phone.address}screening/")
    enter_pin(page)
    start_examination(page, "patient-pocket")
    expect(page.get_by_text("Sharp: take it")).to_be_visible()
    for number in (1, 2):
        take(page, number)
    leave_camera(page)
    expect(outcome(page)).to_contain_text("Suspicious: may be leukemia", timeout=READY_MS)
    expect(outcome(page)).to_contain_text("2 of 2 fields read")
    expect(page.get_by_text(NOT_RULED_OUT)).to_be_visible()
    page.get_by_role("button", name="Finish and send").click()
    expect(page.get_by_text("There is no network now. Go on working")).to_be_visible()
    page.context.set_offline(False)
    page.reload()
    enter_pin(page)
    page.get_by_role("button", name="Sign in and send").click()
    enter_pin(page)
    expect(page.get_by_role("link", name=re.compile("patient-pocket.*Sent", re.DOTALL))).to_be_visible(timeout=READY_MS)
    keys = stored_keys(cloud, "patient-pocket")
    assert len(keys) == 2
    stored = wait_until_settled(cloud, ExaminationId(CLINIC_ID, "patient-pocket", keys[0].split("/")[3]))
    assert (stored.totals.fields, stored.totals.edge.compared, stored.totals.edge.disagreeing) == (2, 2, 0)


def stored_keys(cloud, patient: str) -> list[str]:
    """Return the keys of all images of a patient that have arrived, a key for each version."""
    s3, bucket = cloud.clients.client("s3"), cloud.stack.resources["UploadBucket"]
    versions = s3.list_object_versions(Bucket=bucket, Prefix="uploads/")["Versions"]
    return [one["Key"] for one in versions if f"/{patient}/" in one["Key"]]


CAPABLE = """() => {
    window.applied = []
    MediaStreamTrack.prototype.getCapabilities = () => ({torch: true, zoom: {min: 1, max: 8, step: 0.5}})
    MediaStreamTrack.prototype.applyConstraints = async ({advanced: [one]}) => { window.applied.push(one) }
}"""


def test_torch_and_zoom_are_offered_where_the_camera_has_them_and_a_lost_camera_is_opened_again(phone):
    page = open_page(phone)
    page.evaluate(CAPABLE)
    start_examination(page, "patient-torch")
    page.get_by_role("switch", name="Light").click()
    expect(page.get_by_role("switch", name="Light")).to_be_checked()
    page.get_by_role("slider", name="Zoom 1").fill("2.5")
    expect(page.get_by_role("slider", name="Zoom 2.5")).to_be_visible()
    assert page.evaluate("applied") == [{"torch": True}, {"zoom": 2.5}]
    page.evaluate("document.querySelector('video').srcObject.getTracks()[0].dispatchEvent(new Event('ended'))")
    expect(page.get_by_role("alert")).to_contain_text("The camera gives no picture.")
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_text("Sharp: take it")).to_be_visible()


def test_a_photograph_is_taken_by_the_keyboard_and_without_hands(phone):
    page = open_page(phone)
    start_examination(page, "patient-keys")
    expect(page.get_by_text("Sharp: take it")).to_be_visible()
    page.keyboard.press("Space")
    expect(page.get_by_role("link", name="Field 1").first).to_be_visible(timeout=READY_MS)
    page.get_by_role("switch", name="Hands-free").click()
    # The stage has not moved: the same field is not taken twice.
    page.wait_for_timeout(2000)
    expect(page.get_by_role("link", name="Field 2")).to_have_count(0)


def test_a_photograph_that_is_being_taken_is_kept_before_the_camera_is_left(phone):
    page = open_page(phone)
    start_examination(page, "patient-haste")
    expect(page.get_by_text("Sharp: take it")).to_be_visible()
    page.get_by_role("button", name="Take photograph").click()
    page.get_by_role("button", name="Done").click()
    page.get_by_role("button", name="Finish and send").click()
    page.get_by_role("button", name="Finish all the same").click()
    expect(page.get_by_role("heading", name="1 field")).to_be_visible()
    # Finished elsewhere, or here and gone back: the camera is given back.
    page.go_back()
    expect(page.get_by_text("gets no more fields")).to_be_visible()
    expect(page.locator("video")).to_have_count(0)


def test_the_verdict_on_a_field_is_said_to_a_person_who_does_not_see_the_strip(phone):
    page = open_page(phone)
    start_examination(page, "patient-heard")
    take(page, 1)
    said = page.get_by_role("status").filter(has_text="Field 1: Suspicious")
    expect(said).to_have_count(1, timeout=READY_MS)
    leave_camera(page)
    page.get_by_role("link", name="Take photographs").click()
    take(page, 2)
    expect(page.get_by_role("status").filter(has_text="Field 2: Suspicious")).to_have_count(1, timeout=READY_MS)
    expect(said).to_have_count(0)


def sign_in_with_an_unsent_image(phone: Desk, patient: str) -> Page:
    """Take and finish an examination, and sign in while the service takes no uploads."""
    page = open_page(phone, Role.SIGNER)
    start_examination(page, patient)
    take(page, 1)
    leave_camera(page)
    expect(outcome(page)).to_contain_text("Suspicious", timeout=READY_MS)
    page.get_by_role("button", name="Finish and send").click()
    page.context.route("**/v1/uploads", lambda route: route.abort("connectionreset"))
    page.get_by_role("button", name="Sign in and send").click()
    # The page knows the service's time when it asks for a place in storage.
    with page.expect_request("**/v1/uploads"):
        enter_pin(page)
    expect(page.get_by_text("It is being sent.")).to_be_visible()
    return page


def test_signing_out_is_refused_with_how_many_images_are_not_sent(phone):
    page = sign_in_with_an_unsent_image(phone, "patient-unsent")
    page.get_by_role("button", name="Menu").click()
    page.get_by_role("button", name="Sign out").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("1 image on this phone has not been sent.")
    expect(dialog.get_by_role("button")).to_have_count(1)


def test_a_clock_that_is_wrong_by_a_year_is_said_and_stops_nobody(phone):
    page = sign_in_with_an_unsent_image(phone, "patient-clock")
    page.clock.set_fixed_time(datetime.now(UTC) - timedelta(days=365))
    page.reload()
    enter_pin(page)
    expect(page.get_by_text("The phone's clock is wrong")).to_be_visible()
    start_examination(page, "patient-clock")
    take(page, 1)


def test_a_locked_page_shows_nothing_and_a_wrong_pin_opens_nothing(phone):
    page = open_page(phone)
    start_examination(page, "patient-locked")
    leave_camera(page)
    page.get_by_role("button", name="Menu").click()
    page.get_by_role("button", name="Lock").click()
    expect(page.get_by_label("PIN (6 digits or more)")).to_be_visible()
    expect(page.get_by_role("heading", name="Enter your PIN")).to_be_focused()
    expect(page.get_by_text("patient-locked")).to_have_count(0)
    enter_pin(page, "111222")
    expect(page.get_by_role("alert")).to_contain_text("This PIN is wrong.")
    expect(page.get_by_text("patient-locked")).to_have_count(0)
    enter_pin(page, PIN)
    expect(page.get_by_role("heading", level=1)).to_contain_text("patient-locked")


def test_a_pin_that_is_easy_to_guess_or_differs_is_refused(desk):
    page = desk.context(**PHONE).new_page()
    page.goto(f"{desk.address}screening/")
    for first, second, why in (
        ("123", "123", "6 digits or more. Enter"),
        ("111111", "111111", "easy to guess"),
        (PIN, "739106", "different"),
    ):
        page.get_by_label("PIN (6 digits or more)").fill(first)
        page.get_by_label("The same PIN again").fill(second)
        page.get_by_role("button", name="Set PIN").click()
        expect(page.get_by_role("alert")).to_contain_text(why)


def test_the_larger_model_is_loaded_on_demand_and_says_the_same_words(desk, tmp_path):
    page = open_screening(desk.context(**PHONE).new_page(), desk.address)
    page.get_by_role("button", name="Menu").click()
    page.get_by_role("link", name="About screening").click()
    page.get_by_role("button", name="Load the larger model").click()
    expect(page.get_by_role("button", name="Use the small model again")).to_be_visible(timeout=READY_MS)
    page.get_by_role("link", name="Back to the start").click()
    start_examination(page, "patient-larger")
    page.get_by_role("button", name="Done").click()
    choose(page, write_field(tmp_path))
    expect(outcome(page)).to_contain_text("Not clear: leukemia is not ruled out", timeout=READY_MS)
    page.get_by_role("link", name="Field 1").click()
    expect(outcome(page)).to_contain_text("Not clear", timeout=READY_MS)
    for kind in ("Pre-B", "Pro-B", "Early", "ALL"):
        expect(page.locator("body")).not_to_contain_text(re.compile(rf"\b{kind}\b"))
