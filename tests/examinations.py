"""Examinations, totals and signatures for tests, with default values."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from blastlens.domain.errors import Reason
from blastlens.domain.examination import Examination, ExaminationStatus, FieldTotals
from blastlens.domain.examination_answer import ExaminationAnswer
from blastlens.domain.labels import LABELS, Label
from blastlens.domain.signature import Conclusion, Signature, SignatureKind
from blastlens.domain.upload import ExaminationId
from tests.answers import MODEL, NOON, TAKEN

EXAMINATION = ExaminationId("clinic-7", "patient-41", "examination-1")
CALLER = "arn:aws:sts::123456789012:assumed-role/clinic-7/dr-vogel"
BASIS = "ba" * 32
OTHERS = ("clinic-7/patient-9/smear-1",)
"""Examinations of other patients with the same image, by which one is held."""


def examination_answer(label: Label = Label.PRE_B, *others: Label, missing_cells: int = 0) -> ExaminationAnswer:
    """An answer of `label`, which `others` share the prediction set with."""
    share = 0.03 / (len(LABELS) - 1)
    return ExaminationAnswer(
        label=label,
        probabilities={one: 0.97 if one is label else share for one in LABELS},
        prediction_set=(label, *others),
        white_cells=240,
        blasts=180,
        blast_interval=(0.69, 0.8),
        contradicts=False,
        missing_cells=missing_cells,
    )


PRE_B = examination_answer()


def totals(answer: ExaminationAnswer | None = PRE_B, **changes: Any) -> FieldTotals:
    """Totals of eight fields that could be read and one that could not."""
    rejected: Mapping[Reason, int] = {Reason.BLURRED: 1}
    given = FieldTotals(
        fields_read=8,
        fields_rejected=rejected,
        answer=answer,
        model=MODEL,
        basis=BASIS,
        first_taken_at=TAKEN,
        last_taken_at=TAKEN + timedelta(minutes=9),
        uploaded_at=NOON,
        answered_at=NOON + timedelta(seconds=3),
    )
    return replace(given, **changes)


def examination(
    status: ExaminationStatus = ExaminationStatus.READY,
    *history: Signature,
    counted: FieldTotals | None = None,
    **changes: Any,
) -> Examination:
    """An examination that waits for its first signature; of its first revision."""
    return replace(Examination(EXAMINATION, 1, status, counted or totals(), history), **changes)


def signature(kind: SignatureKind = SignatureKind.ACCEPT, **changes: Any) -> Signature:
    """A signature of Dr. Vogel: Pre-B for an acceptance, Pro-B for a correction or an amendment."""
    conclusions = {SignatureKind.ACCEPT: Conclusion.PRE_B, SignatureKind.RETRACT: None}
    reason = "second look" if kind in (SignatureKind.AMEND, SignatureKind.RETRACT) else ""
    given = Signature(kind, conclusions.get(kind, Conclusion.PRO_B), "Dr. Vogel", CALLER, NOON, reason, BASIS)
    return replace(given, **changes)
