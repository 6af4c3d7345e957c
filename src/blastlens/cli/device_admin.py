"""What is done for microscopes at a desk, with leave to use AWS IoT: enroll, list, revoke."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from blastlens.cli.deployed import stack_option
from blastlens.devices.configuration import DeviceConfiguration
from blastlens.devices.writing import configuration_text
from blastlens.domain.errors import InvalidSettings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from blastlens.cloud.iot.things import ThingRegistry

SPOOL = Path("/var/lib/blastlens")


@click.command("enroll")
@click.argument("name")
@click.option("--clinic", required=True, help="The clinic's id.")
@click.option(
    "--request",
    "request_file",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="What `blastlens device request` made at the microscope.",
)
@stack_option
@click.option("--out", default=".", type=click.Path(file_okay=False, path_type=Path), help="Where to write.")
@click.option("--storage", default="", help="Address of S3, for the embedded cloud.")
@click.option("--api", default="", help="Address of the HTTP API, for the embedded cloud.")
@click.option("--authority", type=click.Path(path_type=Path), help="Who vouches for it, for the embedded cloud.")
def enroll(
    name: str, clinic: str, request_file: Path, stack: str, out: Path, storage: str, api: str, authority: Path | None
) -> None:
    """Give a microscope its identity: a thing, a certificate, and the file that configures it."""
    things, facts, region = _cloud(stack)
    enrolled = things.enroll(name, clinic, request_file.read_text("utf-8"), facts["DevicePolicyName"])
    configuration = DeviceConfiguration(
        name=name,
        clinic=clinic,
        region=region,
        bucket=facts["UploadBucketName"],
        credentials=enrolled.credentials_address,
        role_alias=facts["DeviceRoleAliasName"],
        certificate=Path(f"{name}.pem"),
        private_key=Path(f"{name}.key"),
        spool=SPOOL,
        api=api or facts.get("ApiUrl", ""),
        storage=storage,
        authority=authority,
    )
    try:
        out.mkdir(parents=True, exist_ok=True)
        (out / f"{name}.pem").write_text(enrolled.certificate, "utf-8")
        (out / f"{name}.toml").write_text(configuration_text(configuration), "utf-8")
    except OSError as fault:
        raise InvalidSettings(f"{out} cannot be written: {fault.strerror}; enroll again, nothing is lost") from None
    click.echo(
        f"{name} is enrolled for {clinic}. Bring {name}.pem and {name}.toml to the microscope, beside {name}.key."
    )


@click.command("list")
@click.option("--clinic", help="One clinic's alone.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a device.")
def list_devices(clinic: str | None, as_json: bool) -> None:
    """List the microscopes: name, clinic, whether it may send, since when."""
    for one in _things().devices(clinic):
        since = one.enrolled_at.date().isoformat() if one.enrolled_at else ""
        if as_json:
            click.echo(json.dumps({"name": one.name, "clinic": one.clinic, "state": one.state, "enrolled_on": since}))
        else:
            click.echo(f"{one.name:<31}  {one.clinic:<24}  {one.state:<20}  {since}".rstrip())


@click.command("revoke")
@click.argument("name")
def revoke(name: str) -> None:
    """Take a microscope's certificates away for good: lost, stolen, sold, or thought to be copied."""
    active = _things().revoke(name)
    click.echo(
        f"{name} is revoked: within 15 minutes nothing more of it is taken."
        if active
        else f"{name} was revoked before."
    )


def _things() -> "ThingRegistry":
    from blastlens.cloud.clients import iot_and_cloudformation_clients
    from blastlens.cloud.iot.things import ThingRegistry

    return ThingRegistry(iot_and_cloudformation_clients()[0])


def _cloud(stack: str) -> "tuple[ThingRegistry, Mapping[str, str], str]":
    from blastlens.cloud.clients import iot_and_cloudformation_clients
    from blastlens.cloud.iot.things import ThingRegistry, device_stack_outputs

    iot, cloudformation = iot_and_cloudformation_clients()
    return ThingRegistry(iot), device_stack_outputs(cloudformation, stack), iot.meta.region_name
