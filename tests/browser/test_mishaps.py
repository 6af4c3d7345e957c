"""What goes wrong while a person works: nothing typed is lost or stored twice."""

import re

import pytest
from playwright.sync_api import APIResponse, expect

from blastlens.domain.clinician import Role
from blastlens.domain.examination import ExaminationStatus
from tests.browser.smears import read, route_of
from tests.browser.steps import READ_MS, confirm, fill_signature, region, sign, wait_for_cells

HOSTILE = '"><img src=x onerror="window.hacked=1"><script>window.hacked=1</script>{{7*7}}${7*7}'
_POLL_MS = 16_000


@pytest.fixture(scope="module")
def shared(ready):
    """An examination that gets comments alone."""
    return ready()


def comment(page, text):
    """Type a comment and send it."""
    comments = region(page, "Comments")
    comments.get_by_role("textbox").fill(text)
    comments.get_by_role("button", name="Add").click()
    return comments


def test_of_two_signers_the_second_is_shown_what_the_first_did_and_keeps_the_text(desk, cloud, ready):
    identity = ready()
    first, second = (desk.open(route=route_of(identity)) for _ in range(2))
    wait_for_cells(second)
    fill_signature(second, "Pro-B ALL", "Nucleoli in field 2")
    sign(first)
    confirm(second, "Sign")
    panel = region(second, "Sign")
    expect(panel.get_by_role("alert").first).to_contain_text("It has changed since you opened it")
    expect(panel).to_contain_text("Dr. Simon Signer signed Pre-B ALL")
    expect(panel.get_by_role("textbox")).to_have_value("Nucleoli in field 2")
    stored = read(cloud, identity)
    assert stored is not None and stored.status is ExaminationStatus.SIGNED
    assert [str(one.conclusion) for one in stored.history] == ["pre_b"]


def test_an_examination_that_is_erased_while_it_is_open_says_so_and_keeps_the_text(desk, cloud, ready):
    identity = ready()
    page = desk.open(route=route_of(identity), has_clock=True)
    wait_for_cells(page)
    region(page, "Comments").get_by_role("textbox").fill("A thought")
    table = cloud.stack.resources["ExaminationsTable"]
    dynamodb = cloud.clients.client("dynamodb")
    keys = [one["AttributeName"] for one in dynamodb.describe_table(TableName=table)["Table"]["KeySchema"]]
    for item in dynamodb.scan(TableName=table)["Items"]:
        if any(identity.examination_id in value.get("S", "") for value in item.values()):
            dynamodb.delete_item(TableName=table, Key={name: item[name] for name in keys})
    page.clock.fast_forward(_POLL_MS)
    expect(page.get_by_text("This examination was erased while it was open.")).to_be_visible()
    expect(region(page, "Comments").get_by_role("textbox")).to_have_value("A thought")


def test_markup_in_every_text_field_is_shown_as_typed_and_runs_nowhere(desk, cloud, ready):
    identity = ready()
    page = desk.open(route=route_of(identity))
    wait_for_cells(page)
    expect(comment(page, HOSTILE).get_by_role("listitem")).to_contain_text(HOSTILE)
    opinions = region(page, "Second reader")
    opinions.get_by_role("textbox").fill(HOSTILE)
    opinions.get_by_role("button", name="Ask").click()
    expect(opinions.get_by_role("listitem")).to_contain_text(HOSTILE)
    field = region(page, "Fields").get_by_role("listitem").first
    field.get_by_role("button", name="Exclude …").click()
    field.get_by_label("Why is it excluded?").fill(HOSTILE)
    field.get_by_role("button", name="Exclude this field").click()
    expect(field).to_contain_text(HOSTILE, timeout=READ_MS)
    fill_signature(page, "Pre-B ALL", HOSTILE)
    confirm(page, "Sign")
    expect(region(page, "History")).to_contain_text(HOSTILE, timeout=READ_MS)
    page.reload()
    expect(region(page, "History")).to_contain_text(HOSTILE, timeout=READ_MS)
    page.goto(f"{desk.address}#/patients/{re.sub('[^a-z]', '', HOSTILE)}<img src=x>/examinations/x")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert page.evaluate("() => window.hacked") is None
    assert page.locator("img[src=x]").count() == 0


