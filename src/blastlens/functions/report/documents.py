"""Documents of an examination: reports for clinicians and for patients."""

import json
from datetime import datetime

from blastlens.domain.fhir import make_diagnostic_report
from blastlens.domain.text_catalogue import Language, load_catalogue
from blastlens.functions.report.clinician_content import Subject, make_clinician_content
from blastlens.functions.report.patient_content import make_patient_content
from blastlens.functions.report.typesetting import Attachment, typeset

__all__ = ["FHIR_FILE", "Subject", "typeset_for_clinician", "typeset_for_patient"]

FHIR_FILE = "diagnostic-report.fhir.json"
"""Name of the FHIR resource inside a report."""


def typeset_for_clinician(subject: Subject, language: Language, made_at: datetime) -> bytes:
    """Return the report for clinicians as a PDF with the FHIR DiagnosticReport inside.

    Args:
        subject: what it is about.
        language: its language.
        made_at: when it is made (UTC).
    """
    catalogue = load_catalogue(language)
    report = json.dumps(make_diagnostic_report(subject.examination), indent=1)
    attached = Attachment(FHIR_FILE, report, "application/fhir+json", catalogue.fill("pdf.attachment"))
    return typeset("clinician.typ", make_clinician_content(subject, catalogue, made_at), made_at, attached)


def typeset_for_patient(subject: Subject, language: Language, made_at: datetime) -> bytes:
    """Return the report for the patient as a PDF, in plain words, without an attachment.

    Args:
        subject: what it is about.
        language: its language.
        made_at: when it is made (UTC).

    Raises:
        ValueError: nobody has signed the examination.
    """
    catalogue = load_catalogue(language)
    content = make_patient_content(subject.examination, subject.clinic, catalogue, made_at)
    return typeset("patient.typ", content, made_at)
