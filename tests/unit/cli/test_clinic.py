"""Output and refusals of the commands for clinics, patients and records."""

import shlex
from dataclasses import dataclass, field, replace
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from blastlens.cli import clinic as clinic_command
from blastlens.cli.main import cli
from blastlens.cloud.notifications.subscriptions import SubscriptionState
from blastlens.domain.clinic import Clinic, Phone, Platform
from blastlens.domain.errors import InvalidSettings
from blastlens.domain.text_catalogue import Language


@dataclass
class FakeOnboarding:
    """Knows one clinic, whose subscription has come as far as it is told."""

    how_far: SubscriptionState
    removed: list[str] = field(default_factory=list)
    reports_to: list[str | None] = field(default_factory=list)
    known = Clinic("c-1", "Haus am See", "labor@see.example", Language.GERMAN, "arn:aws:sns:r:1:clinics-1", "s")

    def add(self, name: str, email: str, language: Language, reports_to: str | None = None) -> Clinic:
        self.reports_to.append(reports_to)
        return self.known

    def confirm(self, clinic_id: str, link: str) -> SubscriptionState:
        return self.how_far

    def named(self, clinic_id: str) -> Clinic:
        return self.known

    def state(self, clinic: Clinic) -> SubscriptionState:
        return self.how_far

    def remove(self, clinic_id: str) -> None:
        self.removed.append(clinic_id)

    def with_role(self, role: str) -> None:
        self.known = replace(self.known, role=role)

    @property
    def clinics(self) -> SimpleNamespace:
        return SimpleNamespace(all=lambda: [self.known], set_contact=self._set_contact)

    def _set_contact(self, clinic_id: str, contact: str) -> bool:
        self.known = replace(self.known, contact=contact)
        return not self.removed

    @property
    def phones(self) -> SimpleNamespace:
        return SimpleNamespace(of_clinic=lambda _: [Phone("d-1", "c-1", "p-1", Platform.GCM, "e")])


@pytest.fixture
def onboarding(request, monkeypatch) -> FakeOnboarding:
    fake = FakeOnboarding(getattr(request, "param", SubscriptionState.CONFIRMED))
    monkeypatch.setattr(clinic_command, "load_onboarding", lambda stack: fake)
    people = SimpleNamespace(remove_clinic=lambda clinic_id: fake.removed.append(f"people of {clinic_id}"))
    monkeypatch.setattr(clinic_command, "load_clinicians", lambda stack: people)
    return fake


def ask(*arguments: str, typed: str = ""):
    return CliRunner().invoke(cli, list(arguments), input=typed)


@pytest.mark.parametrize("typed", ["", " --stack blastlens-b", " --stack s --region eu-west-1 --profile 'my lab'"])
@pytest.mark.parametrize("onboarding", [SubscriptionState.PENDING], indirect=True)
def test_adding_a_clinic_prints_how_to_confirm_it_in_the_same_stack_region_and_account(
    onboarding: FakeOnboarding, typed: str, monkeypatch, tmp_path
):
    profiles = tmp_path / "credentials"
    profiles.write_text("[my lab]\naws_access_key_id = a\naws_secret_access_key = b\n")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(profiles))
    output = ask("clinic", "add", "Haus am See", "--email", "labor@see.example", *shlex.split(typed)).stdout
    assert output.startswith("c-1  Haus am See\n")
    assert f"blastlens clinic confirm c-1{typed} --link 'THE LINK'\n" in output


def test_confirming_an_address_says_how_the_clinic_gets_what_it_is_owed(onboarding: FakeOnboarding):
    output = ask("clinic", "confirm", "c-1", "--link", "https://x.example/?Token=t", "--stack", "s").stdout
    assert output.startswith("Clinic c-1 is told.") and "blastlens reconcile --stack s --repair\n" in output


@pytest.mark.parametrize(
    ("onboarding", "state"),
    [
        (SubscriptionState.MISSING, "run `clinic add` again"),
        (SubscriptionState.PENDING, "waits for its confirmation"),
        (SubscriptionState.CONFIRMED, "is told"),
        (SubscriptionState.UNLOCKED, "whoever has one of its mails can end it"),
    ],
    indirect=["onboarding"],
)
def test_the_list_shows_the_state_of_each_clinic(onboarding: FakeOnboarding, state: str):
    output = ask("clinic", "list").stdout
    assert "c-1  Haus am See  labor@see.example  de  clinics-1" in output and state in output


