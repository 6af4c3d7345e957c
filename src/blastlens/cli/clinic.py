"""`blastlens clinic`: clinics that receive notices."""

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from blastlens.cli.deployment import LANGUAGES, deployment_options, load_clinic_roles, load_clinicians, load_onboarding
from blastlens.cli.printed_commands import program, typed_options
from blastlens.domain.clinic import is_email, is_printable_name, tidy_contact, tidy_name
from blastlens.domain.errors import InvalidSettings
from blastlens.domain.text_catalogue import Language

if TYPE_CHECKING:
    from blastlens.cloud.operations.onboarding import Onboarding
    from blastlens.domain.clinic import Clinic

# `clinic list --json` prints these values as `state`: they are part of its contract.
_STATES = {
    "missing": "not asked: run `clinic add` again",
    "pending": "waits for its confirmation",
    "confirmed": "is told",
    "unlocked": "is told, but whoever has one of its mails can end it: confirm by `clinic confirm`",
}
_ASKED = (
    "AWS sends an e-mail to {email}. Have its link copied, not opened, and run:\n"
    "  {program} clinic confirm {id}{options} --link 'THE LINK'"
)


@click.group("clinic")
def clinic() -> None:
    """Add clinics, check whether notices reach them, and remove them.

    Uses the deployment that --stack names, with your AWS credentials. docs/clinics.md is a guide.
    """


@clinic.command("add")
@click.argument("name")
@click.option("--email", required=True, help="Address that receives the clinic's notices.")
@click.option("--language", type=LANGUAGES, default="en", show_default=True, help="Language of the notices.")
@click.option("--reports-to", help="Address, https://..., of a system that receives each signed report as FHIR.")
@click.option("--iam", is_flag=True, help="Also make an IAM role that reaches this clinic's part of the API only.")
@click.option(
    "--trust",
    multiple=True,
    metavar="ARN",
    help="Account, role or user that may assume that role; by default this account, whose policies decide. Repeatable.",
)
@deployment_options
def add(
    name: str, email: str, language: str, reports_to: str | None, iam: bool, trust: tuple[str, ...], stack: str
) -> None:
    """Add the clinic NAME and send a confirmation mail to its address.

    Adding it again changes nothing; it completes an interrupted call and sends the mail once more.
    """
    if trust and not iam:
        raise click.UsageError("--trust needs --iam.")
    name = tidy_name(name)
    _check_name_and_email(name, email)
    if reports_to is not None and not reports_to.startswith("https://"):
        raise click.UsageError("--reports-to takes an address that begins with https://: reports are sent encrypted.")
    onboarding = load_onboarding(stack)
    roles = load_clinic_roles(onboarding, stack) if iam else None
    added = onboarding.add(name, email.strip(), Language(language), reports_to)
    click.echo(f"{added.id}  {added.name}")
    if roles is not None:
        click.echo(f"Role: {roles.ensure(added, trust)}")
    if onboarding.state(added) == "pending":
        click.echo(_ASKED.format(email=added.email, id=added.id, program=program(), options=typed_options()))
    else:
        click.echo(f"{added.email} {_STATES[onboarding.state(added)]}.")


@clinic.command("confirm")
@click.argument("clinic_id")
@click.option("--link", required=True, help="The complete link in the mail from AWS, in quotes.")
@deployment_options
def confirm(clinic_id: str, link: str, stack: str) -> None:
    """Confirm the address of CLINIC_ID.

    Afterwards nobody can unsubscribe it by a link in a mail.
    """
    state = load_onboarding(stack).confirm(clinic_id, link)
    click.echo(f"Clinic {clinic_id} {_STATES[state]}. Notices that it is owed are sent in the night, or at once by:")
    click.echo(f"  {program()} reconcile{typed_options()} --repair")


@clinic.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per clinic.")
@deployment_options
def list_clinics(as_json: bool, stack: str) -> None:
    """List the clinics and whether notices reach them."""
    onboarding = load_onboarding(stack)
    for one in onboarding.clinics.all():
        fields = _fields(one, onboarding)
        click.echo(json.dumps(fields) if as_json else "  ".join(value for value in fields.values() if value))


@clinic.command("contact")
@click.argument("clinic_id")
@click.argument("lines", nargs=-1)
@click.option("--clear", is_flag=True, help="Remove the lines.")
@deployment_options
def contact(clinic_id: str, lines: tuple[str, ...], clear: bool, stack: str) -> None:
    """Show the letterhead of CLINIC_ID, or replace its LINES.

    They stand below the clinic's name in reports and on the patients' page: address, telephone, web page. Each line is
    an argument of its own, in quotes.
    """
    if clear and lines:
        raise click.UsageError("--clear removes the lines: give no others.")
    onboarding = load_onboarding(stack)
    known = onboarding.named(clinic_id)
    if lines or clear:
        try:
            known = replace(known, contact=tidy_contact(lines))
        except ValueError as error:
            raise click.UsageError(f"{error}.") from None
        if not onboarding.clinics.set_contact(clinic_id, known.contact):
            raise InvalidSettings(f"Clinic {clinic_id} was removed meanwhile: nothing was stored.")
    for line in (known.name, *known.contact_lines):
        click.echo(line)


@clinic.command("test")
@click.argument("clinic_id")
@deployment_options
def test(clinic_id: str, stack: str) -> None:
    """Send a notice to CLINIC_ID that is marked as a test."""
    from blastlens.cloud.clients import sns_client
    from blastlens.cloud.notifications.notices import ClinicTopics
    from blastlens.domain.notice import make_test_notice

    onboarding = load_onboarding(stack)
    known = onboarding.named(clinic_id)
    topics = ClinicTopics(sns_client(), onboarding.deployment.clinic_topic_arn)
    topics.publish(make_test_notice(clinic_id, known.language), known.topic_arn)
    click.echo(f"A test notice was sent to {known.email}, who {_STATES[onboarding.state(known)]}.")


@clinic.command("remove")
@click.argument("clinic_id")
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
@deployment_options
def remove(clinic_id: str, yes: bool, stack: str) -> None:
    """Remove CLINIC_ID, its people, its role, its subscription and its patients' phones. Its results stay."""
    onboarding = load_onboarding(stack)
    known = onboarding.named(clinic_id)
    phones = len(onboarding.phones.of_clinic(clinic_id))
    if not yes:
        counted = "1 phone" if phones == 1 else f"{phones} phones"
        click.confirm(f"Remove {known.name} and {counted} of its patients?", abort=True)
    # First: until people and role are gone, the clinic can read its results.
    load_clinicians(stack).remove_clinic(clinic_id)
    if known.role:
        load_clinic_roles(onboarding, stack).remove(known)
    onboarding.remove(clinic_id)
    click.echo(f"Clinic {clinic_id} is removed. Its microscopes can still upload: turn them off.")


def _check_name_and_email(name: str, email: str) -> None:
    if not name or not is_printable_name(name):
        raise click.UsageError("the clinic's name is empty or contains unprintable characters.")
    if not is_email(email.strip()):
        raise click.UsageError(f"{email!r} is not an e-mail address.")


def _fields(one: "Clinic", onboarding: "Onboarding") -> dict[str, str]:
    state = "is being removed: run `clinic remove` again" if one.leaving else _STATES[onboarding.state(one)]
    return {
        "id": one.id,
        "name": one.name,
        "email": one.email,
        "language": str(one.language),
        "topic": one.topic_arn.rpartition(":")[2],
        "state": state,
        "role": one.role,
        "contact": ", ".join(one.contact_lines),
    }
