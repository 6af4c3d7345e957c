"""`blastlens audit-trail`: who has seen the results of a patient or clinic."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from blastlens.cli.deployment import deployment_options
from blastlens.domain.access import Access, Subject
from blastlens.domain.upload import is_valid_id

if TYPE_CHECKING:
    from blastlens.cloud.audit_trail import AuditTrail

_OUTPUT = "AuditLogGroupName"


_LEVELS = {"examination": "CLINIC/PATIENT/EXAMINATION", "patient": "CLINIC/PATIENT", "clinic": "CLINIC"}


def _subject(context: click.Context, parameter: click.Parameter, value: str | None) -> Subject | None:
    if value is None:
        return None
    form, ids = _LEVELS[str(parameter.name)], value.split("/")
    if len(ids) != len(form.split("/")) or not all(map(is_valid_id, ids)):
        raise click.BadParameter(f"it has the form {form}, with opaque ids of letters, digits, '-' or '_'.")
    return Subject(*ids)


@click.command("audit-trail")
@click.option("--examination", callback=_subject, metavar=_LEVELS["examination"], help="Accesses to one examination.")
@click.option("--patient", callback=_subject, metavar=_LEVELS["patient"], help="Accesses to one patient's results.")
@click.option("--clinic", callback=_subject, metavar=_LEVELS["clinic"], help="Accesses to one clinic's results.")
@click.option("--since", type=click.DateTime(), default=None, help="Only accesses from this time on (UTC).")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per access.")
@deployment_options
def audit_trail(
    examination: Subject | None,
    patient: Subject | None,
    clinic: Subject | None,
    since: datetime | None,
    as_json: bool,
    stack: str,
) -> None:
    """Show who has seen which results through the API: time, caller, address, what and its status.

    It reads the complete audit trail from --since on, which may take minutes.
    """
    asked = [one for one in (examination, patient, clinic) if one is not None]
    if len(asked) != 1:
        raise click.UsageError("name one of --examination, --patient and --clinic.")
    start = since.replace(tzinfo=UTC) if since else None
    found = sorted(load_audit_trail(stack).read(asked[0], start), key=lambda access: access.at)
    _print(dict.fromkeys(found), as_json)
    if not found and not as_json:
        click.echo("No access is recorded.")


def load_audit_trail(stack: str) -> "AuditTrail":
    """Return the audit trail of a stack.

    Raises:
        InvalidSettings: there is no such stack, or it was deployed from an older template.
    """
    from blastlens.cloud.audit_trail import AuditTrail
    from blastlens.cloud.clients import cloudformation_client, logs_client
    from blastlens.cloud.stack_outputs import stack_outputs

    return AuditTrail(logs_client(), stack_outputs(cloudformation_client(), stack, (_OUTPUT,))[_OUTPUT])


def _print(accesses: Iterable[Access], as_json: bool) -> None:
    for one in accesses:
        if as_json:
            click.echo(json.dumps(one.to_plain()))
        else:
            click.echo(
                f"{one.at:%Y-%m-%d %H:%M:%S}  {one.caller}  {one.address}  {one.status}  {one.action}  {one.subject}"
            )
