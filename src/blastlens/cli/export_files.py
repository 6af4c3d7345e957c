"""The formats that need a library of the extra `export`: FHIR, checked by its specification, and Parquet."""

from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import Any, TextIO

from blastlens.cli.export_rows import COLUMNS, Row
from blastlens.domain.errors import InvalidSettings
from blastlens.domain.fhir import diagnostic_report
from blastlens.domain.record import Record

ROWS_AT_A_TIME = 5000


def write_fhir(records: Iterable[Record], out: TextIO) -> None:
    """Write a DiagnosticReport a line (NDJSON), each built anew by the library that knows the specification.

    Raises:
        InvalidSettings: the library is not installed.
    """
    report = _fhir_report()
    for record in records:
        out.write(report(diagnostic_report(record)).model_dump_json())
        out.write("\n")


def write_parquet(rows: Iterable[Row], path: Path) -> None:
    """Write rows as Parquet, with the types of `COLUMNS`.

    Raises:
        InvalidSettings: the library is not installed.
    """
    try:
        import pyarrow
        from pyarrow import parquet
    except ModuleNotFoundError as missing:
        raise _not_installed(missing) from missing
    types = {str: pyarrow.string(), float: pyarrow.float64(), datetime: pyarrow.timestamp("ms", tz="UTC")}
    schema = pyarrow.schema([(name, types[kind]) for name, kind in COLUMNS.items()])
    with parquet.ParquetWriter(path, schema) as writer:
        waiting: list[Row] = []
        for row in rows:
            waiting.append(row)
            if len(waiting) == ROWS_AT_A_TIME:
                writer.write_table(pyarrow.Table.from_pylist(waiting, schema))
                waiting = []
        writer.write_table(pyarrow.Table.from_pylist(waiting, schema))


def _fhir_report() -> Callable[[dict[str, Any]], Any]:
    try:
        # The library calls its R4 by its last edition, R4B; the two agree on all that is used here.
        from fhir.resources.R4B.diagnosticreport import DiagnosticReport
    except ModuleNotFoundError as missing:
        raise _not_installed(missing) from missing
    return DiagnosticReport.model_validate


def _not_installed(missing: ModuleNotFoundError) -> InvalidSettings:
    return InvalidSettings(
        f"This format needs {missing.name}, which is not installed: pip install 'blastlens[export]'. "
        "--format csv needs nothing."
    )
