"""Response bodies of the API: records, states, worklist pages and cursors."""

import base64
import json
from dataclasses import asdict
from datetime import datetime
from typing import Any

from blastlens.cloud.tables.items import text_of_time
from blastlens.cloud.tables.results import InvalidCursor, Page, WorklistCursor
from blastlens.domain.field import to_plain_field
from blastlens.domain.prediction import Answer, ModelIdentity, Quality, Rejection
from blastlens.domain.record import Record, SignOff
from blastlens.domain.result import Result
from blastlens.domain.upload import Upload

View = dict[str, Any]


def page_view(page: Page) -> View:
    """Return a page of a worklist.

    `next` is the cursor of the next page, null after the last one.
    """
    return {
        "results": [record_view(record) for record in page.records],
        "next": None if page.next is None else encode_cursor(page.next),
    }


def record_view(record: Record) -> View:
    """Return a record with every field of the data contract.

    A field that does not apply is null.
    """
    result, upload = record.result, record.result.upload
    return {
        "clinic_id": upload.clinic_id if upload else None,
        "patient_id": upload.patient_id if upload else None,
        "examination_id": upload.examination.examination_id if upload else None,
        "upload_id": upload.upload_id if upload else None,
        "reading": record.id.reading,
        "status": str(result.status),
        **_answer_view(result.answer),
        "artifacts": asdict(result.artifacts),
        "taken_at": None if result.taken_at is None else text_of_time(result.taken_at),
        "uploaded_at": text_of_time(result.uploaded_at),
        "answered_at": text_of_time(result.answered_at),
        "signed_off": None if record.signed_off is None else sign_off_view(record.signed_off),
        "edge": edge_view(result),
    }


def edge_view(result: Result) -> View | None:
    """Return the verdict of the screening at the microscope beside an answer; None where there is none."""
    edge = result.edge
    if edge is None:
        return None
    return {
        "digest": edge.digest,
        "probabilities": {str(label): value for label, value in edge.probabilities.items()},
        "prediction_set": [str(label) for label in edge.prediction_set],
        "finding": str(edge.finding),
        "disagrees": result.edge_disagrees,
    }


def state_view(upload: Upload, stored_at: datetime | None, newest: Record | None) -> View | None:
    """Return the state of an upload, without the finding.

    Returns None where nothing has arrived.

    Args:
        upload: the upload.
        stored_at: when S3 stored it (UTC); None where that is not known.
        newest: its newest record; None while there is none.
    """
    if newest is None and stored_at is None:
        return None
    nothing = dict.fromkeys(("answered_at", "status", "reason", "message"))
    if newest is None:
        state = {"state": "stored", "stored_at": text_of_time(stored_at) if stored_at else None}
        return {"upload_id": upload.upload_id, **state, **nothing}
    result, answer = newest.result, newest.result.answer
    cause = {"reason": str(answer.reason), "message": answer.message} if isinstance(answer, Rejection) else {}
    return {
        "upload_id": upload.upload_id,
        "state": "answered",
        "stored_at": text_of_time(result.uploaded_at),
        **nothing,
        "answered_at": text_of_time(result.answered_at),
        "status": str(result.status),
        **cause,
    }


def sign_off_view(sign_off: SignOff) -> View:
    """Return a sign-off; the caller's identity is not shown."""
    return {
        "signed_by": sign_off.signed_by,
        "label": str(sign_off.label),
        "signed_at": text_of_time(sign_off.signed_at),
    }


def model_view(model: ModelIdentity) -> View:
    """Return the package that an answer rests on."""
    return {"name": model.name, "version": model.version, "digest": model.digest}


def encode_cursor(cursor: WorklistCursor) -> str:
    """Return a cursor as one opaque text for a URL's query."""
    return encode_place(cursor.upload, cursor.reading, cursor.uploaded_at)


def decode_cursor(text: str) -> WorklistCursor:
    """Return the cursor that `encode_cursor` wrote.

    Raises:
        InvalidCursor: the text is not one that it wrote.
    """
    return WorklistCursor(*decode_place(text, 3))


def encode_place(*parts: str) -> str:
    """Return the parts of a cursor as one opaque text for a URL's query."""
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode()


def decode_place(text: str, number: int) -> list[str]:
    """Return the `number` parts that `encode_place` wrote, none of which is empty.

    Raises:
        InvalidCursor: the text is not one that it wrote.
    """
    try:
        parts = json.loads(base64.urlsafe_b64decode(text.encode()))
    except (ValueError, RecursionError):
        parts = None
    if not isinstance(parts, list) or len(parts) != number or not all(isinstance(one, str) and one for one in parts):
        raise InvalidCursor("the list cannot be continued from there: begin with its first page")
    return parts


def _answer_view(answer: Answer) -> View:
    model = model_view(answer.model)
    field = {"field": to_plain_field(answer.field)}
    if isinstance(answer, Rejection):
        nothing = {"label": None, "probabilities": None, "prediction_set": None}
        cause = {"reason": str(answer.reason), "message": answer.message}
        return {**nothing, **cause, "quality": _quality_view(answer.quality), **field, "model": model}
    return {
        "label": str(answer.label),
        "probabilities": {str(label): value for label, value in answer.probabilities.items()},
        "prediction_set": [str(label) for label in answer.prediction_set],
        "reason": None,
        "message": None,
        "quality": _quality_view(answer.quality),
        **field,
        "model": model,
    }


def _quality_view(quality: Quality | None) -> View | None:
    return None if quality is None else dict(vars(quality))
