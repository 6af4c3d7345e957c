"""`blastlens clinic`: clinics that are told of results."""

import json
from typing import TYPE_CHECKING

import click

from blastlens.cli.deployed import LANGUAGES, onboarding_of, stack_option
from blastlens.domain.catalogue import Language
from blastlens.domain.names import can_be_printed, tidied

if TYPE_CHECKING:
    from blastlens.cloud.operations.onboarding import Onboarding
    from blastlens.domain.clinic import Clinic

_STATES = {
    "missing": "not asked: run `clinic add` again",
    "pending": "waits for its confirmation",
    "confirmed": "is told",
    "unlocked": "is told, but whoever has one of its mails can end it: confirm by `clinic confirm`",
}
_ASKED = (
    "An e-mail is on its way to {email}. Have its link copied, not opened, and then:\n"
    "  blastlens clinic confirm {id} --stack {stack} --link 'THE LINK'"
)


@click.group("clinic")
def clinic() -> None:
    """Add clinics, see whether notices reach them, and remove them.

    Works on the deployment that --stack names, with your AWS credentials. docs/clinics.md leads through it.
    """


@clinic.command("add")
@click.argument("name")
@click.option("--email", required=True, help="Who is told of the clinic's results.")
@click.option("--language", type=LANGUAGES, default="en", show_default=True, help="In which they are told.")
@stack_option
def add(name: str, email: str, language: str, stack: str) -> None:
    """Add the clinic NAME and ask its address to confirm.

    Adding it again changes nothing, finishes what was interrupted, and sends the question once more.
    """
    name = tidied(name)
    _refuse_odd(name, email)
    onboarding = onboarding_of(stack)
    added = onboarding.add(name, email.strip(), Language(language))
    click.echo(f"{added.id}  {added.name}")
    if onboarding.state(added) == "pending":
        click.echo(_ASKED.format(email=added.email, id=added.id, stack=stack))
    else:
        click.echo(f"{added.email} {_STATES[onboarding.state(added)]}.")


@clinic.command("confirm")
@click.argument("clinic_id")
@click.option("--link", required=True, help="The link in the mail from AWS, whole, in quotes.")
@stack_option
def confirm(clinic_id: str, link: str, stack: str) -> None:
    """Confirm the address of CLINIC_ID so that nobody can end its notices by a link in a mail."""
    state = onboarding_of(stack).confirm(clinic_id, link)
    click.echo(f"Clinic {clinic_id} {_STATES[state]}.")


@clinic.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
@stack_option
def list_clinics(as_json: bool, stack: str) -> None:
    """List the clinics, and whether notices reach them."""
    onboarding = onboarding_of(stack)
    for one in onboarding.clinics.all():
        fields = _fields(one, onboarding)
        click.echo(json.dumps(fields) if as_json else "  ".join(str(value) for value in fields.values()))


@clinic.command("test")
@click.argument("clinic_id")
@stack_option
def test(clinic_id: str, stack: str) -> None:
    """Send CLINIC_ID a notice that says that it is a test."""
    from blastlens.cloud.clients import sns_client
    from blastlens.cloud.notifications.notices import ClinicTopics
    from blastlens.domain.notice import test_notice

    onboarding = onboarding_of(stack)
    known = onboarding.named(clinic_id)
    topics = ClinicTopics(sns_client(), onboarding.deployment.clinic_topic_arn)
    topics.publish(test_notice(clinic_id, known.language), known.topic_arn)
    click.echo(f"A test is on its way to {known.email}, who {_STATES[onboarding.state(known)]}.")


@clinic.command("remove")
@click.argument("clinic_id")
@click.option("--yes", is_flag=True, help="Do not ask.")
@stack_option
def remove(clinic_id: str, yes: bool, stack: str) -> None:
    """Remove CLINIC_ID, its subscription and its patients' phones. Its results stay."""
    onboarding = onboarding_of(stack)
    known = onboarding.named(clinic_id)
    phones = len(onboarding.phones.of_clinic(clinic_id))
    if not yes:
        click.confirm(f"Remove {known.name} and {phones} phones of its patients?", abort=True)
    onboarding.remove(clinic_id)
    click.echo(f"Clinic {clinic_id} is removed. Its microscopes can still upload: turn them off.")


def _refuse_odd(name: str, email: str) -> None:
    if not name or not can_be_printed(name):
        raise click.UsageError("the clinic's name is empty, or holds what cannot be printed.")
    local, at, domain = email.strip().partition("@")
    if not (local and at and "." in domain) or any(one.isspace() for one in email.strip()):
        raise click.UsageError(f"{email!r} is no e-mail address.")


def _fields(one: "Clinic", onboarding: "Onboarding") -> dict[str, str]:
    state = "is being removed: run `clinic remove` again" if one.leaving else _STATES[onboarding.state(one)]
    return {
        "id": one.id,
        "name": one.name,
        "email": one.email,
        "language": str(one.language),
        "topic": one.topic_arn.rpartition(":")[2],
        "state": state,
    }
