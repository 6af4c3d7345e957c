"""A browser and an embedded cloud with the shipped model, shared by all files."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from blastlens.cli.embedded_cloud import run_embedded_cloud
from blastlens.domain.clinician import Role
from blastlens.domain.upload import ExaminationId
from blastlens.local.cloud import EmbeddedCloud
from blastlens.local.demo.examination_demo import CLINIC_ID
from blastlens.local.stack.clinics import add_clinic
from tests.browser.browsers import MISSING, find_chromium, open_beside, open_browser
from tests.browser.eyepieces import draw_view, write_video
from tests.browser.signing_in import open_signed_in, sign_in_once
from tests.browser.site import NOT_BUILT, find_axe, find_site
from tests.browser.smears import send_smear, wait_until_settled
from tests.browser.watching import Watch

LANGUAGE = "en-GB"
_PATIENCE_MS = 30_000
"""How long a step, or what follows it, may take on a slow machine that does other work beside."""

expect.set_options(timeout=_PATIENCE_MS)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of this folder, and skip them with one line where they cannot run."""
    here = Path(__file__).parent
    why = MISSING if find_chromium() is None else NOT_BUILT if find_site() is None else ""
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(pytest.mark.browser)
            if why:
                item.add_marker(pytest.mark.skip(reason=why))


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    chromium = find_chromium()
    assert chromium is not None
    with open_browser(chromium) as browser:
        yield browser


@pytest.fixture(scope="package")
def cloud() -> Iterator[EmbeddedCloud]:
    """A cloud with the shipped model, a clinic and its ready users."""
    with run_embedded_cloud(None, retry_seconds=0, quiet=True) as cloud:
        add_clinic(cloud.clients, cloud.deployment, CLINIC_ID)
        cloud.accounts.add_ready_users(CLINIC_ID)
        yield cloud


@pytest.fixture(scope="package")
def address(cloud: EmbeddedCloud) -> str:
    """Address of the clinicians' page."""
    return f"{cloud.api_address}/"


@pytest.fixture(scope="package")
def sessions(browser: Browser, address: str) -> Callable[[Role], Any]:
    """Return the cookies of a role's session; the sign-in page is passed once for each."""
    known: dict[Role, Any] = {}

    def session(role: Role) -> Any:
        if role not in known:
            known[role] = sign_in_once(browser, address, role)
        return known[role]

    return session


@dataclass
class Desk:
    """Opens pages for people, and watches all of them.

    Attributes:
        browser: the browser.
        address: of the clinicians' page.
        sessions: cookies by role.
        watch: what may not happen in any page.
    """

    browser: Browser
    address: str
    sessions: Callable[[Role], Any]
    watch: Watch
    contexts: list[BrowserContext] = field(default_factory=list)

    def context(self, role: Role | None = None, **options: Any) -> BrowserContext:
        """Return a new context, signed in as the ready user of a role; None for nobody."""
        state = None if role is None else self.sessions(role)
        context = self.browser.new_context(**{"locale": LANGUAGE, "storage_state": state, **options})
        context.set_default_timeout(_PATIENCE_MS)
        self.watch.follow(context)
        self.contexts.append(context)
        return context

    def open(
        self, role: Role | None = Role.SIGNER, route: str = "#/worklist", has_clock: bool = False, **options: Any
    ) -> Page:
        """Open a route of the clinicians' page, and wait for its heading.

        Args:
            role: who is signed in.
            route: the address behind the `#`, with it.
            has_clock: whether `page.clock` can move the page's time on.
            options: of the context.
        """
        context = self.context(role, **options)
        if has_clock:
            context.clock.install()
        return open_signed_in(context, self.address, route)


@pytest.fixture
def desk(
    browser: Browser, address: str, cloud: EmbeddedCloud, sessions: Callable[[Role], Any], personal: list[str]
) -> Iterator[Desk]:
    """Pages that must not break a policy, ask another machine, or store a person's data."""
    desk = Desk(browser, address, sessions, Watch((cloud.api_address, cloud.endpoint)))
    yield desk
    for context in desk.contexts:
        desk.watch.check_storage(context.pages, personal)
        context.close()
    desk.watch.finish()


@pytest.fixture(scope="package")
def camera(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
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
def phone(
    camera: Browser, address: str, cloud: EmbeddedCloud, sessions: Callable[[Role], Any], personal: list[str]
) -> Iterator[Desk]:
    """Pages of phones with a camera at the eyepiece."""
    desk = Desk(camera, address, sessions, Watch((cloud.api_address, cloud.endpoint)))
    yield desk
    for context in desk.contexts:
        desk.watch.check_storage(context.pages, personal)
        context.close()
    desk.watch.finish()


@pytest.fixture
def personal() -> list[str]:
    """Texts that no page may keep: ids of patients that a test adds, and names of people."""
    return ["patient-", "Simon Signer", "Rosa Reader"]


@pytest.fixture(scope="package")
def ready(cloud: EmbeddedCloud) -> Callable[..., ExaminationId]:
    """Return a function that sends a smear of a patient that nobody else has, and waits for its answer."""
    return lambda **options: _send_and_wait(cloud, **options)


def _send_and_wait(cloud: EmbeddedCloud, **options: Any) -> ExaminationId:
    identity = send_smear(cloud, **options)
    wait_until_settled(cloud, identity)
    return identity


@pytest.fixture(scope="package")
def axe() -> Path:
    """The script of axe-core."""
    return find_axe() or pytest.skip("axe-core is not installed: type `make test ARGS=tests/browser`")
