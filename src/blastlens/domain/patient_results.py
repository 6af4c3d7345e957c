"""Signed results as a patient reads them: plain words, next step, history."""

from dataclasses import dataclass
from datetime import datetime

from blastlens.domain.examination import Examination
from blastlens.domain.examination_words import format_days
from blastlens.domain.finding import Finding
from blastlens.domain.patient_texts import format_next_step, no_diagnosis_paragraphs, seen_paragraphs
from blastlens.domain.signature import SignatureKind
from blastlens.domain.text_catalogue import Language, load_catalogue


@dataclass(frozen=True)
class HistoryEntry:
    """One signature, as its patient reads it: what happened, not which finding no longer counts."""

    at: datetime
    text: str


@dataclass(frozen=True)
class PatientResult:
    """The result of one examination.

    Attributes:
        examination_id: the examination.
        taken_at: when its last image was taken (UTC).
        signed_at: when its last signature was given (UTC).
        finding: what was signed; None where it was withdrawn.
        title: heading, which states no finding.
        text: what was seen, in plain words, and that it is no diagnosis.
        next_step: what the patient does next.
        history: signatures, oldest first.
    """

    examination_id: str
    taken_at: datetime
    signed_at: datetime
    finding: Finding | None
    title: str
    text: tuple[str, ...]
    next_step: str
    history: tuple[HistoryEntry, ...]


def make_patient_result(examination: Examination, language: Language) -> PatientResult:
    """Return the result of a signed examination.

    Raises:
        ValueError: nobody has signed it: a patient reads nothing of it.
    """
    if not examination.history:
        raise ValueError("a patient reads signed examinations only")
    catalogue, history = load_catalogue(language), examination.history
    kind = "withdrawn" if examination.finding is None else "result"
    return PatientResult(
        examination_id=examination.id.examination_id,
        taken_at=examination.totals.last_taken_at,
        signed_at=history[-1].signed_at,
        finding=examination.finding,
        title=catalogue.fill(f"patient_page.{kind}", when=format_days(examination, catalogue)),
        text=(*seen_paragraphs(examination, catalogue), *no_diagnosis_paragraphs(examination, catalogue)),
        next_step=format_next_step(examination, catalogue),
        history=tuple(
            HistoryEntry(one.signed_at, catalogue.fill(f"patient_page.{_event(one.kind, number)}"))
            for number, one in enumerate(history)
        ),
    )


def _event(kind: SignatureKind, number: int) -> str:
    if kind is SignatureKind.RETRACT:
        return "was_withdrawn"
    return "was_changed" if number else "was_signed"
