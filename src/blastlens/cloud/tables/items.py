"""Conversion between records and DynamoDB items; nothing here calls the service."""

import math
from collections.abc import Mapping
from dataclasses import asdict, fields
from datetime import UTC, datetime
from typing import Any

from blastlens.cloud.tables.attributes import decimals, floats
from blastlens.cloud.tables.custody_items import custody_of, custody_part
from blastlens.cloud.tables.edge_items import edge_of, edge_part
from blastlens.cloud.tables.field_attributes import field_of, field_part
from blastlens.domain.declared_time import format_instant
from blastlens.domain.errors import Reason
from blastlens.domain.finding import Finding
from blastlens.domain.labels import Label
from blastlens.domain.prediction import Answer, ModelIdentity, Prediction, Quality, Rejection
from blastlens.domain.record import Audience, Record, SignOff
from blastlens.domain.result import Artifacts, Result, ResultId
from blastlens.domain.upload import ObjectVersion, parse_key

Item = dict[str, Any]

SIGNED_OFF = "signed_off"
"""Attribute of the sign-off; missing before there is one."""

PATIENT_FINDING = "patient_heard"
"""Attribute of the finding that the patient was notified of."""

EXPIRES_AT = "expires_at"
"""Attribute by which DynamoDB deletes an item, in seconds since 1970; missing where it is kept."""

LEFT_TO_CLINIC = "left_to_clinic"
"""Attribute of a record whose patient has no phone that can be reached; the clinic was notified of that."""


def item_of(result: Result) -> Item:
    """Return the item of a new result, without notifications.

    Raises:
        ValueError: a number is not finite, which DynamoDB cannot store.
    """
    item: Item = {
        "upload": result.id.upload,
        "reading": result.id.reading,
        "status": str(result.status),
        "bucket": result.source.bucket,
        "version_id": result.source.version_id,
        "sequencer": result.source.sequencer,
        "model": asdict(result.answer.model),
        "artifacts": _present(asdict(result.artifacts)),
        "uploaded_at": text_of_time(result.uploaded_at),
        "answered_at": text_of_time(result.answered_at),
        "told": {},
    }
    if result.taken_at is not None:
        item["taken_at"] = text_of_time(result.taken_at)
    item |= expiry_part(result.expires_at)
    if result.upload is not None:
        # An invalid key may hold a person's name: the record of an invalid key does not contain it.
        item |= {
            "object_key": result.source.key,
            "clinic_id": result.upload.clinic_id,
            "patient_id": result.upload.patient_id,
            "upload_id": result.upload.upload_id,
        }
    return item | custody_part(result.custody) | edge_part(result.edge) | _answer_part(result.answer)


def record_of(item: Mapping[str, Any]) -> Record:
    """Return the record of an item.

    Raises:
        KeyError, ValueError: the item was not written by `item_of`.
    """
    upload = parse_key(item["object_key"]) if "object_key" in item else None
    result = Result(
        source=ObjectVersion(item["bucket"], item.get("object_key", ""), item["version_id"], item.get("sequencer", "")),
        upload=upload,
        answer=_answer_of(item),
        artifacts=Artifacts(**_known(Artifacts, item["artifacts"])),
        uploaded_at=time_of_text(item["uploaded_at"]),
        answered_at=time_of_text(item["answered_at"]),
        taken_at=time_of_text(item["taken_at"]) if "taken_at" in item else None,
        custody=custody_of(item),
        expires_at=datetime.fromtimestamp(int(item[EXPIRES_AT]), UTC) if EXPIRES_AT in item else None,
        edge=edge_of(item),
    )
    notified = {Audience(name): time_of_text(text) for name, text in item["told"].items()}
    identity = ResultId(item["upload"], item["reading"])
    signed_off, pushed = _sign_off_of(item.get(SIGNED_OFF)), frozenset(item.get("pushed", ()))
    reported_finding = Finding(item[PATIENT_FINDING]) if PATIENT_FINDING in item else None
    return Record(identity, result, notified, signed_off, pushed, reported_finding, bool(item.get(LEFT_TO_CLINIC)))


def expiry_part(expires_at: datetime | None) -> Item:
    """Return the attribute by which DynamoDB deletes an item; nothing where it is kept."""
    return {} if expires_at is None else {EXPIRES_AT: math.ceil(expires_at.timestamp())}


def text_of_time(time: datetime) -> str:
    """Return a time as ISO 8601 in UTC.

    It always has the same length, so that texts sort by time.
    """
    return format_instant(time)


def time_of_text(text: str) -> datetime:
    """Return the time that `text_of_time` wrote."""
    return datetime.fromisoformat(text)


def _answer_part(answer: Answer) -> Item:
    field = {} if answer.field is None else field_part(answer.field)
    if isinstance(answer, Rejection):
        quality = {} if answer.quality is None else {"quality": decimals(asdict(answer.quality), "quality")}
        return {"reason": str(answer.reason), "message": answer.message, **quality, **field}
    return {
        **field,
        "label": str(answer.label),
        "probabilities": decimals({str(x): p for x, p in answer.probabilities.items()}, "probability"),
        "prediction_set": [str(label) for label in answer.prediction_set],
        "quality": decimals(asdict(answer.quality), "quality"),
    }


def _answer_of(item: Mapping[str, Any]) -> Answer:
    model = ModelIdentity(**_known(ModelIdentity, item["model"]))
    quality = Quality(**floats(_known(Quality, item["quality"]))) if "quality" in item else None
    field = field_of(item)
    if quality is None or "reason" in item:
        return Rejection(Reason(item["reason"]), item["message"], model, quality, field)
    probabilities = {Label(name): value for name, value in floats(item["probabilities"]).items()}
    prediction_set = tuple(Label(name) for name in item["prediction_set"])
    return Prediction(Label(item["label"]), probabilities, prediction_set, quality, model, field)


def _known(kind: type[Quality | ModelIdentity | Artifacts], values: Mapping[str, Any]) -> Item:
    """Return the fields that this version supports.

    After a rollback there are records of a later version.
    """
    names = {field.name for field in fields(kind)}
    return {name: value for name, value in values.items() if name in names}


def _sign_off_of(part: Mapping[str, Any] | None) -> SignOff | None:
    if part is None:
        return None
    return SignOff(part["signed_by"], part["caller"], Label(part["label"]), time_of_text(part["signed_at"]))


def _present(values: Mapping[str, Any]) -> Item:
    return {name: value for name, value in values.items() if value is not None}