def test_a_comment_that_could_not_be_sent_stays_and_is_stored_once(desk, shared):
    context = desk.context(Role.SIGNER)
    page = context.new_page()
    page.goto(f"{desk.address}{route_of(shared)}")
    wait_for_cells(page)
    context.set_offline(True)
    page.route("**/comments", lambda route: route.abort("connectionreset"))
    comments = region(page, "Comments")
    comments.get_by_role("textbox").fill("Seen twice")
    comments.get_by_role("button", name="Add").click()
    expect(comments.get_by_role("alert")).to_contain_text("Nothing that you typed is lost", timeout=READ_MS)
    expect(comments.get_by_role("textbox")).to_have_value("Seen twice")
    page.unroute("**/comments")
    context.set_offline(False)
    comments.get_by_role("button", name="Add").click()
    expect(comments.get_by_role("listitem").filter(has_text="Seen twice")).to_have_count(1)


def test_a_comment_whose_answer_is_lost_is_stored_once(desk, shared):
    sent: list[APIResponse] = []

    def lose_the_first_answer(route):
        if sent:
            return route.continue_()
        sent.append(route.fetch())
        return route.abort("connectionreset")

    page = desk.open(route=route_of(shared))
    page.route("**/comments", lose_the_first_answer)
    comments = comment(page, "Once alone")
    expect(comments.get_by_role("listitem").filter(has_text="Once alone")).to_have_count(1, timeout=READ_MS)
    assert sent[0].ok
    page.reload()
    expect(region(page, "Comments").get_by_role("listitem").filter(has_text="Once alone")).to_have_count(1)


def test_a_token_that_is_refused_is_renewed_without_a_question(desk, shared):
    refused: list[object] = []

    def refuse_once(route):
        if refused:
            return route.continue_()
        refused.append(route.request.url)
        return route.continue_(headers={**route.request.headers, "authorization": "Bearer eyJh.expired.token"})

    page = desk.open()
    page.route("**/v1/**", refuse_once)
    page.goto(f"{desk.address}{route_of(shared)}")
    wait_for_cells(page)
    assert refused


def test_a_session_that_ends_asks_beside_the_page_and_keeps_the_text(desk, shared):
    page = desk.open(route=route_of(shared))
    wait_for_cells(page)
    region(page, "Comments").get_by_role("textbox").fill("Half a sentence")
    page.route("**/sign-in/token", lambda route: route.fulfill(status=400, json={"error": "invalid_grant"}))
    page.route("**/comments", lambda route: route.fulfill(status=401, json={"message": "Unauthorized"}), times=1)
    region(page, "Comments").get_by_role("button", name="Add").click()
    dialog = page.get_by_role("dialog", name="Your session has ended")
    expect(dialog).to_be_visible()
    page.unroute("**/sign-in/token")
    dialog.get_by_role("button", name="Sign in in a second window").click()
    expect(dialog).to_be_hidden(timeout=READ_MS)
    stored = region(page, "Comments").get_by_role("listitem").filter(has_text="Half a sentence")
    expect(stored).to_have_count(1)


def test_half_an_image_is_not_shown_and_can_be_tried_again(desk, cloud, shared):
    page = desk.open(route=route_of(shared))
    wait_for_cells(page)
    link = region(page, "Fields").get_by_role("link", name="Open field 1").get_attribute("href")
    other = desk.open(route="#/model")
    other.route(lambda url: url.startswith(cloud.endpoint), lambda route: route.abort("connectionreset"))
    other.goto(f"{desk.address}{link}")
    missing = other.get_by_text("The image could not be loaded whole, so it is not shown.")
    expect(missing).to_be_visible(timeout=READ_MS)
    other.unroute_all()
    other.get_by_role("main").get_by_role("button", name="Try again").first.click()
    expect(other.get_by_label("Image of the field")).to_be_visible(timeout=READ_MS)


def test_another_clinics_patient_does_not_exist(desk, cloud, shared):
    if "signer@other-clinic.example" not in cloud.accounts.ready:
        cloud.accounts.add_ready_users("other-clinic")
    context = desk.context()
    page = context.new_page()
    page.goto(f"{desk.address}{route_of(shared)}")
    page.get_by_role("listitem").filter(has_text="signer@other-clinic.example").get_by_role("button").click()
    expect(page.get_by_role("alert")).to_contain_text("no such examination")
    page.get_by_role("banner").get_by_role("link", name="Worklist").click()
    expect(page.get_by_text("No examinations").first).to_be_visible()
