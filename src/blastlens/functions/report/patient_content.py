"""Content of a report for patients: what its template prints, as JSON values."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from blastlens.domain.clinic import Clinic
from blastlens.domain.examination import Examination
from blastlens.domain.patient_texts import format_patient_text
from blastlens.domain.signature import Signature, SignatureKind
from blastlens.domain.text_catalogue import Catalogue
from blastlens.functions.report.letterhead import make_letterhead

Content = dict[str, Any]

_MOST_ENTRIES = 12
"""More do not fit on a page; the newest are shown."""

_NEXT_STEPS = ("patient.next_malignant", "patient.next_benign")


def make_patient_content(examination: Examination, clinic: Clinic, catalogue: Catalogue, made_at: datetime) -> Content:
    """Return the content of the report for patients.

    Raises:
        ValueError: nobody has signed the examination: patients read signed results only.
    """
    if not examination.history:
        raise ValueError("a patient's report needs a signature")
    paragraphs = format_patient_text(examination, catalogue.language).strip().split("\n\n")
    place = next(paragraphs.index(step) for step in map(catalogue.fill, _NEXT_STEPS) if step in paragraphs)
    return {
        "language": str(catalogue.language),
        "title": catalogue.fill("pdf_patient.title"),
        "letterhead": make_letterhead(clinic),
        "mark": None,
        "number": catalogue.fill("pdf_patient.number", patient=examination.id.patient_id),
        "text": paragraphs[:place],
        "next": paragraphs[place],
        "after": paragraphs[place + 1 :],
        "signed": _signed(examination.history[-1], len(examination.history), catalogue),
        "history": _history(examination.history, catalogue),
        "clinic": {"heading": catalogue.fill("pdf_patient.clinic"), "ask": catalogue.fill("pdf_patient.ask")},
        "footer": catalogue.fill("pdf_patient.footer", time=catalogue.format_time(made_at)),
    }


def _signed(last: Signature, number: int, catalogue: Catalogue) -> str:
    kind = "withdrawn" if last.kind is SignatureKind.RETRACT else "signed" if number == 1 else "changed"
    return catalogue.fill(f"pdf_patient.{kind}", name=last.signed_by, time=catalogue.format_time(last.signed_at))


def _history(history: Sequence[Signature], catalogue: Catalogue) -> Content:
    """Return what was before the last signature: when, and what happened, not which finding no longer counts."""
    rows = []
    for number, one in list(enumerate(history[:-1]))[-_MOST_ENTRIES:]:
        kind = "withdrawn" if one.kind is SignatureKind.RETRACT else "changed" if number else "signed"
        text = catalogue.fill(f"pdf_patient.entry_{kind}")
        rows.append(catalogue.fill("pdf_patient.entry", time=catalogue.format_time(one.signed_at), text=text))
    return {"heading": catalogue.fill("pdf_patient.history"), "rows": rows}
