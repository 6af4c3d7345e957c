"""Output and refusals of the commands for clinicians."""

import json
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from blastlens.cli import clinician as clinician_command
from blastlens.cli.main import cli
from blastlens.cloud.operations.clinicians import Account
from blastlens.domain.clinician import Clinician, Role


@pytest.fixture
def clinicians(monkeypatch):
    fake = FakeClinicians([])
    monkeypatch.setattr(clinician_command, "load_clinicians", lambda stack: fake)
    onboarding = SimpleNamespace(named=lambda clinic_id: SimpleNamespace(id=clinic_id))
    monkeypatch.setattr(clinician_command, "load_onboarding", lambda stack: onboarding)
    return fake


class FakeClinicians:
    """Keeps accounts in a list."""

    def __init__(self, accounts: list[Account]) -> None:
        self.accounts = accounts

    def add(self, clinic_id: str, roles: frozenset[Role], name: str, email: str) -> Account:
        known = any(one.email == email for one in self.accounts)
        account = Account(Clinician(f"id-{email}", name, clinic_id, roles), email, is_invited=not known)
        self.accounts = [one for one in self.accounts if one.email != email] + [account]
        return account

    def of_clinic(self, clinic_id: str) -> list[Account]:
        return [one for one in self.accounts if one.clinician.clinic_id == clinic_id]

    def remove(self, clinic_id: str, email: str) -> None:
        self.accounts = [one for one in self.accounts if one.email != email]


def ask(*arguments: str):
    return CliRunner().invoke(cli, ["clinician", *arguments])


ADA = ("add", "c-1", "Dr. Ada Vogel", "--email", "ada@clinic.example")


def test_adding_says_what_the_person_gets_and_does(clinicians):
    output = ask(*ADA, "--role", "signer").stdout
    assert output.startswith("Dr. Ada Vogel  ada@clinic.example  signer  invited\n")
    assert "first password" in output and "authenticator" in output


def test_changing_roles_says_when_they_apply(clinicians):
    ask(*ADA, "--role", "signer")
    output = ask(*ADA, "--role", "reader", "--role", "admin").stdout
    assert "reader, admin  active" in output and "within 15 minutes" in output


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (("add", "c-1", " ", "--email", "a@b.example", "--role", "reader"), "the name is empty"),
        (("add", "c-1", "x" * 101, "--email", "a@b.example", "--role", "reader"), "longer than 100"),
        (("add", "c-1", "A\u202eda", "--email", "a@b.example", "--role", "reader"), "unprintable"),
        (("add", "c-1", "Ada", "--email", "ada", "--role", "reader"), "not an e-mail address"),
        (("add", "c-1", "Ada", "--email", "a@b.example", "--role", "boss"), "'boss' is not one of"),
        (("add", "c-1", "Ada", "--email", "a@b.example"), "Missing option '--role'"),
    ],
)
def test_a_wrong_value_is_refused_with_what_is_wrong(clinicians, arguments, part):
    result = ask(*arguments)
    assert result.exit_code == 2 and part in result.output
    assert clinicians.accounts == []


def test_the_list_is_readable_by_programs(clinicians):
    ask(*ADA, "--role", "signer")
    assert json.loads(ask("list", "c-1", "--json").stdout) == {
        "name": "Dr. Ada Vogel",
        "email": "ada@clinic.example",
        "roles": ["signer"],
        "state": "invited",
    }


def test_a_removal_says_how_long_an_open_page_still_works(clinicians):
    ask(*ADA, "--role", "signer")
    assert "15 minutes" in ask("remove", "c-1", "ada@clinic.example").stdout
    assert clinicians.accounts == []
