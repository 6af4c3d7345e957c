"""`blastlens clinician`: people who sign in to the page."""

import json
from typing import TYPE_CHECKING

import click

from blastlens.cli.deployment import deployment_options, load_clinicians, load_onboarding
from blastlens.domain.clinic import is_email, is_printable_name, tidy_name
from blastlens.domain.clinician import Role

if TYPE_CHECKING:
    from blastlens.cloud.operations.clinicians import Account

_MAX_NAME = 100
_INVITED = (
    "AWS has sent {email} a first password, which is valid for seven days. At the first sign-in they choose one of "
    "their own and set up an authenticator app. `clinician passkey` lets them add a passkey afterwards."
)
_CHANGED = "{email} has an account already. New roles apply within 15 minutes, or after signing in again."


@click.group("clinician")
def clinician() -> None:
    """Add people who sign in to the page, list them, and remove them.

    Uses the deployment that --stack names, with your AWS credentials. docs/clinics.md is a guide.
    """


@clinician.command("add")
@click.argument("clinic_id")
@click.argument("name")
@click.option("--email", required=True, help="Address that the person signs in with.")
@click.option(
    "--role",
    "roles",
    type=click.Choice([str(one) for one in Role]),
    multiple=True,
    required=True,
    help="reader sees results, signer also signs them, admin also manages patients' codes. Repeatable.",
)
@deployment_options
def add(clinic_id: str, name: str, email: str, roles: tuple[str, ...], stack: str) -> None:
    """Add the person NAME to CLINIC_ID, or change their name and roles.

    NAME stands beside their signatures. They get an e-mail with a first password, once more if this is run again before
    they have signed in.
    """
    name, email = tidy_name(name), email.strip()
    if not is_printable_name(name) or len(name) > _MAX_NAME:
        raise click.UsageError(f"the name is empty, longer than {_MAX_NAME} letters, or has unprintable characters.")
    if not is_email(email):
        raise click.UsageError(f"{email!r} is not an e-mail address.")
    known = load_onboarding(stack).named(clinic_id)
    account = load_clinicians(stack).add(known.id, frozenset(map(Role, roles)), name, email)
    click.echo(_line(account))
    click.echo((_INVITED if account.is_invited else _CHANGED).format(email=email))


@clinician.command("list")
@click.argument("clinic_id")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per person.")
@deployment_options
def list_clinicians(clinic_id: str, as_json: bool, stack: str) -> None:
    """List the people of CLINIC_ID with their roles."""
    for one in load_clinicians(stack).of_clinic(clinic_id):
        click.echo(json.dumps(_fields(one)) if as_json else _line(one))


@clinician.command("passkey")
@click.argument("clinic_id")
@click.argument("email")
@deployment_options
def passkey(clinic_id: str, email: str, stack: str) -> None:
    """Let the person with the address EMAIL sign in by a passkey, and show where they add one.

    Run it after their first sign-in, at which they set up an authenticator app.
    """
    from blastlens.cloud.clients import cloudformation_client
    from blastlens.cloud.operations.publication import PageStack

    load_clinicians(stack).admit_passkeys(clinic_id, email.strip())
    click.echo(f"{email.strip()} adds a passkey at:")
    click.echo(f"  {PageStack.of_stack(cloudformation_client(), stack).passkey_url}")


@clinician.command("remove")
@click.argument("clinic_id")
@click.argument("email")
@deployment_options
def remove(clinic_id: str, email: str, stack: str) -> None:
    """Remove the person with the address EMAIL from CLINIC_ID. Their signatures stay."""
    load_clinicians(stack).remove(clinic_id, email.strip())
    click.echo(f"{email.strip()} cannot sign in any more. A page that they have open works for 15 minutes at most.")


def _fields(account: "Account") -> dict[str, object]:
    person = account.clinician
    state = "invited" if account.is_invited else "active"
    return {"name": person.name, "email": account.email, "roles": _roles(account), "state": state}


def _line(account: "Account") -> str:
    fields = _fields(account)
    return "  ".join((str(fields["name"]), str(fields["email"]), ", ".join(_roles(account)), str(fields["state"])))


def _roles(account: "Account") -> list[str]:
    return [str(role) for role in Role if role in account.clinician.roles]
