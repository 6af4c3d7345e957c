"""State of an examination that records from before examinations determine."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

from blastlens.domain.examination import Examination, ExaminationStatus, FieldTotals, Meaning, Told
from blastlens.domain.examination_totals import basis_of
from blastlens.domain.finding import Finding, to_finding
from blastlens.domain.prediction import Prediction
from blastlens.domain.record import Audience, Record
from blastlens.domain.signature import FINDINGS, Conclusion, Signature, SignatureKind
from blastlens.domain.upload import ExaminationId

SIGNED_AGAIN = "signed again for another version of the image"
"""Reason of a signature that follows another one: records from before examinations had one signature each."""


def first_state(identity: ExaminationId, records: Sequence[Record], totals: FieldTotals) -> Examination:
    """Return an examination before its first write, with what its records from before examinations say.

    New records say nothing of that: the examination is open, and nobody was told.
    """
    history = _history(records)
    status = ExaminationStatus.OPEN
    if history:
        status = ExaminationStatus.SIGNED if len(history) == 1 else ExaminationStatus.AMENDED
    return Examination(
        id=identity,
        revision=0,
        status=status,
        totals=totals,
        history=history,
        told={**_told(records), **_reported(history)},
        pushed=frozenset().union(*(one.pushed for one in records)),
        left_to_clinic=any(one.left_to_clinic for one in records),
    )


def signed_digest(records: Sequence[Record]) -> str | None:
    """Return the digest of the model whose answer was signed last; None where nothing is signed."""
    signed = _signed(records)
    return signed[-1].result.answer.model.digest if signed else None


def _signed(records: Sequence[Record]) -> list[Record]:
    found = [(one.signed_off.signed_at, one.id.reading, one) for one in records if one.signed_off is not None]
    return [one for _, _, one in sorted(found, key=lambda entry: entry[:2])]


def _history(records: Sequence[Record]) -> tuple[Signature, ...]:
    signed = _signed(records)
    first = [_signature(signed[0], _first_kind(signed[0]))] if signed else []
    return (*first, *(_signature(after, SignatureKind.AMEND, SIGNED_AGAIN) for _, after in pairwise(signed)))


def _first_kind(record: Record) -> SignatureKind:
    answer, signed_off = record.result.answer, record.signed_off
    is_accepted = isinstance(answer, Prediction) and signed_off is not None and signed_off.label is answer.label
    return SignatureKind.ACCEPT if is_accepted else SignatureKind.CORRECT


def _signature(record: Record, kind: SignatureKind, reason: str = "") -> Signature:
    signed = record.signed_off
    assert signed is not None
    conclusion = Conclusion(str(signed.label))
    return Signature(kind, conclusion, signed.signed_by, signed.caller, signed.signed_at, reason, basis_of([record]))


def _told(records: Sequence[Record]) -> Mapping[Audience, tuple[Told, ...]]:
    told = {who: sorted(_notices(records, who), key=lambda one: one.told_at) for who in Audience}
    return {who: tuple(notices) for who, notices in told.items() if notices}


def _reported(history: Sequence[Signature]) -> Mapping[Audience, tuple[Told, ...]]:
    """Return that systems know these signatures: they fetched their reports, and none is sent to them unasked."""
    if not history or history[-1].conclusion is None:
        return {}
    last, meaning = history[-1], Meaning(str(FINDINGS[history[-1].conclusion]))
    return {Audience.SYSTEM: (Told(meaning, last.signed_at, last.basis, signatures=len(history)),)}


def _notices(records: Sequence[Record], audience: Audience) -> list[Told]:
    return [_notice(one, audience, _signed(records)) for one in records if audience in one.notified]


def _notice(record: Record, audience: Audience, signed: Sequence[Record]) -> Told:
    told_at = record.notified[audience]
    signatures = sum(one.signed_off is not None and one.signed_off.signed_at <= told_at for one in signed)
    return Told(_meaning(record, audience), told_at, basis_of([record]), record.result.effective_at, signatures)


def _meaning(record: Record, audience: Audience) -> Meaning:
    """Return what an audience was told of a record: the clinic of the answer, the patient of the reported finding."""
    answer = record.result.answer
    computed = to_finding(answer.prediction_set) if isinstance(answer, Prediction) else Finding.INSUFFICIENT
    if audience is Audience.CLINIC:
        return Meaning(str(computed))
    return Meaning(str(record.reported_finding or record.finding or computed))
