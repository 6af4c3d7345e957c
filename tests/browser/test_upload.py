"""Upload from the page: folders, damaged files, and a connection that breaks."""

import re

from playwright.sync_api import APIResponse, expect

from blastlens.domain.clinician import Role
from blastlens.domain.examination import ExaminationStatus
from blastlens.domain.upload import ExaminationId
from blastlens.imaging.decode import decode
from blastlens.imaging.overlay import encode_png
from blastlens.local.demo.examination_demo import CLINIC_ID
from tests.browser.smears import BLASTS, draw_field, wait_until_settled
from tests.browser.steps import READ_MS, choose_files, field_files, row_of


def damaged_jpeg() -> bytes:
    """Return a JPEG file whose second half is missing: the page cannot know, the service can."""
    import cv2

    found, encoded = cv2.imencode(".jpg", decode(draw_field())[..., ::-1])
    assert found
    return encoded.tobytes()[: len(encoded) // 2]


def arrived(count: int) -> re.Pattern[str]:
    """Return what the page says when all images of an examination have arrived."""
    return re.compile(rf"^\s*{count} images? ha(s|ve) arrived\.")


def uploaded(page, patient: str) -> ExaminationId:
    """Return the examination that the page's link opens."""
    link = page.get_by_role("main").get_by_role("link", name="Open the examination")
    found = re.search(r"examinations/([\w-]+)", link.get_attribute("href") or "")
    assert found is not None
    return ExaminationId(CLINIC_ID, patient, found[1])


def test_six_fields_and_damaged_files_become_one_examination_with_an_answer(desk, cloud, tmp_path):
    files = field_files(tmp_path, 6)
    (tmp_path / "cut.jpg").write_bytes(damaged_jpeg())
    (tmp_path / "cut.png").write_bytes(draw_field()[:4000])
    page = desk.open(route="#/upload")
    choose_files(page, [*files, tmp_path / "cut.jpg", tmp_path / "cut.png"], "patient-six")
    refused = page.get_by_role("listitem").filter(has_text="cut.png")
    expect(refused).to_contain_text("Not sent")
    expect(refused).to_contain_text("The file ends before its image does.")
    page.get_by_role("button", name="Send 7 images").click()
    expect(page.get_by_text(arrived(7))).to_be_visible(timeout=READ_MS)
    identity = uploaded(page, "patient-six")
    stored = wait_until_settled(cloud, identity)
    assert stored.status is ExaminationStatus.READY
    assert (stored.totals.fields_read, sum(stored.totals.fields_rejected.values())) == (6, 1)
    cut = page.get_by_role("listitem").filter(has_text="cut.jpg")
    expect(cut).to_contain_text("Arrived, could not be read", timeout=READ_MS)
    page.get_by_role("main").get_by_role("link", name="Open the examination").click()
    expect(page.get_by_role("region", name="Fields", exact=True).get_by_role("listitem")).to_have_count(7)
    expect(page.get_by_role("region", name="Fields", exact=True).get_by_text("Refused")).to_have_count(1)
    page.get_by_role("banner").get_by_role("link", name="Worklist").click()
    expect(row_of(page, identity)).to_contain_text("To be signed")


def test_a_folder_becomes_an_examination_of_the_patient_that_it_lies_under(desk, tmp_path):
    folder = tmp_path / "patient-folder" / "smear-1"
    folder.mkdir(parents=True)
    field_files(folder, 2)
    page = desk.open(route="#/upload")
    page.get_by_label("Choose a folder").set_input_files(folder.parent)
    expect(page.get_by_role("heading", name=re.compile("smear-1"))).to_be_visible()
    expect(page.get_by_label("Patient id (required)")).to_have_value("patient-folder")
    expect(page.get_by_role("button", name="Send 2 images")).to_be_visible()


def test_no_image_is_sent_without_a_patient_and_none_under_a_name(desk, tmp_path):
    page = desk.open(route="#/upload")
    page.get_by_label("Choose images").set_input_files(field_files(tmp_path, 1))
    page.get_by_role("button", name="Send 1 image").click(force=True)
    expect(page.get_by_text("Enter the patient id first.")).to_be_visible()
    page.get_by_label("Patient id (required)").fill("Jane Doe")
    expect(page.get_by_text("An id has letters, digits, - and _ alone, 64 at most.")).to_be_visible()
    expect(page.get_by_role("button", name="Send 1 image")).to_have_attribute("aria-disabled", "true")


def test_an_upload_goes_on_by_itself_after_the_connection_broke(desk, cloud, tmp_path):
    files = [tmp_path / "one.png", tmp_path / "two.png"]
    for file in files:
        file.write_bytes(encode_png(decode(draw_field(BLASTS))))
    context = desk.context(Role.SIGNER)
    page = context.new_page()
    page.goto(f"{desk.address}#/upload")
    choose_files(page, files, "patient-offline")
    context.set_offline(True)
    page.get_by_role("button", name="Send 2 images").click()
    expect(page.get_by_text("No connection: goes on by itself").first).to_be_visible()
    context.set_offline(False)
    expect(page.get_by_text(arrived(2))).to_be_visible(timeout=READ_MS)
    stored = wait_until_settled(cloud, uploaded(page, "patient-offline"))
    assert stored.totals.fields == 2


def test_a_transfer_whose_answer_is_lost_is_stored_once(desk, cloud, tmp_path):
    lost: list[APIResponse] = []

    def lose_the_answer(route):
        if lost:
            return route.continue_()
        lost.append(route.fetch())
        return route.abort("connectionreset")

    page = desk.open(route="#/upload")
    page.route(lambda url: url.startswith(cloud.endpoint), lose_the_answer)
    choose_files(page, field_files(tmp_path, 1), "patient-lost")
    page.get_by_role("button", name="Send 1 image").click()
    expect(page.get_by_text(arrived(1))).to_be_visible(timeout=READ_MS)
    assert lost and lost[0].status == 200
    s3, bucket = cloud.clients.client("s3"), cloud.stack.resources["UploadBucket"]
    versions = s3.list_object_versions(Bucket=bucket, Prefix=f"uploads/{CLINIC_ID}/patient-lost/")["Versions"]
    assert len(versions) == 1
