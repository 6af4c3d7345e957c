"""Formats of `blastlens export`: rows for CSV and Parquet, and FHIR reports."""

import csv
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, TextIO

from blastlens.cli.printed_commands import install_command
from blastlens.cli.spreadsheet_cells import protect_text
from blastlens.cloud.tables.items import text_of_time
from blastlens.domain.errors import InvalidSettings
from blastlens.domain.examination import Examination
from blastlens.domain.fhir import make_diagnostic_report
from blastlens.domain.fhir_references import check_references
from blastlens.domain.field import to_plain_field
from blastlens.domain.labels import Label
from blastlens.domain.prediction import Prediction, Quality, Rejection
from blastlens.domain.record import Audience, Record
from blastlens.domain.result import Result

ROWS_AT_A_TIME = 5000
_QUALITY = tuple(Quality.__dataclass_fields__)

COLUMNS: dict[str, type] = {
    **dict.fromkeys(("clinic_id", "patient_id", "upload_id", "object_version", "status", "label"), str),
    **{f"probability_{label}": float for label in Label},
    **dict.fromkeys(("prediction_set", "reason", "message"), str),
    **{f"quality_{name}": float for name in _QUALITY},
    **dict.fromkeys(("model_name", "model_version", "model_digest"), str),
    **dict.fromkeys(("uploaded_at", "answered_at", "clinic_told_at", "patient_told_at"), datetime),
    **dict.fromkeys(("signed_label", "signed_by"), str),
    "signed_at": datetime,
    # Behind the older columns, for programs that count them.
    **dict.fromkeys(("pixel_size_um", "pixel_size_error"), float),
    "pixel_size_from": str,
    **dict.fromkeys(("windows", "white_cells", "unnamed_cells"), int),
    "cautions": str,
    "taken_at": datetime,
    "blasts": int,
    "examination_id": str,
    **dict.fromkeys(("edge_digest", "edge_prediction_set", "edge_disagrees"), str),
}
"""Every column in order, with the type of its values; a value may also be None."""

BYTE_ORDER_MARK = "\ufeff"
"""First character of a file that Excel is to read as UTF-8."""

Row = dict[str, Any]


def to_row(record: Record, examination: Examination | None = None) -> Row:
    """Convert the record of a field to a row with a value, or None, for each of `COLUMNS`.

    Who was told and who signed is that of its examination; of the record itself where it has none.
    """
    result, upload = record.result, record.result.upload
    row: Row = dict.fromkeys(COLUMNS)
    row |= {
        "clinic_id": upload.clinic_id if upload else None,
        "patient_id": upload.patient_id if upload else None,
        "upload_id": upload.upload_id if upload else None,
        "object_version": result.source.version_id,
        "status": str(result.status),
        **{f"model_{name}": value for name, value in vars(result.answer.model).items()},
        "taken_at": result.taken_at,
        "uploaded_at": result.uploaded_at,
        "answered_at": result.answered_at,
        "examination_id": upload.examination.examination_id if upload else None,
    }
    custody = _cells_of_record(record) if examination is None else _cells_of_examination(examination)
    return row | custody | dict(_answer_cells(result.answer)) | _edge_cells(result)


def write_csv(rows: Iterable[Row], out: TextIO, for_excel: bool = False) -> None:
    """Write rows as CSV (RFC 4180), times as ISO 8601 in UTC, an empty cell for None.

    Texts that a spreadsheet would change or run are protected (see `spreadsheet_cells`). With `for_excel` the file
    begins with a byte order mark.
    """
    out.write(BYTE_ORDER_MARK if for_excel else "")
    writer = csv.DictWriter(out, list(COLUMNS))
    writer.writeheader()
    for row in rows:
        writer.writerow({name: _cell(name, value) for name, value in row.items()})


def write_fhir(examinations: Iterable[Examination], out: TextIO) -> None:
    """Write one validated DiagnosticReport of each examination per line (NDJSON).

    Raises:
        InvalidSettings: the library is not installed.
    """
    validate = _load_fhir_validator()
    for examination in examinations:
        report = make_diagnostic_report(examination)
        check_references(report)
        out.write(validate(report).model_dump_json())
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
    types = {
        str: pyarrow.string(),
        float: pyarrow.float64(),
        int: pyarrow.int64(),
        datetime: pyarrow.timestamp("ms", tz="UTC"),
    }
    schema = pyarrow.schema([(name, types[kind]) for name, kind in COLUMNS.items()])
    with parquet.ParquetWriter(path, schema) as writer:
        buffered: list[Row] = []
        for row in rows:
            buffered.append(row)
            if len(buffered) == ROWS_AT_A_TIME:
                writer.write_table(pyarrow.Table.from_pylist(buffered, schema))
                buffered = []
        writer.write_table(pyarrow.Table.from_pylist(buffered, schema))


def _cells_of_record(record: Record) -> Row:
    signed = record.signed_off
    told = {f"{who}_told_at": record.notified.get(who) for who in (Audience.CLINIC, Audience.PATIENT)}
    if signed is None:
        return told
    return told | {"signed_label": str(signed.label), "signed_by": signed.signed_by, "signed_at": signed.signed_at}


def _cells_of_examination(examination: Examination) -> Row:
    last = {who: examination.last_told(who) for who in (Audience.CLINIC, Audience.PATIENT)}
    told = {f"{who}_told_at": None if one is None else one.told_at for who, one in last.items()}
    if not examination.history:
        return told
    signed = examination.history[-1]
    conclusion = None if signed.conclusion is None else str(signed.conclusion)
    return told | {"signed_label": conclusion, "signed_by": signed.signed_by, "signed_at": signed.signed_at}


def _answer_cells(answer: Prediction | Rejection) -> Iterator[tuple[str, Any]]:
    if answer.quality is not None:
        yield from ((f"quality_{name}", getattr(answer.quality, name)) for name in _QUALITY)
    field = to_plain_field(answer.field)
    if field is not None:
        cells = field | {"cautions": " ".join(field["cautions"])}
        yield from ((name, cells[name]) for name in cells if name in COLUMNS)
    if isinstance(answer, Rejection):
        yield from (("reason", str(answer.reason)), ("message", answer.message))
        return
    yield "label", str(answer.label)
    yield "prediction_set", " ".join(str(label) for label in answer.prediction_set)
    yield from ((f"probability_{label}", value) for label, value in answer.probabilities.items())


def _edge_cells(result: Result) -> Row:
    """Return the verdict of the screening at the microscope, and whether the answer disagrees: yes, no or nothing."""
    if result.edge is None:
        return {}
    disagrees = result.edge_disagrees
    return {
        "edge_digest": result.edge.digest,
        "edge_prediction_set": " ".join(str(label) for label in result.edge.prediction_set),
        "edge_disagrees": None if disagrees is None else "yes" if disagrees else "no",
    }


def _cell(name: str, value: Any) -> Any:
    if isinstance(value, datetime):
        return text_of_time(value)
    return protect_text(value) if COLUMNS[name] is str and value is not None else value


def _load_fhir_validator() -> Callable[[dict[str, Any]], Any]:
    try:
        # The library has R4 as R4B; the two agree on all elements used here.
        from fhir.resources.R4B.diagnosticreport import DiagnosticReport
    except ModuleNotFoundError as missing:
        raise _not_installed(missing) from missing
    return DiagnosticReport.model_validate


def _not_installed(missing: ModuleNotFoundError) -> InvalidSettings:
    return InvalidSettings(
        f"This format needs the extra `export` ({missing}): {install_command('export')}. --format csv needs no extra."
    )
