"""`blastlens export`: export of a clinic's records."""

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from io import TextIOWrapper
from itertools import starmap
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TextIO, TypeVar

import click

from blastlens.cli.deployment import deployment_options, load_deployment
from blastlens.cli.image_files import printable_path
from blastlens.cli.printed_commands import typed_options
from blastlens.cli.recorded_reads import open_reads, recorded_reads
from blastlens.domain.errors import InvalidSettings

if TYPE_CHECKING:
    from blastlens.cloud.tables.examinations import ExaminationsTable
    from blastlens.cloud.tables.results import ResultsTable
    from blastlens.domain.examination import Examination
    from blastlens.domain.record import Record
    from blastlens.domain.upload import ExaminationId

FORMATS = ("fhir", "csv", "parquet")

_PAGE = 100

Exported = TypeVar("Exported")


@click.command("export")
@click.option("--clinic", "clinic_id", required=True, help="The clinic's id.")
@click.option("--format", "form", type=click.Choice(FORMATS), required=True, help="File format.")
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="File to write; standard output by default."
)
@click.option("--since", type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]), help="Only uploads since then (UTC).")
@click.option("--excel", is_flag=True, help="For csv: begin with a byte order mark, by which Excel recognises UTF-8.")
@deployment_options
def export(clinic_id: str, form: str, out: Path | None, since: datetime | None, excel: bool, stack: str) -> None:
    """Export a clinic's examinations or their fields for other systems.

    \b
    fhir     one FHIR R4 DiagnosticReport per line and examination, unsigned and urgent first
    csv      one row per field, newest upload first; texts that a spreadsheet would change begin with '
    parquet  the same rows with types; needs --out

    fhir and parquet need the extra: `make install EXTRAS=export` in a clone of the repository, or
    pip install 'WHEEL[export]'. The records contain opaque patient ids only, but are health data:
    protect the files like medical records. Text is UTF-8.
    """
    if form == "parquet" and out is None:
        raise click.UsageError("parquet is a binary format: name a file with --out.")
    if excel and form != "csv":
        raise click.UsageError("--excel is for --format csv.")
    results, examinations = _open_tables(stack, clinic_id)
    (trail, caller), action = open_reads(stack), "blastlens export"
    start = since.replace(tzinfo=UTC) if since else None
    if form == "fhir":
        found = _iterate_examinations(examinations, clinic_id, start)
        reports = _Counted(recorded_reads(found, lambda one: one.id, trail, caller, action))
        _write(reports, form, out, excel)
        click.echo(_report(reports.count, "examination", clinic_id, out), err=out is None)
        return
    read = _iterate_records(results, clinic_id, start)
    records = _Counted(recorded_reads(read, _examination_of, trail, caller, action))
    _write(_with_examinations(records, examinations), form, out, excel)
    click.echo(_report(records.count, "record", clinic_id, out), err=out is None)


def _examination_of(record: "Record") -> "ExaminationId | None":
    return None if record.result.upload is None else record.result.upload.examination


class _Counted(Generic[Exported]):
    """What is counted while it is read."""

    def __init__(self, found: Iterator[Exported]) -> None:
        self._found = found
        self.count = 0

    def __iter__(self) -> Iterator[Exported]:
        for one in self._found:
            self.count += 1
            yield one


def _report(count: int, kind: str, clinic_id: str, out: Path | None) -> str:
    where = "written to standard output" if out is None else f"written to {printable_path(out)}"
    return f"{count} {kind}{'' if count == 1 else 's'} of clinic {clinic_id} {where}."


def _write(records: "Iterable[Any]", form: str, out: Path | None, excel: bool) -> None:
    if out is None:
        if isinstance(sys.stdout, TextIOWrapper):  # UTF-8, and the line ends of the format, on every system
            sys.stdout.reconfigure(encoding="utf-8", errors="strict", newline="")
        _write_text(records, form, sys.stdout, excel)
        return
    with _replacing(out) as unfinished:
        if form == "parquet":
            from blastlens.cli.export_formats import to_row, write_parquet

            write_parquet(starmap(to_row, records), unfinished)
        else:
            with unfinished.open("w", encoding="utf-8", newline="") as stream:
                _write_text(records, form, stream, excel)


def _write_text(records: "Iterable[Any]", form: str, stream: TextIO, excel: bool) -> None:
    from blastlens.cli.export_formats import to_row, write_csv, write_fhir

    if form == "fhir":
        write_fhir(records, stream)
    else:
        write_csv(starmap(to_row, records), stream, excel)


def _open_tables(stack: str, clinic_id: str) -> "tuple[ResultsTable, ExaminationsTable]":
    """Return the tables of fields and of examinations.

    Raises:
        InvalidSettings: there is no such clinic. One that was removed still has its results.
    """
    from blastlens.cloud.clients import dynamodb_client
    from blastlens.cloud.tables.clinics import ClinicsTable
    from blastlens.cloud.tables.examinations import ExaminationsTable
    from blastlens.cloud.tables.results import ResultsTable

    client, deployment = dynamodb_client(), load_deployment(stack)
    results = ResultsTable(client, deployment.results_table)
    is_known = results.worklist(clinic_id, 1).records or ClinicsTable(client, deployment.clinics_table).get(clinic_id)
    if not is_known:
        raise InvalidSettings(
            f"There is no clinic {clinic_id} in {stack}: see `blastlens clinic list{typed_options()}` for the ids. "
            "Nothing was written."
        )
    return results, ExaminationsTable(client, deployment.examinations_table)


def _with_examinations(
    records: "Iterable[Record]", examinations: "ExaminationsTable"
) -> "Iterator[tuple[Record, Examination | None]]":
    """Yield each record with its examination; fields of one examination mostly follow one another."""
    known: Examination | None = None
    for record in records:
        upload = record.result.upload
        if upload is not None and (known is None or known.id != upload.examination):
            known = examinations.get(upload.examination)
        yield record, known if upload is not None else None


def _iterate_examinations(
    examinations: "ExaminationsTable", clinic_id: str, since: datetime | None
) -> "Iterator[Examination]":
    place = None
    while True:
        page = examinations.worklist(clinic_id, _PAGE, place)
        # They are not in the order of their uploads: all are read.
        yield from (one for one in page.examinations if since is None or one.totals.uploaded_at >= since)
        place = page.next
        if place is None:
            return


def _iterate_records(results: "ResultsTable", clinic_id: str, since: datetime | None) -> "Iterator[Record]":
    place = None
    while True:
        page = results.worklist(clinic_id, _PAGE, place)
        for record in page.records:
            if since is not None and record.result.uploaded_at < since:
                return
            yield record
        place = page.next
        if place is None:
            return


@contextmanager
def _replacing(out: Path) -> Iterator[Path]:
    """Yield a temporary path, which is renamed to `out` after everything was written."""
    unfinished = out.with_name(f".{out.name}.unfinished")
    try:
        yield unfinished
        unfinished.replace(out)
    finally:
        unfinished.unlink(missing_ok=True)
