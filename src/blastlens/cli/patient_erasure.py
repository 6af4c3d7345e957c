"""`patient erase` and `patient readmit`: erasing a patient's data."""

import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import click

from blastlens.cli.deployment import deployment_options
from blastlens.cli.patient_stores import load_erasure, load_stores, record_access, valid_id
from blastlens.cli.printed_commands import program, typed_options
from blastlens.domain.errors import InvalidSettings, ServiceUnavailable
from blastlens.domain.patient import PatientId

if TYPE_CHECKING:
    from rich.console import Console

    from blastlens.cloud.operations.erasure import Erasure, Holdings

RECOVERY_DAYS = 35
"""How long DynamoDB keeps what point-in-time recovery needs."""

QUEUE_DAYS = 14
"""How long the queues keep messages; those about images hold keys, and a key holds the patient's id."""


@click.command("erase")
@click.argument("clinic_id", metavar="CLINIC", callback=valid_id)
@click.argument("patient_id", metavar="PATIENT", callback=valid_id)
@click.option("--yes", is_flag=True, help="Do not ask; for scripts.")
@deployment_options
def erase(clinic_id: str, patient_id: str, yes: bool, stack: str) -> None:
    """Erase everything that is stored of PATIENT of CLINIC, for good.

    Deletes all versions of images and artifacts, field records, examinations with signatures and reviews, phones, and
    access codes of the patient's page.
    Asks first, and prints what remains where and until when. Takes two passes: what was being answered meanwhile is
    erased by the second, two minutes after the first began. Safe to interrupt and to repeat.

    Later images of the patient are not read, until `patient readmit`.
    """
    from blastlens.cli.terminal import make_console

    stores = load_stores(stack)
    erasure, patient = load_erasure(stores), PatientId(clinic_id, patient_id)
    console = make_console()
    with console.status("Searching the bucket and the tables ..."):
        holdings = erasure.survey(patient)
    if holdings.is_empty and not erasure.tombstones.covers(patient):
        # A tombstone for mistyped ids would refuse another patient's images.
        raise InvalidSettings(
            f"Nothing is stored of patient {patient_id} of clinic {clinic_id}: check both ids. Nothing was done."
        )
    _show(holdings, patient)
    if not yes:
        _ask(patient, holdings)
    record_access(stores, patient, "blastlens patient erase")
    erased_at = datetime.now(UTC)
    _erase_in_passes(erasure, patient, holdings, console)
    click.echo(f"Patient {patient_id} of clinic {clinic_id} is erased.")
    click.echo("\n".join(["What remains, and until when:", *_remains(erased_at, stores.parameters)]))
    again = f"{program()} patient readmit {clinic_id} {patient_id}{typed_options()}"
    click.echo(f"Later images of this patient are not read. If the patient comes back, run: {again}")


@click.command("readmit")
@click.argument("clinic_id", metavar="CLINIC", callback=valid_id)
@click.argument("patient_id", metavar="PATIENT", callback=valid_id)
@deployment_options
def readmit(clinic_id: str, patient_id: str, stack: str) -> None:
    """Let images of PATIENT of CLINIC in again, who was erased.

    Nothing that was erased comes back. Images that arrived since the erasure are read by the next `reconcile --repair`.
    """
    stores, patient = load_stores(stack), PatientId(clinic_id, patient_id)
    tombstones = load_erasure(stores).tombstones
    if not tombstones.covers(patient):
        click.echo(f"Patient {patient_id} of clinic {clinic_id} was not erased: there is nothing to do.")
        return
    record_access(stores, patient, "blastlens patient readmit")
    tombstones.remove(patient)
    click.echo(
        f"Images of patient {patient_id} of clinic {clinic_id} are read again. For those that arrived since the "
        f"erasure, run {program()} reconcile --repair{typed_options()}."
    )


def _show(holdings: "Holdings", patient: PatientId) -> None:
    click.echo(f"Stored of patient {patient.patient_id} of clinic {patient.clinic_id}:")
    for line in holdings.described or ["nothing any more"]:
        click.echo(f"  {line}")


def _ask(patient: PatientId, holdings: "Holdings") -> None:
    if holdings.signed:
        signed = "1 examination is signed" if holdings.signed == 1 else f"{holdings.signed} examinations are signed"
        click.echo(f"{signed}. Laws may require that signed findings are kept for years: ask before you erase them.")
    click.echo("Erased data cannot be brought back. `patient export` writes a copy of it into a folder.")
    typed = click.prompt("Type the patient's id to erase all of this", default="", show_default=False)
    if typed.strip() != patient.patient_id:
        raise click.UsageError("that is not the patient's id. Nothing was erased.")


def _erase_in_passes(erasure: "Erasure", patient: PatientId, holdings: "Holdings", console: "Console") -> None:
    """Erase twice, with the time between that answers under way need; check that nothing came after it."""
    from blastlens.cloud.operations.erasure import SETTLE_SECONDS

    erasure.forbid(patient)
    begun = time.monotonic()
    _erase_once(erasure, patient, holdings, "First pass", console)
    _wait(begun + SETTLE_SECONDS - time.monotonic(), console)
    late = erasure.survey(patient)
    _erase_once(erasure, patient, late, "Second pass", console)
    left = erasure.survey(patient)
    if not left.is_empty:
        raise ServiceUnavailable(
            "Something of the patient was stored while the second pass ran: turn off the microscope that sends images "
            "of this patient, and run the command again."
        )


def _erase_once(erasure: "Erasure", patient: PatientId, holdings: "Holdings", name: str, console: "Console") -> None:
    from rich.progress import Progress

    with Progress(console=console, transient=True) as progress:
        bars = {what: progress.add_task(what, total=number) for what, number in holdings.counts.items() if number}
        erasure.erase(patient, holdings, lambda what, number: progress.advance(bars[what], number))
    click.echo(f"{name}: {', '.join(holdings.described) or 'nothing'} erased.")


def _wait(seconds: float, console: "Console") -> None:
    if seconds <= 0:
        return
    click.echo(
        f"Waiting {seconds:.0f} seconds for answers that are under way. If you stop here, run the command again."
    )
    with console.status("Waiting ..."):
        time.sleep(seconds)


def _remains(erased_at: datetime, parameters: Mapping[str, str]) -> list[str]:
    """Return a line for each place where something of an erased patient remains."""

    def until(days: str | int | None, name: str) -> str:
        if days is None:
            return f"for {name}"
        return f"until {(erased_at + timedelta(days=int(days))):%Y-%m-%d} ({days} days)"

    logs = until(parameters.get("LogRetentionDays"), "LogRetentionDays")
    audit = until(parameters.get("AuditRetentionDays"), "AuditRetentionDays")
    rows = {
        "point-in-time recovery of the tables": until(RECOVERY_DAYS, ""),
        "messages in the queues (keys of images)": until(QUEUE_DAYS, ""),
        "access logs of the bucket (keys of images)": logs,
        "logs of the functions (ids of uploads and examinations)": logs,
        "audit trail (who saw what; ids only)": audit,
        "e-mails, push messages and SMS that were sent": "until their recipients delete them",
        "copies at HTTPS subscribers, exports, backups of the account": "until their owners delete them",
        "files in the microscopes' own folders": "until the laboratory deletes them",
        "tombstone (a hash of the ids, and the time)": "until `patient readmit`",
    }
    return [f"  {what:<62} {until_when}" for what, until_when in rows.items()]
