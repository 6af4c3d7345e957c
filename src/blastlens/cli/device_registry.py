"""Registry of microscopes on the command line: enroll, rotate, list, revoke."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from blastlens.cli.deployment import deployment_options
from blastlens.cli.printed_commands import program, typed_options
from blastlens.devices.configuration import DeviceConfiguration
from blastlens.devices.configuration_text import format_configuration
from blastlens.domain.errors import InvalidSettings

if TYPE_CHECKING:
    from blastlens.cloud.iot.things import Device, ThingRegistry

SPOOL = Path("/var/lib/blastlens")


@click.command("enroll")
@click.argument("name")
@click.option("--clinic", required=True, help="The clinic's id.")
@click.option(
    "--request",
    "request_file",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Request file that `blastlens device request` made at the microscope.",
)
@deployment_options
@click.option(
    "--out",
    default=".",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for the certificate and the configuration.",
)
@click.option("--storage", default="", help="Address of S3, for the embedded cloud.")
@click.option("--api", default="", help="Address of the HTTP API, for the embedded cloud.")
@click.option(
    "--spool",
    default=SPOOL,
    show_default=True,
    type=click.Path(path_type=Path),
    help="Folder in which the agent keeps its state, on the microscope's computer.",
)
@click.option("--authority", type=click.Path(path_type=Path), help="Its certificate authority, for the embedded cloud.")
def enroll(
    name: str,
    clinic: str,
    request_file: Path,
    stack: str,
    out: Path,
    storage: str,
    api: str,
    spool: Path,
    authority: Path | None,
) -> None:
    """Register microscope NAME for a clinic.

    Writes its certificate and configuration. Run it at your desk, with AWS credentials.
    """
    things, facts, region = _registry(stack)
    _check_clinic(facts["ClinicsTableName"], clinic)
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
        spool=spool,
        api=api or facts.get("ApiUrl", ""),
        storage=storage,
        authority=authority,
    )
    _write(out, {f"{name}.pem": enrolled.certificate, f"{name}.toml": format_configuration(configuration)})
    click.echo(
        f"{name} is enrolled for {clinic}. Copy {name}.pem and {name}.toml to the microscope, beside {name}.key."
    )


@click.command("rotate")
@click.argument("name")
@click.option(
    "--request",
    "request_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Request file of a new key: issue a certificate for it. Without it, deactivate the older certificates.",
)
@deployment_options
@click.option(
    "--out", default=".", type=click.Path(file_okay=False, path_type=Path), help="Folder for the new certificate."
)
def rotate(name: str, request_file: Path | None, stack: str, out: Path) -> None:
    """Replace the certificate of microscope NAME, in two steps.

    First with --request: the new certificate is written, and the old one keeps working. Then, when the microscope uses
    the new one, without: the older ones are deactivated if the new one has worked, and not before. Either step may be
    repeated.
    """
    things, facts, _ = _registry(stack)
    if request_file is not None:
        enrolled = things.issue(name, request_file.read_text("utf-8"), facts["DevicePolicyName"])
        _write(out, {f"{name}.pem": enrolled.certificate})
        click.echo(
            f"{name}.pem is the new certificate of {name}: copy it to the microscope, beside the key of the request, "
            f"set both in device.toml, and restart the agent. Then run `{program()} device rotate {name}`"
            f"{typed_options()}. Until then the old one works."
        )
        return
    click.echo(_deactivate_older(things, facts["UploadBucketName"], name))


def _deactivate_older(things: "ThingRegistry", bucket: str, name: str) -> str:
    """Deactivate what may be deactivated, and return a sentence that says what to do next."""
    from blastlens.cloud.clients import s3_client
    from blastlens.cloud.iot.certificate_proof import proven_certificates

    proven = proven_certificates(s3_client(), bucket, things.clinic_of(name), name)
    state = things.deactivate_older(name, proven)
    if state.works_since is None:
        return (
            f"No certificate of {name} that is active has worked yet, so none was deactivated: start its agent, wait a "
            "minute, and run this again."
        )
    made = state.works_since.date().isoformat()
    done = f"The certificate of {made} works for {name}; older ones that were deactivated: {state.deactivated}."
    if not state.waiting:
        return done
    return (
        f"{done} A newer one has not worked yet: set it and its key in device.toml, restart the agent, wait a minute, "
        "and run this again."
    )


@click.command("list")
@click.option("--clinic", help="Only the devices of this clinic.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per device.")
@deployment_options
def list_devices(clinic: str | None, as_json: bool, stack: str) -> None:
    """List microscopes: name, clinic, state, date of enrollment and age of the certificate.

    The age is that of the oldest certificate that is active. They are those of all deployments in the region. A stack
    that is named must exist there.
    """
    now = datetime.now(UTC)
    for one in _things(stack).devices(clinic):
        since = one.enrolled_at.date().isoformat() if one.enrolled_at else ""
        days = (now - one.certificate_made_at).days if one.certificate_made_at else None
        if as_json:
            fields = {"name": one.name, "clinic": one.clinic, "state": one.state, "enrolled_on": since}
            click.echo(json.dumps(fields | {"certificate_days": days, "certificates": one.certificates}))
        else:
            click.echo(f"{one.name:<31}  {one.clinic:<24}  {one.state:<20}  {since:<10}  {_age(one, days)}".rstrip())


@click.command("revoke")
@click.argument("name")
@deployment_options
def revoke(name: str, stack: str) -> None:
    """Revoke the certificates of microscope NAME permanently.

    Use it when the microscope or its key is lost, stolen or sold, or may have been copied. A stack that is named
    must exist.
    """
    active = _things(stack).revoke(name)
    click.echo(
        f"{name} is revoked: within 15 minutes its uploads are refused." if active else f"{name} was already revoked."
    )


def _check_clinic(table: str, clinic: str) -> None:
    """Refuse a clinic that was not added: nobody would receive its notices.

    Raises:
        InvalidSettings: there is no such clinic, or it is being removed.
    """
    from blastlens.cloud.clients import dynamodb_client
    from blastlens.cloud.tables.clinics import ClinicsTable

    found = ClinicsTable(dynamodb_client(), table).get(clinic)
    if found is None or found.leaving:
        raise InvalidSettings(
            f"There is no clinic {clinic!r}, so that nobody would hear of its images: `clinic list` shows the ids, "
            "`clinic add` adds one."
        )


def _write(folder: Path, texts: Mapping[str, str]) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            (folder / name).write_text(text, "utf-8")
    except OSError as fault:
        raise InvalidSettings(
            f"{folder} cannot be written: {fault.strerror}. Run this again with another --out; nothing is lost"
        ) from None


def _age(one: "Device", days: int | None) -> str:
    if days is None:
        return ""
    more = f", {one.certificates} active: finish with `device rotate`" if one.certificates > 1 else ""
    return f"certificate of {days} days{more}"


def _things(stack: str) -> "ThingRegistry":
    """Return the registry of the region; the stack is looked for only if it was named.

    A stolen microscope can be revoked with no more than access to the registry.
    """
    from blastlens.cloud.clients import iot_and_cloudformation_clients
    from blastlens.cloud.iot.things import ThingRegistry

    if click.get_current_context().get_parameter_source("stack") is not ParameterSource.DEFAULT:
        return _registry(stack)[0]
    return ThingRegistry(iot_and_cloudformation_clients()[0])


def _registry(stack: str) -> "tuple[ThingRegistry, Mapping[str, str], str]":
    from blastlens.cloud.clients import iot_and_cloudformation_clients
    from blastlens.cloud.iot.things import ThingRegistry, device_stack_outputs

    iot, cloudformation = iot_and_cloudformation_clients()
    return ThingRegistry(iot), device_stack_outputs(cloudformation, stack), iot.meta.region_name
