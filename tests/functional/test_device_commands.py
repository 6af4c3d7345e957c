"""Commands for microscopes against the embedded cloud."""

import json
import tomllib

import pytest
from click.testing import CliRunner

from blastlens.cli.main import cli
from blastlens.devices.spool import Spool
from blastlens.domain.errors import InvalidSettings
from blastlens.local.clients import REGION
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


def enroll(run, name, clinic):
    run("request", name)
    return run("enroll", name, "--clinic", clinic, "--request", f"{name}.csr", "--stack", STACK_NAME)


def test_a_microscope_is_requested_enrolled_listed_and_revoked(run, tmp_path):
    said = enroll(run, "scope-9", "clinic-9")
    assert said.startswith("scope-9 is enrolled for clinic-9.")
    assert "PRIVATE KEY" in (tmp_path / "scope-9.key").read_text()
    assert "PRIVATE" not in (tmp_path / "scope-9.csr").read_text() + (tmp_path / "scope-9.pem").read_text()
    (listed,) = [json.loads(line) for line in run("list", "--clinic", "clinic-9", "--json").splitlines()]
    assert (listed["name"], listed["clinic"], listed["state"]) == ("scope-9", "clinic-9", "active")
    assert run("revoke", "scope-9") == "scope-9 is revoked: within 15 minutes its uploads are refused.\n"
    assert run("revoke", "scope-9") == "scope-9 was already revoked.\n"
    assert "revoked" in run("list", "--clinic", "clinic-9")


def test_what_enrolling_writes_is_what_the_agent_reads(run, tmp_path):
    enroll(run, "scope-8", "clinic-8")
    written = tomllib.loads((tmp_path / "scope-8.toml").read_text())
    assert "scope-8" in json.dumps(written)
    assert "clinic-8" in json.dumps(written)


def test_a_missing_stack_is_refused_with_the_option_that_names_it(run):
    run("request", "scope-7")
    with pytest.raises(InvalidSettings, match="--stack"):
        run("enroll", "scope-7", "--clinic", "clinic-7", "--request", "scope-7.csr", "--stack", "nowhere")


def test_the_status_without_an_agent_names_the_command_to_start(run, tmp_path):
    enroll(run, "scope-6", "clinic-6")
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
