"""Response bodies of examinations: one, a page of a worklist, and its fields."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from blastlens.cloud.tables.examinations import ExaminationCursor, ExaminationPage
from blastlens.cloud.tables.items import text_of_time
from blastlens.domain.examination import Examination, FieldTotals, Told
from blastlens.domain.examination_answer import ExaminationAnswer
from blastlens.domain.record import Audience, Record, sort_newest_first
from blastlens.domain.signature import Signature
from blastlens.domain.upload import Upload
from blastlens.functions.responses import View, decode_place, encode_place, model_view, record_view


def examinations_view(page: ExaminationPage) -> View:
    """Return a page of a worklist; `next` is the cursor of the next page, null after the last one."""
    place = page.next
    return {
        "examinations": [examination_view(one) for one in page.examinations],
        "next": None if place is None else encode_place(place.patient, place.examination, place.rank),
    }


def decode_examination_cursor(text: str) -> ExaminationCursor:
    """Return the cursor in `next` of a worklist.

    Raises:
        InvalidCursor: the text is not one.
    """
    return ExaminationCursor(*decode_place(text, 3))


def examination_view(examination: Examination) -> View:
    """Return an examination with its answer, its history and what people were told; what does not apply is null."""
    one, released = examination, examination.released
    return {
        "clinic_id": one.id.clinic_id,
        "patient_id": one.id.patient_id,
        "examination_id": one.id.examination_id,
        "status": str(one.status),
        "held": one.is_held,
        "late_fields": one.has_late_fields,
        "finding": None if one.finding is None else str(one.finding),
        "basis": one.totals.basis,
        "signatures": len(one.history),
        **_totals_view(one.totals),
        "history": _history_view(one.history),
        "told": {str(who): [_told_view(told) for told in one.told.get(who, ())] for who in Audience},
        "left_to_clinic": one.left_to_clinic,
        "released": None
        if released is None
        else {"released_by": released.released_by, "released_at": text_of_time(released.released_at)},
    }


@dataclass(frozen=True)
class Field:
    """A field with its readings.

    Attributes:
        place: when it was taken, as text, and its path: the order of an examination's fields.
        readings: its records, the newest version first; at least one.
        current: the record that the examination's answer rests on; None where there is none.
    """

    place: tuple[str, str]
    readings: Sequence[Record]
    current: Record | None

    @property
    def shown(self) -> Record:
        """The record that pictures and cells are shown of: the one that counts, else the newest."""
        return self.current or self.readings[0]

    @property
    def upload(self) -> Upload:
        """The field's upload."""
        upload = self.readings[0].result.upload
        assert upload is not None, "records without an upload are in no field"
        return upload


def fields_of(records: Iterable[Record], digest: str | None) -> list[Field]:
    """Return the fields of an examination, in the order in which they were taken.

    Args:
        records: every record of the examination.
        digest: model that the examination's answer rests on; None while there is no answer.
    """
    groups: dict[str, list[Record]] = {}
    for record in records:
        if record.result.upload is not None:
            groups.setdefault(record.result.upload.path, []).append(record)
    return sorted((_field(path, group, digest) for path, group in groups.items()), key=lambda field: field.place)


def fields_view(records: Iterable[Record], digest: str | None, limit: int, after: str | None) -> View:
    """Return a page of an examination's fields, in the order in which they were taken.

    Args:
        records: every record of the examination.
        digest: model that the examination's answer rests on; None while there is no answer.
        limit: fields on the page.
        after: `next` of the page before; None for the first page.

    Raises:
        InvalidCursor: `after` is not such a text.
    """
    start = "" if after is None else " ".join(decode_place(after, 2))
    rest = [one for one in fields_of(records, digest) if " ".join(one.place) > start]
    page = rest[:limit]
    return {
        "fields": [field_view(one) for one in page],
        "next": encode_place(*page[-1].place) if len(page) < len(rest) else None,
    }


def field_view(field: Field) -> View:
    """Return a field with its readings, the newest version first."""
    newest, current = field.readings[0].result, field.current and field.current.id
    return {
        "upload_id": field.upload.upload_id,
        "same_as": newest.custody.same_as if newest.custody else None,
        "readings": [record_view(one) | {"counts": one.id == current} for one in field.readings],
    }


def _field(path: str, records: Iterable[Record], digest: str | None) -> Field:
    readings = sort_newest_first(records)
    current = next((one for one in readings if _is_current(one, readings[0], digest)), None)
    return Field((text_of_time(readings[0].result.effective_at), path), readings, current)


def _is_current(record: Record, newest: Record, digest: str | None) -> bool:
    """Check whether a record is the one that the examination's answer rests on."""
    is_newest_version = record.result.source == newest.result.source
    return is_newest_version and record.result.answer.model.digest == digest


def _totals_view(totals: FieldTotals) -> View:
    return {
        "fields": {
            "read": totals.fields_read,
            "rejected": {str(reason): number for reason, number in totals.fields_rejected.items()},
            "excluded": totals.fields_excluded,
            "declared": totals.declared_fields,
            "waiting_for_model": totals.waiting_for_model,
        },
        "answer": None if totals.answer is None else _answer_view(totals.answer),
        "edge": dict(vars(totals.edge)),
        "model": model_view(totals.model),
        "first_taken_at": text_of_time(totals.first_taken_at),
        "last_taken_at": text_of_time(totals.last_taken_at),
        "uploaded_at": text_of_time(totals.uploaded_at),
        "answered_at": text_of_time(totals.answered_at),
    }


def _answer_view(answer: ExaminationAnswer) -> View:
    low, high = answer.blast_interval
    return {
        "label": str(answer.label),
        "probabilities": {str(label): value for label, value in answer.probabilities.items()},
        "prediction_set": [str(label) for label in answer.prediction_set],
        "finding": str(answer.finding),
        "white_cells": answer.white_cells,
        "blasts": answer.blasts,
        "blast_interval": [low, high],
        "contradicts": answer.contradicts,
        "missing_cells": answer.missing_cells,
    }


def _history_view(history: Sequence[Signature]) -> list[View]:
    """Return the signatures, oldest first; the caller's identity is not shown."""
    before = [None, *(one.conclusion for one in history)]
    return [
        {
            "kind": str(one.kind),
            "conclusion": None if one.conclusion is None else str(one.conclusion),
            "replaces": None if replaced is None else str(replaced),
            "signed_by": one.signed_by,
            "signed_at": text_of_time(one.signed_at),
            "reason": one.reason or None,
            "basis": one.basis,
            "checks": [str(check) for check in one.checks],
        }
        for one, replaced in zip(history, before, strict=False)
    ]


def _told_view(told: Told) -> View:
    return {
        "meaning": str(told.meaning),
        "told_at": text_of_time(told.told_at),
        "basis": told.basis,
        "taken_at": None if told.taken_at is None else text_of_time(told.taken_at),
    }
