"""`blastlens export`: export of a clinic's records."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click

from blastlens.cli.deployment import load_deployment, stack_option

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
@stack_option
def export(clinic_id: str, form: str, out: Path | None, since: datetime | None, excel: bool, stack: str) -> None:
    """Export a clinic's records for other systems, newest upload first.

    \b
    fhir     one FHIR R4 DiagnosticReport per line, with an Observation for each class
    csv      one row per record; texts that a spreadsheet would change begin with '
    parquet  the same rows with types; needs --out

    fhir and parquet need the extra: pip install 'blastlens[export]'. The records contain opaque
    patient ids only, but are health data: protect the files like medical records.
    """
    if form == "parquet" and out is None:
        raise click.UsageError("parquet is a binary format: name a file with --out.")
    if excel and form != "csv":
        raise click.UsageError("--excel is for --format csv.")
    records = _iterate_records(_open_results(stack), clinic_id, since.replace(tzinfo=UTC) if since else None)
    if out is None:
        _write_text(records, form, sys.stdout, excel)
        return
    with _replacing(out) as unfinished:
        if form == "parquet":
            from blastlens.cli.export_formats import to_row, write_parquet

            write_parquet(map(to_row, records), unfinished)
        else:
            with unfinished.open("w", encoding="utf-8", newline="") as stream:
                _write_text(records, form, stream, excel)


def _write_text(records: "Iterator[Record]", form: str, stream: TextIO, excel: bool) -> None:
    from blastlens.cli.export_formats import to_row, write_csv, write_fhir

    if form == "fhir":
        write_fhir(records, stream)
    else:
        write_csv(map(to_row, records), stream, excel)


def _open_results(stack: str) -> "ResultsTable":
    from blastlens.cloud.clients import dynamodb_client
    from blastlens.cloud.tables.results import ResultsTable

    return ResultsTable(dynamodb_client(), load_deployment(stack).results_table)


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
