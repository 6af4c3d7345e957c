"""Content of a report for patients: what its template prints, as JSON values."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from blastlens.domain.clinic import Clinic
from blastlens.domain.examination import Examination
from blastlens.domain.patient_results import HistoryEntry, make_patient_result
from blastlens.domain.signature import Signature, SignatureKind
from blastlens.domain.text_catalogue import Catalogue
from blastlens.functions.report.letterhead import make_letterhead

Content = dict[str, Any]

_MOST_ENTRIES = 12
"""More do not fit on a page; the newest are shown."""


def make_patient_content(examination: Examination, clinic: Clinic, catalogue: Catalogue, made_at: datetime) -> Content:
    """Return the content of the report for patients: the words of the patient's page, and whom to ask.

    Raises:
        ValueError: nobody has signed the examination: patients read signed results only.
    """
    result = make_patient_result(examination, catalogue.language)
    return {
        "language": str(catalogue.language),
        "title": result.title,
        "letterhead": make_letterhead(clinic),
        "mark": None,
        "number": catalogue.fill("pdf_patient.number", patient=examination.id.patient_id),
        "text": list(result.text),
        "next": result.next_step,
        "signed": _signed(examination.history[-1], len(examination.history), catalogue),
        "history": {
            "heading": catalogue.fill("pdf_patient.history"),
            "rows": _entries(result.history[:-1], catalogue),
        },
        "clinic": {"heading": catalogue.fill("pdf_patient.clinic"), "ask": catalogue.fill("pdf_patient.ask")},
        "footer": catalogue.fill("pdf_patient.footer", time=catalogue.format_time(made_at)),
    }


def _signed(last: Signature, number: int, catalogue: Catalogue) -> str:
    kind = "withdrawn" if last.kind is SignatureKind.RETRACT else "signed" if number == 1 else "changed"
    return catalogue.fill(f"pdf_patient.{kind}", name=last.signed_by, time=catalogue.format_time(last.signed_at))


def _entries(history: Sequence[HistoryEntry], catalogue: Catalogue) -> list[str]:
    """Return what was before the last signature: when, and what happened."""
    return [
        catalogue.fill("pdf_patient.entry", time=catalogue.format_time(one.at), text=one.text)
        for one in history[-_MOST_ENTRIES:]
    ]
