"""Profile, region, credentials and stack of administrative commands."""

import os

import boto3
import click
import pytest
from click.testing import CliRunner
from moto import mock_aws

from blastlens.cli.main import cli
from blastlens.cloud.operations.account import use_account
from blastlens.domain.errors import InvalidSettings, ServiceFault, ServiceUnavailable
from tests.unit.cli.test_deployment import commands

CSR = "scope.csr"
COMMANDS = (
    ("clinic", "list"),
    ("clinic", "add", "Haus am See", "--email", "a@b.example"),
    ("clinic", "confirm", "c-1", "--link", "https://x.example"),
    ("clinic", "contact", "c-1"),
    ("clinic", "test", "c-1"),
    ("clinic", "remove", "c-1", "--yes"),
    ("clinician", "list", "c-1"),
    ("clinician", "remove", "c-1", "a@b.example"),
    ("web", "publish"),
    ("patient", "device", "list", "--clinic", "c-1", "--patient", "p-1"),
    ("device", "enroll", "scope", "--clinic", "c-1", "--request", CSR),
    ("device", "list"),
    ("device", "revoke", "scope"),
    ("redrive",),
    ("report", "c-1/p-1/e-1", "--output", "report.pdf"),
    ("export", "--clinic", "c-1", "--format", "csv"),
)
ADMINISTRATIVE = (
    *("clinic ", "clinician ", "web ", "patient device ", "redrive", "report", "export"),
    *("device enroll", "device list", "device revoke"),
)


@pytest.fixture
def bare(monkeypatch, tmp_path):
    """Start without any AWS setting, in a folder with a request of a microscope."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / CSR).write_text("request")
    return monkeypatch


@pytest.fixture
def signed_in(bare):
    bare.setenv("AWS_ACCESS_KEY_ID", "testing")
    bare.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    return bare


def refusal(*arguments):
    """Return the sentence that a command ends with, by the error that `main` prints with status 2."""
    result = CliRunner().invoke(cli, arguments)
    assert isinstance(result.exception, InvalidSettings), result.output
    assert result.stdout == ""
    return str(result.exception)


def test_every_administrative_command_takes_stack_region_and_profile():
    found = [
        (name, {option.name for option in command.params})
        for name, command in commands(cli)
        if name.startswith(ADMINISTRATIVE) and not isinstance(command, click.Group)
    ]
    assert len(found) == 20
    assert [name for name, options in found if not {"stack", "region", "profile"} <= options] == []


@pytest.mark.parametrize("arguments", COMMANDS, ids=lambda given: " ".join(given[:2]))
def test_a_missing_region_is_told_with_the_command_that_sets_it(signed_in, arguments):
    assert refusal(*arguments) == (
        "No AWS region is set: name the deployment's with --region, or set it with `aws configure`."
    )


@pytest.mark.parametrize("arguments", COMMANDS, ids=lambda given: " ".join(given[:2]))
def test_a_missing_profile_is_told_with_the_command_that_makes_it(signed_in, arguments):
    said = refusal(*arguments, "--profile", "laboratory")
    assert "no AWS profile 'laboratory'" in said and "`aws configure --profile laboratory`" in said


@pytest.mark.parametrize("arguments", COMMANDS, ids=lambda given: " ".join(given[:2]))
def test_missing_credentials_are_told_with_the_command_that_sets_them(bare, arguments):
    said = refusal(*arguments, "--region", "eu-central-1")
    assert said.startswith("No AWS credentials were found: set them with `aws configure`")


@pytest.mark.parametrize("arguments", COMMANDS, ids=lambda given: " ".join(given[:2]))
def test_a_missing_stack_is_told_with_its_region_and_the_options_that_name_it(signed_in, arguments):
    with mock_aws():
        said = refusal(*arguments, "--stack", "elsewhere", "--region", "eu-west-1")
    assert "no stack elsewhere in eu-west-1" in said and "--stack" in said and "`sam deploy`" in said


def test_a_profile_of_the_environment_that_is_missing_is_named(bare):
    bare.setenv("AWS_PROFILE", "gone")
    assert "no AWS profile 'gone'" in refusal("clinic", "list")


def test_settings_that_cannot_be_parsed_are_told_without_a_traceback(bare, tmp_path):
    (tmp_path / "config").write_text("this is no configuration\n")
    assert "`aws configure`" in refusal("clinic", "list", "--region", "eu-central-1")


def test_half_of_a_pair_of_credentials_is_told(bare):
    bare.setenv("AWS_ACCESS_KEY_ID", "testing")
    assert "PartialCredentialsError" in refusal("clinic", "list", "--region", "eu-central-1")


def test_a_region_that_cannot_be_one_is_told(signed_in):
    assert "not the name of an AWS region" in refusal("clinic", "list", "--region", "eu central")


def test_region_and_profile_are_those_of_every_client(bare, tmp_path):
    (tmp_path / "config").write_text("[profile laboratory]\nregion = eu-west-3\n")
    (tmp_path / "credentials").write_text("[laboratory]\naws_access_key_id = a\naws_secret_access_key = b\n")
    usual = boto3.DEFAULT_SESSION
    with use_account(profile="laboratory"):
        assert boto3.client("sqs").meta.region_name == "eu-west-3"
    with use_account("eu-north-1", "laboratory"):
        assert boto3.client("sqs").meta.region_name == "eu-north-1"
    assert boto3.DEFAULT_SESSION is usual


def test_the_region_of_the_environment_is_used_under_both_of_its_names(signed_in):
    for name, region in (("AWS_DEFAULT_REGION", "eu-west-3"), ("AWS_REGION", "eu-south-1")):
        signed_in.setenv(name, region)
        with mock_aws():
            assert f"no stack elsewhere in {region}" in refusal("redrive", "--stack", "elsewhere")


@pytest.mark.parametrize("code", ["ExpiredToken", "InvalidClientTokenId", "UnauthorizedSSOTokenError"])
def test_credentials_that_aws_refuses_are_told_with_the_command_that_renews_them(signed_in, code):
    with pytest.raises(InvalidSettings, match=rf"\({code}\): sign in again with `aws sso login`"), use_account("r-1"):
        raise ServiceFault("could not look at the stack", code)


def test_a_region_out_of_reach_is_told_and_other_faults_stay(signed_in):
    with pytest.raises(ServiceUnavailable, match="the region eu-nowhere-9: name another"), use_account("eu-nowhere-9"):
        raise ServiceUnavailable("could not", "EndpointConnectionError")
    with pytest.raises(ServiceFault, match="AccessDenied"), use_account("eu-central-1"):
        raise ServiceFault("could not look at the stack: AccessDenied (403)", "AccessDenied")