def test_a_letterhead_is_shown_replaced_and_cleared(onboarding: FakeOnboarding):
    given = ask("clinic", "contact", "c-1", "Seestraße 1, 10115 Berlin", "+49 30 123456")
    assert given.stdout == "Haus am See\nSeestraße 1, 10115 Berlin\n+49 30 123456\n"
    assert ask("clinic", "contact", "c-1").stdout == given.stdout
    assert "Seestraße 1, 10115 Berlin, +49 30 123456" in ask("clinic", "list").stdout
    assert ask("clinic", "contact", "c-1", "--clear").stdout == "Haus am See\n"


def test_a_letterhead_of_a_clinic_that_is_gone_is_not_reported_as_stored(onboarding: FakeOnboarding):
    onboarding.remove("c-1")
    refused = ask("clinic", "contact", "c-1", "Seestraße 1")
    assert refused.exit_code != 0 and isinstance(refused.exception, InvalidSettings)


def test_a_clinic_is_removed_only_after_a_yes(onboarding: FakeOnboarding):
    asked = ask("clinic", "remove", "c-1", typed="n\n")
    assert "Haus am See and 1 phone of" in asked.output and onboarding.removed == []
    ask("clinic", "remove", "c-1", typed="y\n")
    assert onboarding.removed == ["people of c-1", "c-1"]


@dataclass
class FakeRoles:
    """Notes whose roles are made and deleted."""

    calls: list[str]

    def ensure(self, clinic: Clinic, trusted: tuple[str, ...]) -> str:
        self.calls.append(f"ensure {clinic.id} {' '.join(trusted)}".strip())
        return "arn:aws:iam::123456789012:role/blastlens-dev-clinic-c-1"

    def remove(self, clinic: Clinic) -> None:
        self.calls.append(f"remove {clinic.role}")


@pytest.fixture
def role_calls(monkeypatch) -> list[str]:
    calls: list[str] = []
    monkeypatch.setattr(clinic_command, "load_clinic_roles", lambda onboarding, stack: FakeRoles(calls))
    return calls


def test_signed_reports_go_to_an_encrypted_address_only(onboarding: FakeOnboarding):
    added = ("clinic", "add", "Haus am See", "--email", "labor@see.example", "--reports-to")
    refused = ask(*added, "http://lab.example/fhir")
    assert refused.exit_code == 2 and "begins with https://" in refused.output and onboarding.reports_to == []
    assert ask(*added, "https://lab.example/fhir").exit_code == 0
    assert onboarding.reports_to == ["https://lab.example/fhir"]


def test_a_clinic_gets_a_role_if_it_is_asked_for(onboarding: FakeOnboarding, role_calls: list[str]):
    added = ("clinic", "add", "Haus am See", "--email", "labor@see.example")
    assert "Role:" not in ask(*added).stdout and role_calls == []
    assert "Role: arn:aws:iam::123456789012:role/blastlens-dev-clinic-c-1\n" in ask(*added, "--iam").stdout
    ask(*added, "--iam", "--trust", "arn:aws:iam::1:root", "--trust", "arn:aws:iam::2:root")
    assert role_calls == ["ensure c-1", "ensure c-1 arn:aws:iam::1:root arn:aws:iam::2:root"]


def test_the_role_of_a_removed_clinic_is_deleted_and_iam_is_left_alone_without_one(
    onboarding: FakeOnboarding, role_calls: list[str]
):
    ask("clinic", "remove", "c-1", "--yes")
    assert role_calls == []
    onboarding.with_role("blastlens-dev-clinic-c-1")
    ask("clinic", "remove", "c-1", "--yes")
    assert role_calls == ["remove blastlens-dev-clinic-c-1"] and onboarding.removed == ["people of c-1", "c-1"] * 2


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("clinic", "add", "x", "--email", "a@b.example", "--trust", "arn:aws:iam::1:root"), "--trust needs --iam"),
        (("clinic", "add", " ", "--email", "a@b.example"), "name is empty"),
        (("clinic", "add", "x", "--email", "a b@c.example"), "is not an e-mail address"),
        (("clinic", "add", "x", "--email", "a@localhost"), "is not an e-mail address"),
        (("clinic", "add", "x", "--email", "a@b.example", "--language", "fr"), "'fr' is not one of"),
        (("patient", "device", "list", "--clinic", "c-1", "--patient", "Jane Doe"), "never a name"),
        (("export", "--clinic", "c-1", "--format", "parquet"), "--out"),
    ],
)
def test_wrong_usage_is_refused_before_anything_is_asked_of_aws(arguments: tuple[str, ...], why: str):
    refused = ask(*arguments)
    assert refused.exit_code == 2 and why in refused.output
