"""Conversion between examinations and DynamoDB items, without the service."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from blastlens.cloud.tables.attributes import decimals, floats
from blastlens.cloud.tables.items import Item, expiry_part, text_of_time, time_of_text
from blastlens.domain.edge_comparison import NOTHING_COMPARED, EdgeTotals
from blastlens.domain.errors import Reason
from blastlens.domain.examination import (
    Examination,
    ExaminationStatus,
    FieldTotals,
    Meaning,
    Release,
    Told,
)
from blastlens.domain.examination_answer import ExaminationAnswer
from blastlens.domain.field import Caution
from blastlens.domain.finding import Urgency
from blastlens.domain.labels import Label
from blastlens.domain.prediction import ModelIdentity
from blastlens.domain.record import Audience
from blastlens.domain.retention import DAYS_AFTER_FIELDS
from blastlens.domain.signature import Check, Conclusion, Signature, SignatureKind
from blastlens.domain.upload import ExaminationId
from blastlens.domain.worklist import is_unsigned, urgency_of

TOLD_PREFIX = "told_"
"""Attributes `told_clinic`, `told_patient` and `told_system` list the notices that an audience got."""

PUSHED = "pushed"
LEFT_TO_CLINIC = "left_to_clinic"
REVISION = "revision"

_NESTED = ("answer", "model", "fields_rejected", "cautions", "edge")
"""Attributes of totals that are not stored as they are."""


def item_of(examination: Examination) -> Item:
    """Return the item of an examination.

    Raises:
        ValueError: a number is not finite, which DynamoDB cannot store.
    """
    one = examination
    item: Item = {
        **key_of(one.id),
        "clinic_id": one.id.clinic_id,
        "rank": rank_of(one),
        REVISION: one.revision,
        "status": str(one.status),
        "totals": totals_part(one.totals),
        "history": [_signature_part(signature) for signature in one.history],
        "requeues": one.requeues,
    }
    item |= {f"{TOLD_PREFIX}{who}": [told_part(told) for told in notices] for who, notices in one.told.items()}
    if one.pushed:
        item[PUSHED] = set(one.pushed)
    if one.released is not None:
        item["released"] = _times_as_text(vars(one.released))
    if one.totals.last_expires_at is not None:
        # After its fields: fields without an examination would be examined, and people told, again.
        item |= expiry_part(one.totals.last_expires_at + timedelta(days=DAYS_AFTER_FIELDS))
    flags = {LEFT_TO_CLINIC: one.left_to_clinic, "migrated": one.migrated, "held": one.is_held}
    return item | {name: True for name, is_set in flags.items() if is_set}


def examination_of(item: Mapping[str, Any]) -> Examination:
    """Return the examination of an item.

    Raises:
        KeyError, ValueError: the item was not written by `item_of`.
    """
    clinic_id, patient_id = item["patient"].split("/")
    # A mark whose response was lost is set again: it is the same notice.
    told = {who: tuple(dict.fromkeys(map(_told_of, item.get(f"{TOLD_PREFIX}{who}", ())))) for who in Audience}
    return Examination(
        id=ExaminationId(clinic_id, patient_id, item["examination"]),
        revision=int(item[REVISION]),
        status=ExaminationStatus(item["status"]),
        totals=_totals_of(item["totals"]),
        history=tuple(_signature_of(part) for part in item["history"]),
        told={who: notices for who, notices in told.items() if notices},
        pushed=frozenset(item.get(PUSHED, ())),
        released=_release_of(item.get("released")),
        left_to_clinic=bool(item.get(LEFT_TO_CLINIC)),
        requeues=int(item.get("requeues", 0)),
        migrated=bool(item.get("migrated")),
    )


def key_of(identity: ExaminationId) -> Item:
    """Return the key of an examination's item."""
    return {"patient": identity.patient, "examination": identity.examination_id}


def rank_of(examination: Examination) -> str:
    """Return the place in the clinic's worklist: read descending, unsigned and urgent examinations come first."""
    one, weights = examination, {Urgency.HIGH: 2, Urgency.UNKNOWN: 1, Urgency.ROUTINE: 0}
    section = f"{int(is_unsigned(one))}{weights[urgency_of(one)]}"
    return f"{section}#{text_of_time(one.totals.uploaded_at)}#{one.id.examination_id}"


def told_part(told: Told) -> Item:
    """Return the value of one notice in `told_AUDIENCE`."""
    return {"meaning": str(told.meaning), **_times_as_text({k: v for k, v in vars(told).items() if k != "meaning"})}


def totals_part(totals: FieldTotals) -> Item:
    """Return the value of the attribute `totals`."""
    plain = {name: value for name, value in vars(totals).items() if name not in _NESTED}
    item = _times_as_text(plain)
    item["fields_rejected"] = {str(reason): number for reason, number in totals.fields_rejected.items()}
    item["cautions"] = {str(caution): number for caution, number in totals.cautions.items()}
    item["model"] = dict(vars(totals.model))
    if totals.edge != NOTHING_COMPARED:
        item["edge"] = dict(vars(totals.edge))
    if totals.answer is not None:
        item["answer"] = _answer_part(totals.answer)
    return item


