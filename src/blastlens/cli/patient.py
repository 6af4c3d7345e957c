"""`blastlens patient`: patients' phones, and export and erasure of their data."""

import json

import click

from blastlens.cli.deployment import LANGUAGES, Command, deployment_options, load_onboarding, load_registration
from blastlens.cli.patient_erasure import erase, readmit
from blastlens.cli.patient_export import export
from blastlens.cli.patient_stores import refuse_erased, valid_id
from blastlens.domain.clinic import Phone, Platform
from blastlens.domain.patient import PatientId
from blastlens.domain.text_catalogue import Language

PLATFORMS = click.Choice([str(one) for one in Platform])


def patient_options(command: Command) -> Command:
    """Add the options for the patient and the deployment."""
    options = (
        click.option("--clinic", "clinic_id", required=True, help="The clinic's id."),
        click.option("--patient", "patient_id", required=True, callback=valid_id, help="The patient's opaque id."),
        deployment_options,
    )
    for option in reversed(options):
        command = option(command)
    return command


@click.group("patient")
def patient() -> None:
    """Register patients' phones; export and erase a patient's data."""


patient.add_command(export)
patient.add_command(erase)
patient.add_command(readmit)


@patient.group("device")
def device() -> None:
    """Register, list and remove patients' phones."""


@device.command("add")
@patient_options
@click.option(
    "--token", required=True, help="Token that the app received from its platform; for sms the number, +491701234567."
)
@click.option("--platform", type=PLATFORMS, required=True, help="gcm for Android, apns for iPhone, sms for a number.")
@click.option("--device", "device_id", callback=valid_id, help="Id of the phone whose token has changed.")
@click.option("--language", type=LANGUAGES, default=None, help="Language of its messages; the clinic's by default.")
@click.option("--shared", is_flag=True, help="Allow a phone that is registered for another patient.")
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
    """Register a phone, or the new token of a phone.

    Registering it again changes nothing. Prints the id of the phone; the app sends it when its token changes.
    """
    onboarding = load_onboarding(stack)
    onboarding.named(clinic_id)
    refuse_erased(stack, PatientId(clinic_id, patient_id))
    wanted = Phone(
        device_id or "", clinic_id, patient_id, Platform(platform), "", Language(language) if language else None
    )
    click.echo(load_registration(onboarding).add(wanted, token.strip(), shared).id)


@device.command("list")
@patient_options
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per phone.")
def list_devices(clinic_id: str, patient_id: str, stack: str, as_json: bool) -> None:
    """List a patient's phones."""
    for one in load_onboarding(stack).phones.of_patient(clinic_id, patient_id):
        fields = {"device": one.id, "platform": str(one.platform), "language": str(one.language or "the clinic's")}
        click.echo(json.dumps(fields) if as_json else "  ".join(fields.values()))


@device.command("remove")
@patient_options
@click.option("--device", "device_id", required=True, help="Id of the phone.")
def remove(clinic_id: str, patient_id: str, stack: str, device_id: str) -> None:
    """Remove a phone."""
    load_registration(load_onboarding(stack)).remove(clinic_id, patient_id, device_id)
    click.echo(f"Phone {device_id} is removed.")
