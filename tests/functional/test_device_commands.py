"""Commands for microscopes against the embedded cloud."""

import json
import time
import tomllib

import pytest
from click.testing import CliRunner

from blastlens.cli.main import cli
from blastlens.devices.configuration import read_configuration
from blastlens.devices.spool import Spool
from blastlens.devices.startup import open_agent
from blastlens.domain.errors import InvalidSettings
from blastlens.local.clients import REGION
from blastlens.local.stack.clinics import add_clinic
from blastlens.local.stack.deployment import STACK_NAME


@pytest.fixture
def run(cloud, monkeypatch, tmp_path):
    """Run a command with AWS settings of the embedded cloud; return its output."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", cloud.endpoint)
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        result = CliRunner().invoke(cli, ["device", *arguments], catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return result.stdout

    return run


@pytest.fixture
def microscope(run, cloud, tmp_path):
    """An enrolled microscope; its agent watches an empty folder for a moment."""
    enroll(run, cloud, "scope-5", "clinic-5", "--storage", cloud.endpoint)
    (tmp_path / "images").mkdir()
    path = tmp_path / "scope-5.toml"
    authority = cloud.credentials.authority_file
    text = path.read_text().replace("[identity]", f'[identity]\nauthority = "{authority}"')
    path.write_text(text.replace("/var/lib/blastlens", str(tmp_path / "spool")))

    def watch():
        reported: list[str] = []
        with open_agent(read_configuration(path), tmp_path / "images", reported.append) as agent:
            agent.step()
        return reported

    return watch


def enroll(run, cloud, name, clinic, *options):
    add_clinic(cloud.clients, cloud.deployment, clinic)
    run("request", name)
    return run("enroll", name, "--clinic", clinic, "--request", f"{name}.csr", "--stack", STACK_NAME, *options)


def test_a_microscope_is_requested_enrolled_listed_and_revoked(run, cloud, tmp_path):
    said = enroll(run, cloud, "scope-9", "clinic-9")
    assert said.startswith("scope-9 is enrolled for clinic-9.")
    assert "PRIVATE KEY" in (tmp_path / "scope-9.key").read_text()
    assert "PRIVATE" not in (tmp_path / "scope-9.csr").read_text() + (tmp_path / "scope-9.pem").read_text()
    (listed,) = [json.loads(line) for line in run("list", "--clinic", "clinic-9", "--json").splitlines()]
    assert (listed["name"], listed["clinic"], listed["state"]) == ("scope-9", "clinic-9", "active")
    assert (listed["certificate_days"], listed["certificates"]) == (0, 1)
    assert run("list", "--clinic", "clinic-9").endswith("  certificate of 0 days\n")
    assert run("revoke", "scope-9") == "scope-9 is revoked: within 15 minutes its uploads are refused.\n"
    assert run("revoke", "scope-9") == "scope-9 was already revoked.\n"
    assert "revoked" in run("list", "--clinic", "clinic-9")


def test_a_microscope_of_a_clinic_that_does_not_exist_is_not_enrolled(run, cloud):
    run("request", "scope-4")
    with pytest.raises(InvalidSettings, match=r"no clinic 'nowhere'.*`clinic add`"):
        run("enroll", "scope-4", "--clinic", "nowhere", "--request", "scope-4.csr", "--stack", STACK_NAME)
    assert run("list", "--clinic", "nowhere") == ""


def test_what_enrolling_writes_is_what_the_agent_reads(run, cloud, tmp_path):
    enroll(run, cloud, "scope-8", "clinic-8")
    written = tomllib.loads((tmp_path / "scope-8.toml").read_text())
    assert "scope-8" in json.dumps(written)
    assert "clinic-8" in json.dumps(written)


def test_a_missing_stack_is_refused_with_the_option_that_names_it(run):
    run("request", "scope-7")
    with pytest.raises(InvalidSettings, match="--stack"):
        run("enroll", "scope-7", "--clinic", "clinic-7", "--request", "scope-7.csr", "--stack", "nowhere")


def test_the_status_without_an_agent_names_the_command_to_start(run, cloud, tmp_path):
    enroll(run, cloud, "scope-6", "clinic-6")
    path = tmp_path / "scope-6.toml"
    path.write_text(path.read_text().replace("/var/lib/blastlens", str(tmp_path / "spool")))
    with pytest.raises(InvalidSettings, match="device watch"):
        run("status", "--config", str(path))
    Spool(tmp_path / "spool").close()
    shown = run("status", "--config", str(path))
    assert "Last scan of the folder: never" in shown
    assert "Last error: none" in shown
    assert json.loads(run("status", "--config", str(path), "--json"))["last_answer"] is None


def test_the_unit_starts_the_command_that_watches(run):
    unit = run("unit")
    assert "[Service]" in unit
    assert "device watch" in unit
    assert run("unit", "--screening") == unit.replace("MemoryMax=120M", "MemoryMax=700M") != unit


def test_a_certificate_is_rotated_and_the_old_one_ends_only_after_the_new_one_works(run, microscope, tmp_path):
    def rotate(*more):
        return run("rotate", "scope-5", "--stack", STACK_NAME, *more)

    assert "has worked yet" in rotate()
    assert microscope() == ["the certificate works"]
    assert microscope() == []  # it is shown once
    assert rotate().endswith("deactivated: 0.\n")
    time.sleep(0.01)
    run("request", "scope-5", "--out", "new")
    said = rotate("--request", "new/scope-5.csr", "--out", "new")
    assert f"device rotate scope-5` --stack {STACK_NAME}" in said
    assert "2 active: finish with `device rotate`" in run("list", "--clinic", "clinic-5")
    assert "A newer one has not worked yet" in rotate()
    assert json.loads(run("list", "--clinic", "clinic-5", "--json"))["certificates"] == 2
    path = tmp_path / "scope-5.toml"
    path.write_text(path.read_text().replace('"scope-5.', '"new/scope-5.'))
    assert microscope() == ["the certificate works"]
    assert rotate().endswith("deactivated: 1.\n")
    assert rotate().endswith("deactivated: 0.\n")
    assert json.loads(run("list", "--clinic", "clinic-5", "--json"))["certificates"] == 1
    run("revoke", "scope-5")
    with pytest.raises(InvalidSettings, match="no active certificate"):
        rotate("--request", "new/scope-5.csr")


def test_a_microscope_that_nobody_enrolled_has_nothing_to_rotate(run):
    with pytest.raises(InvalidSettings, match="there is no device 'scope-0'"):
        run("rotate", "scope-0", "--stack", STACK_NAME)
