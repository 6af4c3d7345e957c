"""`blastlens report`: report of an examination as a PDF."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from blastlens.cli.deployment import LANGUAGES, deployment_options
from blastlens.cli.image_files import printable_path
from blastlens.cli.printed_commands import install_command
from blastlens.cli.recorded_reads import open_reads, recorded_reads
from blastlens.cli.sign import examination_argument
from blastlens.domain.errors import InvalidSettings
from blastlens.domain.text_catalogue import Language
from blastlens.domain.upload import ExaminationId

if TYPE_CHECKING:
    from blastlens.functions.report.clinician_content import Subject

_READERS = click.Choice(["clinician", "patient"])


@click.command("report")
@examination_argument
@click.option(
    "--output",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="File to write, such as report.pdf.",
)
@click.option("--for", "reader", type=_READERS, default="clinician", show_default=True, help="Who reads the report.")
@click.option("--language", type=LANGUAGES, help="Language of the report; the clinic's by default.")
@deployment_options
def report(identity: ExaminationId, output: Path, reader: str, language: str | None, stack: str) -> None:
    """Write the report of an examination as a PDF of one page, as the pages of clinicians and patients do.

    ID is CLINIC/PATIENT/EXAMINATION, as `sign list` prints it. The report for clinicians contains the FHIR
    DiagnosticReport as an attachment. There is a patient's report of signed examinations only. The access is recorded
    in the audit trail. Needs the extra "local".
    """
    try:
        from blastlens.functions.report.documents import typeset_for_clinician, typeset_for_patient
    except ImportError as error:
        raise click.UsageError(f"{error}. Reports need {install_command('local')}.") from error
    subject = _find(identity, stack)
    if reader == "patient" and not subject.examination.history:
        raise InvalidSettings(f"Nobody has signed {identity}: patients read signed results only. Nothing was written.")
    typeset = typeset_for_patient if reader == "patient" else typeset_for_clinician
    chosen = Language(language) if language else subject.clinic.language
    pdf = typeset(subject, chosen, datetime.now(UTC))
    output.write_bytes(pdf)
    click.echo(f"{printable_path(output)}  {len(pdf):,} bytes")


def _find(identity: ExaminationId, stack: str) -> "Subject":
    """Return what a report is about, after the access was recorded.

    Raises:
        InvalidSettings: there is no such examination.
    """
    from blastlens.cli.patient_stores import load_stores
    from blastlens.cloud.clients import dynamodb_client
    from blastlens.functions.report.subjects import Subjects

    stores, dynamodb = load_stores(stack), dynamodb_client()
    names = (stores.examinations, stores.results, stores.reviews, stores.clinics)
    subject = Subjects.of_client(dynamodb, *names).find(identity)
    if subject is None:
        raise InvalidSettings(f"There is no examination {identity}, or none of its fields has been answered yet.")
    trail, caller = open_reads(stack)
    (recorded,) = recorded_reads([subject], lambda one: one.examination.id, trail, caller, "blastlens report")
    return recorded
