"""One line for each field and each settled examination."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from blastlens.cloud.tables.examinations import ExaminationsTable
from blastlens.cloud.tables.results import ResultsTable
from blastlens.domain.examination import Examination, ExaminationStatus
from blastlens.domain.labels import WORDS
from blastlens.domain.prediction import Prediction
from blastlens.domain.record import Record
from blastlens.domain.result import ResultId
from blastlens.domain.upload import ExaminationId
from blastlens.local.cloud import EmbeddedCloud
from blastlens.local.event_sources.filters import Pattern
from blastlens.local.event_sources.invocation import Function
from blastlens.local.event_sources.stream_pump import StreamPump

_NEW_RECORDS = {"eventName": ["INSERT"]}


def field_pump(cloud: EmbeddedCloud, show: Callable[[str], None]) -> StreamPump:
    """Return a pump that shows a line for each new record of the results table.

    Args:
        cloud: a running cloud.
        show: called with each line.
    """
    table = ResultsTable(cloud.clients.client("dynamodb"), cloud.stack.resources["ResultsTable"])

    def handle(event: dict[str, Any], _: object) -> None:
        for one in event["Records"]:
            keys = one["dynamodb"]["Keys"]
            record = table.get(ResultId(keys["upload"]["S"], keys["reading"]["S"]))
            if record is not None:
                show(format_record(record))

    return _pump(cloud, "ExamineFunction", handle, (_NEW_RECORDS,))


def examination_pump(cloud: EmbeddedCloud, show: Callable[[str], None]) -> StreamPump:
    """Return a pump that shows a line for each examination that settles, is held or is signed, once for each state.

    Args:
        cloud: a running cloud.
        show: called with each line.
    """
    table = ExaminationsTable(cloud.clients.client("dynamodb"), cloud.stack.resources["ExaminationsTable"])
    shown: dict[ExaminationId, str] = {}

    def handle(event: dict[str, Any], _: object) -> None:
        for one in event["Records"]:
            keys = one["dynamodb"]["Keys"]
            patient, _, examination = f"{keys['patient']['S']}/{keys['examination']['S']}".rpartition("/")
            ids = (*patient.split("/"), examination)
            found = table.get(ExaminationId(*ids)) if len(ids) == 3 else None
            line = None if found is None else format_examination(found)
            if found is not None and line is not None and shown.get(found.id) != line:
                shown[found.id] = line
                show(line)

    return _pump(cloud, "NotifyFunction", handle, ())


def _pump(
    cloud: EmbeddedCloud, follows: str, handle: Callable[[dict[str, Any], object], None], patterns: tuple[Pattern, ...]
) -> StreamPump:
    """Return a pump of the stream that a function follows."""
    (mapping,) = (one for one in cloud.stack.streams if one.function == follows)
    reads = replace(mapping, function="answers", failure_arn=None, max_retries=0, patterns=patterns)
    streams = cloud.clients.client("dynamodbstreams")
    return StreamPump(streams, reads, Function("answers", handle), discard=lambda record: None)


def format_examination(examination: Examination) -> str | None:
    """Return examination, state, fields and answer; None while it is open for fields alone."""
    totals, status = examination.totals, str(examination.status)
    if examination.status is ExaminationStatus.OPEN:
        if not examination.is_held:
            return None
        status = "HELD: another patient has the same image"
    fields = f"{totals.fields_read} of {totals.fields} fields read"
    answer = totals.answer
    if answer is None:
        found = "no field could be read"
    elif answer.missing_cells:
        found = f"about {answer.missing_cells} more white cells are needed"
    else:
        names = " or ".join(WORDS[label].title for label in answer.prediction_set)
        found = f"{names}, {answer.white_cells} white cells"
    return f"{examination.id.examination_id}  {status}  {fields}: {found}"


def format_record(record: Record) -> str:
    """Return upload, class, probability and seconds from the upload to the answer."""
    result = record.result
    upload = result.upload.upload_id if result.upload else "(key breaks the contract)"
    seconds = max(0.0, result.answered_at.timestamp() - _stored_at(result.source.sequencer, result.uploaded_at))
    return f"{upload}  {_format_answer(record)}  {seconds:.1f} s"


def _format_answer(record: Record) -> str:
    answer = record.result.answer
    if not isinstance(answer, Prediction):
        return f"Rejected: {str(answer.reason).replace('_', ' ')}"
    likeliest = f"{WORDS[answer.label].title} {answer.probabilities[answer.label]:.0%}"
    return likeliest if answer.is_certain else f"Uncertain: have it read first (likeliest {likeliest})"


def _stored_at(sequencer: str, uploaded_at: datetime) -> float:
    """Return when S3 stored the object, in seconds since 1970.

    The services here write the time into the sequencer (`event_sources.object_events`); S3's own time has whole
    seconds. Sequencers of hand-written events are no times: then S3's own time counts.
    """
    stored = int(sequencer, 16) / 1_000_000 if sequencer else 0.0
    whole_seconds = uploaded_at.timestamp()
    return stored if abs(stored - whole_seconds) <= 1 else whole_seconds
