"""`blastlens export`: export of a clinic's records."""

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click

from blastlens.cli.deployment import deployment_options, load_deployment
from blastlens.cli.image_files import printable_path
from blastlens.cli.printed_commands import typed_options
from blastlens.domain.errors import InvalidSettings

if TYPE_CHECKING:
    from blastlens.cloud.tables.results import ResultsTable
    from blastlens.domain.record import Record

FORMATS = ("fhir", "csv", "parquet")

_PAGE = 100


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
    """Export a clinic's records for other systems, newest upload first.

    \b
    fhir     one FHIR R4 DiagnosticReport per line, with an Observation for each class
    csv      one row per record; texts that a spreadsheet would change begin with '
    parquet  the same rows with types; needs --out

    fhir and parquet need the extra: `make install EXTRAS=export` in a clone of the repository, or
    pip install 'WHEEL[export]'. The records contain opaque patient ids only, but are health data:
    protect the files like medical records. Text is UTF-8.
    """
    if form == "parquet" and out is None:
        raise click.UsageError("parquet is a binary format: name a file with --out.")
    if excel and form != "csv":
        raise click.UsageError("--excel is for --format csv.")
    results = _open_results(stack, clinic_id)
    records = _Counted(_iterate_records(results, clinic_id, since.replace(tzinfo=UTC) if since else None))
    _write(records, form, out, excel)
    click.echo(_report(records.count, clinic_id, out), err=out is None)


class _Counted:
    """Records that are counted while they are read."""

    def __init__(self, records: "Iterator[Record]") -> None:
        self._records = records
        self.count = 0

    def __iter__(self) -> "Iterator[Record]":
        for record in self._records:
            self.count += 1
            yield record


def _report(count: int, clinic_id: str, out: Path | None) -> str:
    where = "written to standard output" if out is None else f"written to {printable_path(out)}"
    return f"{count} {'record' if count == 1 else 'records'} of clinic {clinic_id} {where}."


def _write(records: "Iterable[Record]", form: str, out: Path | None, excel: bool) -> None:
    if out is None:
        if isinstance(sys.stdout, TextIOWrapper):  # UTF-8, and the line ends of the format, on every system
            sys.stdout.reconfigure(encoding="utf-8", errors="strict", newline="")
        _write_text(records, form, sys.stdout, excel)
        return
    with _replacing(out) as unfinished:
        if form == "parquet":
            from blastlens.cli.export_formats import to_row, write_parquet

            write_parquet(map(to_row, records), unfinished)
        else:
            with unfinished.open("w", encoding="utf-8", newline="") as stream:
                _write_text(records, form, stream, excel)


def _write_text(records: "Iterable[Record]", form: str, stream: TextIO, excel: bool) -> None:
    from blastlens.cli.export_formats import to_row, write_csv, write_fhir

    if form == "fhir":
        write_fhir(records, stream)
    else:
        write_csv(map(to_row, records), stream, excel)


def _open_results(stack: str, clinic_id: str) -> "ResultsTable":
    """Return the table of results.

    Raises:
        InvalidSettings: there is no such clinic. One that was removed still has its results.
    """
    from blastlens.cloud.clients import dynamodb_client
    from blastlens.cloud.tables.clinics import ClinicsTable
    from blastlens.cloud.tables.results import ResultsTable

    client, deployment = dynamodb_client(), load_deployment(stack)
    results = ResultsTable(client, deployment.results_table)
    is_known = results.worklist(clinic_id, 1).records or ClinicsTable(client, deployment.clinics_table).get(clinic_id)
    if not is_known:
        raise InvalidSettings(
            f"There is no clinic {clinic_id} in {stack}: see `blastlens clinic list{typed_options()}` for the ids. "
            "Nothing was written."
        )
    return results


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
