"""`blastlens device`: commands at a microscope, and for its administration."""

import json
import signal
import threading
from dataclasses import asdict
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from blastlens.cli.deployment import deployment_options
from blastlens.devices.configuration import DEFAULT_PATH, DeviceConfiguration, format_configuration, read_configuration
from blastlens.domain.errors import InvalidSettings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from blastlens.cloud.iot.things import ThingRegistry

SPOOL = Path("/var/lib/blastlens")
_CONFIG = click.option(
    "--config",
    default=DEFAULT_PATH,
    show_default=True,
    type=click.Path(path_type=Path),
    help="Configuration file of the device.",
)


@click.group("device")
def device() -> None:
    """Connect a microscope and upload its images.

    \b
    At the microscope:     blastlens device request NAME
    At your desk:          blastlens device enroll NAME --clinic ID --request NAME.csr
    At the microscope:     blastlens device watch DIR --config NAME.toml
    """


@device.command("request")
@click.argument("name")
@click.option("--out", default=".", type=click.Path(file_okay=False, path_type=Path), help="Folder for both files.")
def request(name: str, out: Path) -> None:
    """Make the private key and certificate request of NAME.

    The key never leaves this machine.
    """
    from blastlens.devices.certificate_request import write_certificate_request

    path = write_certificate_request(name, out)
    click.echo(f"{path.with_suffix('.key')} is the private key: it stays on this machine.")
    click.echo(f"{path} is the request: give it to the person who runs `blastlens device enroll`.")


@device.command("watch")
@click.argument("folder", required=False, type=click.Path(file_okay=False, path_type=Path), metavar="[DIR]")
@_CONFIG
def watch(folder: Path | None, config: Path) -> None:
    """Upload every image that is written to DIR, until stopped.

    Runs unattended: after an error it waits and tries again.
    """
    from blastlens.devices.startup import open_agent

    configuration = read_configuration(config)
    watched = folder or configuration.folder
    if watched is None:
        raise InvalidSettings(f"there is no folder to watch: name it as DIR, or in {config} under [watch]")
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with open_agent(configuration, watched, _report) as agent:
        agent.run(stop)


@device.command("status")
@_CONFIG
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def status(config: Path, as_json: bool) -> None:
    """Show counts of files, last error and last answer."""
    from blastlens.devices.status import read_status

    found = read_status(read_configuration(config).spool)
    if as_json:
        click.echo(json.dumps(asdict(found)))
        return
    click.echo(", ".join(f"{count} {state}" for state, count in found.counts.items()))
    click.echo(f"Last scan of the folder: {found.last_look or 'never'}")
    if found.left_out:
        click.echo(found.left_out)
    for title, note in (("Last error", found.last_error), ("Last answer", found.last_answer)):
        click.echo(f"{title}: {f'{note[1]} {note[0]}' if note else 'none'}")
    for path, reason in found.refused:
        click.echo(f"Not sent: {path} {reason}")


@device.command("unit")
def unit() -> None:
    """Print the systemd unit that keeps the agent running."""
    click.echo((files("blastlens.devices") / "blastlens-device.service").read_text("utf-8"), nl=False)


@device.command("enroll")
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
    try:
        out.mkdir(parents=True, exist_ok=True)
        (out / f"{name}.pem").write_text(enrolled.certificate, "utf-8")
        (out / f"{name}.toml").write_text(format_configuration(configuration), "utf-8")
    except OSError as fault:
        raise InvalidSettings(
            f"{out} cannot be written: {fault.strerror}. Enroll again with another --out; nothing is lost"
        ) from None
    click.echo(
        f"{name} is enrolled for {clinic}. Copy {name}.pem and {name}.toml to the microscope, beside {name}.key."
    )


@device.command("list")
@click.option("--clinic", help="Only the devices of this clinic.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per device.")
@deployment_options
def list_devices(clinic: str | None, as_json: bool, stack: str) -> None:
    """List microscopes: name, clinic, state and date of enrollment.

    They are those of all deployments in the region. A stack that is named must exist there.
    """
    for one in _things(stack).devices(clinic):
        since = one.enrolled_at.date().isoformat() if one.enrolled_at else ""
        if as_json:
            click.echo(json.dumps({"name": one.name, "clinic": one.clinic, "state": one.state, "enrolled_on": since}))
        else:
            click.echo(f"{one.name:<31}  {one.clinic:<24}  {one.state:<20}  {since}".rstrip())


@device.command("revoke")
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


def _report(sentence: str) -> None:
    click.echo(sentence, err=True)


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
