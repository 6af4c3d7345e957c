"""Messages to patients about examinations, in plain words."""

from blastlens.domain.examination import Examination, ExaminationStatus, Meaning
from blastlens.domain.examination_answer import ExaminationAnswer
from blastlens.domain.examination_words import format_days, likeliest_last
from blastlens.domain.finding import Finding, to_finding
from blastlens.domain.record import Audience
from blastlens.domain.signature import FINDINGS, Conclusion
from blastlens.domain.text_catalogue import Catalogue, Language, load_catalogue

_SENT_TO_SPECIALIST = (Finding.LEUKEMIA, Finding.OTHER_DISEASE)
_PROMISED_A_DOCTOR = (Meaning.UNCERTAIN,)
"""What announced that a doctor looks next: a doctor's finding then corrects nothing."""


def format_patient_message(
    examination: Examination, meaning: Meaning, language: Language, replaces: bool = False
) -> str:
    """Format the message on a patient's phone, which others may read.

    It says that there is a result, of which days, and that the clinic explains it: the same of every finding. Of a
    retraction it says that the earlier result no longer counts.
    """
    catalogue = load_catalogue(language)
    when = format_days(examination, catalogue)
    if meaning is Meaning.RETRACTED:
        return catalogue.fill("patient.withdrawn", when=when)
    text = catalogue.fill("patient.lock_screen", when=when)
    return f"{text} {catalogue.fill('patient.replaces')}" if replaces else text


def format_patient_text(examination: Examination, language: Language = Language.ENGLISH) -> str:
    """Format the text of a patient's page: what was seen in plain words, and the next step.

    No message contains it, because others read messages. It states the signed finding if a clinician has signed, and
    nothing of an answer that is open, held or retracted.
    """
    catalogue = load_catalogue(language)
    parts = [*seen_paragraphs(examination, catalogue), format_next_step(examination, catalogue)]
    return "\n\n".join(parts + no_diagnosis_paragraphs(examination, catalogue)) + "\n"


def seen_paragraphs(examination: Examination, catalogue: Catalogue) -> list[str]:
    """Return what was seen, in plain words, and which images it is about."""
    finding = _shown_finding(examination)
    heading = [catalogue.fill("uncertain.heading")] if finding is Finding.UNCERTAIN else []
    images = catalogue.fill("patient.images", when=format_days(examination, catalogue))
    return [*heading, images, *_correction(examination, catalogue), *_seen(examination, finding, catalogue)]


def format_next_step(examination: Examination, catalogue: Catalogue) -> str:
    """Return what the patient does next."""
    is_sent = _shown_finding(examination) in _SENT_TO_SPECIALIST
    return catalogue.fill(f"patient.next_{'malignant' if is_sent else 'benign'}")


def no_diagnosis_paragraphs(examination: Examination, catalogue: Catalogue) -> list[str]:
    """Return that a finding is no diagnosis; nothing where none is stated."""
    if _shown_finding(examination) in (None, Finding.INSUFFICIENT, Finding.NOT_ASSESSABLE):
        return []
    return [catalogue.fill(f"patient.no_diagnosis{'_signed' if examination.history else ''}")]


def _shown_finding(examination: Examination) -> Finding | None:
    return None if _is_hidden(examination) else examination.finding


def _is_hidden(examination: Examination) -> bool:
    return examination.is_held and not examination.history


def _correction(examination: Examination, catalogue: Catalogue) -> list[str]:
    if not examination.history or examination.status is ExaminationStatus.RETRACTED or examination.finding is None:
        return []
    now = Meaning(str(examination.finding))
    told = {one.meaning for one in examination.told.get(Audience.PATIENT, ())}
    return [catalogue.fill("patient.corrected")] if told - {now, *_PROMISED_A_DOCTOR} else []


def _seen(examination: Examination, finding: Finding | None, catalogue: Catalogue) -> list[str]:
    if finding is None:
        return [catalogue.fill(f"patient.{'retracted' if examination.history else 'open'}")]
    if finding in (Finding.INSUFFICIENT, Finding.NOT_ASSESSABLE):
        return [catalogue.fill(f"patient.{finding}")]
    caveat = [catalogue.fill("patient.benign")] if finding in (Finding.HARMLESS, Finding.UNCERTAIN) else []
    if examination.history:
        conclusion = examination.history[-1].conclusion
        return [catalogue.fill("patient.signed", finding=_plain_conclusion(conclusion, catalogue)), *caveat]
    answer = examination.totals.answer
    return [*_computed(answer, catalogue), *caveat] if answer is not None else []


def _plain_conclusion(conclusion: Conclusion | None, catalogue: Catalogue) -> str:
    if conclusion is Conclusion.NO_LEUKEMIA:
        return catalogue.fill("findings.no_leukemia")
    assert conclusion is not None, "a retraction has no finding"
    return catalogue.fill(f"findings.{FINDINGS[conclusion]}")


def _computed(answer: ExaminationAnswer, catalogue: Catalogue) -> list[str]:
    findings = dict.fromkeys(to_finding([label]) for label in likeliest_last(answer))
    plain = [catalogue.fill(f"findings.{one}") for one in findings]
    if len(plain) == 1:
        text = catalogue.fill("patient.finding", finding=plain[0])
    else:
        text = catalogue.fill("patient.uncertain", findings=catalogue.fill("patient.or").join(plain))
    return [text] if len(answer.prediction_set) == 1 else [text, catalogue.fill("patient.looked_at_first")]
