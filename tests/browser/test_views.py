"""Every view: accessibility, width, and pictures, light and dark."""

import pytest
from playwright.sync_api import Page, expect

from blastlens.domain.clinician import Role
from blastlens.local.demo.examination_demo import accept
from blastlens.local.demo.smears import drawn_smears
from tests.browser.accessibility import SIZES, Appearances, check_view, find_overflow
from tests.browser.pictures import take_picture
from tests.browser.signing_in import open_signed_in
from tests.browser.smears import draw_field, read, route_of, send_smear, wait_until_settled
from tests.browser.steps import (
    PHONE,
    READ_MS,
    choose_files,
    enter_pin,
    field_files,
    fill_signature,
    make_code,
    region,
    wait_for_cells,
)

APPEARANCES: Appearances = (
    ("light", "desk"),
    ("dark", "desk"),
    ("light", "phone"),
    ("dark", "wall"),
)


@pytest.fixture(scope="module")
def worklist(cloud):
    """Examinations of every kind: a clear one, one that contradicts itself, and one with too few cells."""
    sent = [
        send_smear(cloud, [field.data for field in smear.fields], f"patient-{41 + place}", f"smear-{place + 1}")
        for place, smear in enumerate(drawn_smears())
    ]
    for identity in sent:
        wait_until_settled(cloud, identity)
    return sent


def check(page: Page, axe, view: str) -> None:
    """Check a page in every appearance, and take its picture as it is seen from its top."""
    check_view(page, axe, APPEARANCES, view=view, pictured="desk", settle_ms=100)


def take_pictures(page: Page, view: str, part: str) -> None:
    """Take pictures of a part of a view that lies below what is seen first."""
    page.set_viewport_size({"width": SIZES["desk"][0], "height": SIZES["desk"][1]})
    for appearance in ("light", "dark"):
        page.emulate_media(color_scheme=appearance, reduced_motion="reduce")
        region(page, part).get_by_role("heading", name=part).evaluate("one => one.scrollIntoView()")
        take_picture(page, view, appearance)


def open_view(desk, route: str, role: Role | None = Role.SIGNER) -> Page:
    # Only here the policy for scripts is off: axe is injected.
    context = desk.context(role, bypass_csp=True)
    return open_signed_in(context, desk.address, route)


def test_the_first_page_is_accessible(desk, axe):
    context = desk.context(bypass_csp=True)
    page = context.new_page()
    page.goto(desk.address)
    expect(page.get_by_role("button", name="Sign in", exact=True)).to_be_visible()
    check(page, axe, "start")


def test_the_local_sign_in_page_is_accessible(desk, axe):
    page = desk.context(bypass_csp=True).new_page()
    page.goto(f"{desk.address}#/worklist")
    expect(page.get_by_role("heading", name="Ready users")).to_be_visible()
    check(page, axe, "sign-in")


def test_the_worklist_is_accessible(desk, axe, worklist):
    page = open_view(desk, "#/worklist")
    expect(page.get_by_role("link", name=worklist[0].patient_id)).to_be_visible()
    check(page, axe, "worklist")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    check(page, axe, "keys")


def assert_never_too_wide(page: Page) -> None:
    """Check that a page scrolls sideways at no width between a phone's and a desk's."""
    too_wide = {}
    for width in range(600, 1280, 40):
        page.set_viewport_size({"width": width, "height": 1024})
        page.wait_for_timeout(100)
        if found := find_overflow(page):
            too_wide[width] = found
    assert not too_wide


def test_the_worklist_never_scrolls_sideways(desk, worklist):
    page = desk.open(route="#/worklist")
    expect(page.get_by_role("link", name=worklist[0].patient_id)).to_be_visible()
    assert_never_too_wide(page)


def test_an_examination_never_scrolls_sideways(desk, worklist):
    page = desk.open(route=route_of(worklist[0]))
    wait_for_cells(page)
    assert_never_too_wide(page)


@pytest.mark.parametrize("place", [0, 1, 2], ids=["clear", "contradiction", "few-cells"])
def test_an_examination_is_accessible(desk, axe, worklist, place):
    page = open_view(desk, route_of(worklist[place]))
    gallery = wait_for_cells(page)
    expect(gallery).not_to_contain_text("are being read", timeout=READ_MS)
    check(page, axe, ("examination", "contradiction", "few-cells")[place])
    if place == 0:
        take_pictures(page, "gallery", "White cells by class")


def test_a_field_is_accessible(desk, axe, worklist):
    page = open_view(desk, route_of(worklist[0]))
    wait_for_cells(page).get_by_role("option").first.dblclick()
    expect(page.get_by_label("Image of the field")).to_be_visible(timeout=READ_MS)
    region(page, "Layers").get_by_label("Heat map").fill("50")
    page.get_by_role("button", name="Compare").click()
    expect(page.get_by_role("heading", name="Compare with reference cells")).to_be_visible()
    check(page, axe, "field")


def test_a_signature_is_accessible(desk, axe, worklist):
    page = open_view(desk, route_of(worklist[0]))
    wait_for_cells(page)
    fill_signature(page).get_by_role("button", name="Sign", exact=True).click()
    expect(page.get_by_role("dialog")).to_be_visible()
    check(page, axe, "signature")


def test_an_upload_is_accessible(desk, axe, tmp_path):
    (tmp_path / "cut.png").write_bytes(draw_field()[:4000])
    page = open_view(desk, "#/upload")
    choose_files(page, [*field_files(tmp_path, 3), tmp_path / "cut.png"], "patient-44")
    expect(page.get_by_text("Not sent")).to_be_visible()
    check(page, axe, "upload")


def test_a_patients_view_is_accessible(desk, axe, worklist):
    page = open_view(desk, f"#/patients/{worklist[0].patient_id}")
    expect(page.get_by_role("heading", name="The patient's own page")).to_be_visible()
    check(page, axe, "patient")


def test_what_is_said_of_the_model_is_accessible(desk, axe):
    page = open_view(desk, "#/model")
    expect(page.get_by_role("heading", name="Limits")).to_be_visible(timeout=READ_MS)
    check(page, axe, "model")


def test_the_patients_own_page_is_accessible(desk, cloud, axe, ready):
    identity = ready()
    examination = read(cloud, identity)
    assert examination is not None
    accept(cloud, examination)
    code, pin, _ = make_code(desk.open(route=f"#/patients/{identity.patient_id}"))
    page = desk.context(bypass_csp=True, **PHONE).new_page()
    page.goto(f"{desk.address}p/")
    page.get_by_label("Code").fill(code)
    check(page, axe, "own-sign-in")
    enter_pin(page, pin)
    expect(page.get_by_role("article")).to_be_visible(timeout=READ_MS)
    check(page, axe, "own-results")
