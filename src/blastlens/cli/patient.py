"""`blastlens patient`: the devices on which patients are told."""

import json

import click

from blastlens.cli.deployed import LANGUAGES, Command, onboarding_of, registration_of, stack_option
from blastlens.domain.catalogue import Language
from blastlens.domain.clinic import Phone, Platform
from blastlens.domain.upload import is_valid_id

PLATFORMS = click.Choice([str(one) for one in Platform])


def _valid(context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    if value is not None and not is_valid_id(value):
        raise click.BadParameter("an id has 1 to 64 letters, digits, '-' or '_'; it is never a name.")
    return value


def whose(command: Command) -> Command:
    """Add the options that say whose device it is, and which deployment knows it."""
    options = (
        click.option("--clinic", "clinic_id", required=True, help="The clinic's id."),
        click.option("--patient", "patient_id", required=True, callback=_valid, help="The patient's opaque id."),
        stack_option,
    )
    for option in reversed(options):
        command = option(command)
    return command


@click.group("patient")
def patient() -> None:
    """Say on which devices patients are told."""


@patient.group("device")
def device() -> None:
    """Register, list and remove patients' devices."""


@device.command("add")
@whose
@click.option("--token", required=True, help="What the app got from its platform; for sms the number, +491701234567.")
@click.option("--platform", type=PLATFORMS, required=True, help="gcm for Android, apns for iPhone, sms for a number.")
@click.option("--device", "device_id", callback=_valid, help="The device whose token has changed.")
@click.option("--language", type=LANGUAGES, default=None, help="In which it is told; the clinic's by default.")
@click.option("--shared", is_flag=True, help="The phone may be another patient's, too.")
def add(
    clinic_id: str,
    patient_id: str,
    stack: str,
    token: str,
    platform: str,
    device_id: str | None,
    language: str | None,
    shared: bool,
) -> None:
    """Register a device, or the new token of one; the same again changes nothing.

    Prints the device's id, by which the app names it when its token changes.
    """
    onboarding = onboarding_of(stack)
    onboarding.named(clinic_id)
    wanted = Phone(
        device_id or "", clinic_id, patient_id, Platform(platform), "", Language(language) if language else None
    )
    click.echo(registration_of(onboarding).add(wanted, token.strip(), shared).id)


@device.command("list")
@whose
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
def list_devices(clinic_id: str, patient_id: str, stack: str, as_json: bool) -> None:
    """List a patient's devices."""
    for one in onboarding_of(stack).phones.of_patient(clinic_id, patient_id):
        fields = {"device": one.id, "platform": str(one.platform), "language": str(one.language or "the clinic's")}
        click.echo(json.dumps(fields) if as_json else "  ".join(fields.values()))


@device.command("remove")
@whose
@click.option("--device", "device_id", required=True, help="Its id.")
def remove(clinic_id: str, patient_id: str, stack: str, device_id: str) -> None:
    """Forget a device."""
    registration_of(onboarding_of(stack)).remove(clinic_id, patient_id, device_id)
    click.echo(f"Device {device_id} is forgotten.")
