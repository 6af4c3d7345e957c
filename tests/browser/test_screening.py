"""The page for screening: camera, verdicts without a network, files that cannot be read, and sending."""

import re

import pytest
from playwright.sync_api import Page, expect

from blastlens.domain.clinician import Role
from tests.browser.browsers import find_chromium, open_beside
from tests.browser.conftest import Desk
from tests.browser.eyepieces import draw_view, write_video
from tests.browser.screening_steps import (
    READY_MS,
    enter_pin,
    leave_camera,
    open_screening,
    outcome,
    start_examination,
    take,
    wait_until_ready,
)
from tests.browser.steps import PHONE
from tests.browser.watching import Watch

NOT_RULED_OUT = re.compile("does not rule leukemia out")


@pytest.fixture(scope="module")
def camera(browser, tmp_path_factory):
    """A browser whose camera shows one field through an eyepiece."""
    video = write_video(tmp_path_factory.mktemp("camera") / "field.y4m", [draw_view(61)])
    chromium = find_chromium()
    assert chromium is not None
    options = (
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-video-capture={video}",
    )
    with open_beside(browser, chromium, *options) as beside:
        yield beside


@pytest.fixture
def phone(camera, address, cloud, sessions):
    """Pages of phones with a camera at the eyepiece."""
    desk = Desk(camera, address, sessions, Watch((cloud.api_address, cloud.endpoint)))
    yield desk
    for context in desk.contexts:
        desk.watch.check_storage(context.pages, ["patient-"])
        context.close()
    desk.watch.finish()


def open_page(phone: Desk, role: Role | None = None, **options) -> Page:
    """Open the page on a phone with the camera admitted, and choose a PIN."""
    context = phone.context(role, **{**PHONE, **options})
    context.grant_permissions(["camera"], origin=phone.address.rstrip("/"))
    return open_screening(context.new_page(), phone.address)


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


def stored_keys(cloud, patient: str) -> list[str]:
    """Return the keys of all images of a patient that have arrived, a key for each version."""
    s3, bucket = cloud.clients.client("s3"), cloud.stack.resources["UploadBucket"]
    versions = s3.list_object_versions(Bucket=bucket, Prefix="uploads/")["Versions"]
    return [one["Key"] for one in versions if f"/{patient}/" in one["Key"]]