def _answer_part(answer: ExaminationAnswer) -> Item:
    low, high = answer.blast_interval
    return {
        "label": str(answer.label),
        "probabilities": decimals({str(label): p for label, p in answer.probabilities.items()}, "probability"),
        "prediction_set": [str(label) for label in answer.prediction_set],
        "white_cells": answer.white_cells,
        "blasts": answer.blasts,
        "blast_interval": decimals({"low": low, "high": high}, "interval"),
        "contradicts": answer.contradicts,
        "missing_cells": answer.missing_cells,
        "excess_blasts": answer.excess_blasts,
    }


def _answer_of(part: Mapping[str, Any] | None) -> ExaminationAnswer | None:
    if part is None:
        return None
    interval = floats(part["blast_interval"])
    return ExaminationAnswer(
        label=Label(part["label"]),
        probabilities={Label(name): value for name, value in floats(part["probabilities"]).items()},
        prediction_set=tuple(Label(name) for name in part["prediction_set"]),
        white_cells=int(part["white_cells"]),
        blasts=int(part["blasts"]),
        blast_interval=(interval["low"], interval["high"]),
        contradicts=bool(part["contradicts"]),
        missing_cells=int(part["missing_cells"]),
        excess_blasts=bool(part.get("excess_blasts")),
    )


def _totals_of(part: Mapping[str, Any]) -> FieldTotals:
    declared = part.get("declared_fields")
    return FieldTotals(
        fields_read=int(part["fields_read"]),
        fields_rejected={Reason(name): int(number) for name, number in part["fields_rejected"].items()},
        answer=_answer_of(part.get("answer")),
        model=ModelIdentity(**part["model"]),
        basis=part["basis"],
        first_taken_at=time_of_text(part["first_taken_at"]),
        last_taken_at=time_of_text(part["last_taken_at"]),
        uploaded_at=time_of_text(part["uploaded_at"]),
        answered_at=time_of_text(part["answered_at"]),
        declared_fields=None if declared is None else int(declared),
        is_declared_complete=bool(part.get("is_declared_complete")),
        waiting_for_model=int(part.get("waiting_for_model", 0)),
        shared_with=tuple(part.get("shared_with", ())),
        cautions={Caution(name): int(number) for name, number in part.get("cautions", {}).items()},
        first_expires_at=_time_of(part.get("first_expires_at")),
        last_expires_at=_time_of(part.get("last_expires_at")),
        fields_excluded=int(part.get("fields_excluded", 0)),
        hides_leukemia=bool(part.get("hides_leukemia")),
        uncertain_cells=int(part.get("uncertain_cells", 0)),
        edge=_edge_of(part.get("edge")),
    )


def _edge_of(part: Mapping[str, Any] | None) -> EdgeTotals:
    if part is None:
        return NOTHING_COMPARED
    return EdgeTotals(int(part["compared"]), int(part["disagreeing"]), bool(part["disagrees"]))


def _time_of(text: str | None) -> datetime | None:
    return None if text is None else time_of_text(text)


def _signature_part(signature: Signature) -> Item:
    plain = {**vars(signature), "kind": str(signature.kind)}
    if signature.conclusion is not None:
        plain["conclusion"] = str(signature.conclusion)
    checks = plain.pop("checks")
    if checks:
        plain["checks"] = [str(one) for one in checks]
    return _times_as_text(plain)


def _signature_of(part: Mapping[str, Any]) -> Signature:
    return Signature(
        kind=SignatureKind(part["kind"]),
        conclusion=Conclusion(part["conclusion"]) if "conclusion" in part else None,
        signed_by=part["signed_by"],
        caller=part["caller"],
        signed_at=time_of_text(part["signed_at"]),
        reason=part.get("reason", ""),
        basis=part.get("basis", ""),
        checks=tuple(Check(name) for name in part.get("checks", ())),
    )


def _told_of(part: Mapping[str, Any]) -> Told:
    taken_at = time_of_text(part["taken_at"]) if "taken_at" in part else None
    told_at, signatures = time_of_text(part["told_at"]), int(part.get("signatures", 0))
    return Told(Meaning(part["meaning"]), told_at, part["basis"], taken_at, signatures)


def _release_of(part: Mapping[str, Any] | None) -> Release | None:
    if part is None:
        return None
    released_at, shared_with = time_of_text(part["released_at"]), tuple(part.get("shared_with", ()))
    return Release(part["released_by"], part["caller"], released_at, part["basis"], shared_with)


def _times_as_text(values: Mapping[str, Any]) -> Item:
    """Return values with times as text, without those that are None."""
    present = {name: value for name, value in values.items() if value is not None}
    return {name: text_of_time(value) if isinstance(value, datetime) else value for name, value in present.items()}
