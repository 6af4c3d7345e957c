"""Content of a report for clinicians: what its template prints, as JSON values."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from blastlens.domain.clinic import Clinic
from blastlens.domain.differential import Differential
from blastlens.domain.examination import Examination, ExaminationStatus, FieldTotals
from blastlens.domain.examination_answer import ExaminationAnswer
from blastlens.domain.examination_words import format_conclusion, list_labels
from blastlens.domain.finding import Finding
from blastlens.domain.labels import SCREENING_LABELS
from blastlens.domain.notice_texts import format_cells
from blastlens.domain.signature import Signature, SignatureKind
from blastlens.domain.text_catalogue import Catalogue
from blastlens.functions.report.differential_table import make_differential
from blastlens.functions.report.letterhead import make_letterhead

Content = dict[str, Any]

_BASIS_DIGITS = 16
_MOST_SIGNATURES = 12
"""More do not fit on a page; the newest are shown."""

_NEVER_BENIGN_ALONE = (Finding.HARMLESS, Finding.UNCERTAIN)


@dataclass(frozen=True)
class Subject:
    """What a report is about.

    Attributes:
        examination: the stored examination.
        clinic: the clinic whose letterhead it has.
        differential: kinds of the white cells, with what people moved; None where it is not known.
    """

    examination: Examination
    clinic: Clinic
    differential: Differential | None = None


def make_clinician_content(subject: Subject, catalogue: Catalogue, made_at: datetime) -> Content:
    """Return the content of the report for clinicians.

    An examination without a signature is marked as a draft, and one that is held states no answer: nobody is told of it
    before a person has released it.
    """
    examination = subject.examination
    return {
        "language": str(catalogue.language),
        "title": catalogue.fill("pdf.title"),
        "letterhead": make_letterhead(subject.clinic),
        "mark": _mark(examination, catalogue),
        "status": _status(examination, catalogue),
        "facts": _facts(examination, catalogue),
        "answer": _answer(examination, catalogue),
        "computed": _computed(examination, catalogue) if _shows_computed(examination) else None,
        "probabilities": _probabilities(examination, catalogue) if _shows_computed(examination) else None,
        "differential": _differential(subject, catalogue),
        "signatures": _signatures(examination, catalogue),
        "limits": _limits(catalogue),
        "model": _model(examination, catalogue),
        "footer": _footer(examination, catalogue, made_at),
    }


def _mark(examination: Examination, catalogue: Catalogue) -> str | None:
    if not examination.history:
        return catalogue.fill("pdf.mark_draft")
    is_retracted = examination.history[-1].conclusion is None
    return catalogue.fill("pdf.mark_retracted") if is_retracted else None


def _status(examination: Examination, catalogue: Catalogue) -> list[str]:
    """Return the sentences that say whether the report may be used."""
    if not examination.history:
        is_open = examination.status is ExaminationStatus.OPEN
        return [catalogue.fill("pdf.draft"), *([catalogue.fill("pdf.draft_open")] if is_open else [])]
    last = examination.history[-1]
    kind = "retracted" if last.conclusion is None else "signed" if len(examination.history) == 1 else "amended"
    return [catalogue.fill(f"pdf.{kind}", name=last.signed_by, time=catalogue.format_time(last.signed_at))]


def _facts(examination: Examination, catalogue: Catalogue) -> list[list[str]]:
    return [
        [catalogue.fill("pdf.patient"), examination.id.patient_id],
        [catalogue.fill("pdf.taken"), _taken(examination, catalogue)],
        [catalogue.fill("pdf.examination"), examination.id.examination_id],
        [catalogue.fill("pdf.fields"), _fields(examination.totals, catalogue)],
    ]


def _fields(totals: FieldTotals, catalogue: Catalogue) -> str:
    refused, excluded = sum(totals.fields_rejected.values()), totals.fields_excluded
    text = catalogue.fill("pdf.fields_value", read=str(totals.fields_read), refused=str(refused))
    return text + (catalogue.fill("pdf.fields_excluded", excluded=str(excluded)) if excluded else "")


def _taken(examination: Examination, catalogue: Catalogue) -> str:
    times = (examination.totals.first_taken_at, examination.totals.last_taken_at)
    return " – ".join(dict.fromkeys(catalogue.format_time(time) for time in times))


def _answer(examination: Examination, catalogue: Catalogue) -> Content:
    """Return the conclusion that stands, else the computed answer, with what a reader must not overlook."""
    if not examination.history:
        heading = catalogue.fill("pdf.computed")
        return {"heading": heading, "warnings": _warnings(examination, catalogue)} | _unsigned(examination, catalogue)
    last = examination.history[-1]
    title = catalogue.fill("pdf.no_conclusion")
    if last.conclusion is not None:
        title = format_conclusion(last.conclusion, catalogue)
    reason = [catalogue.fill("pdf.reason", reason=last.reason)] if last.reason else []
    return {
        "heading": catalogue.fill("pdf.conclusion"),
        "title": title,
        "lines": reason,
        "warnings": _warnings(examination, catalogue),
    }


def _unsigned(examination: Examination, catalogue: Catalogue) -> Content:
    answer = examination.totals.answer
    if examination.is_held:
        return {"title": catalogue.fill("pdf.no_answer"), "lines": [catalogue.fill("held.why")]}
    if answer is None:
        return {"title": catalogue.fill("pdf.no_answer"), "lines": [catalogue.fill("clinic.unanswered")]}
    return {"title": _title(answer, catalogue), "lines": _answer_lines(answer, catalogue)}


def _title(answer: ExaminationAnswer, catalogue: Catalogue) -> str:
    if answer.finding is Finding.INSUFFICIENT:
        return catalogue.fill("pdf.no_answer")
    is_certain = len(answer.prediction_set) == 1
    return catalogue.fill(f"titles.{answer.label}" if is_certain else "uncertain.heading")


def _answer_lines(answer: ExaminationAnswer, catalogue: Catalogue) -> list[str]:
    """Return what the computed answer rests on and leaves open."""
    cells = [f"{format_cells(answer, catalogue)}."]
    if answer.finding is Finding.INSUFFICIENT:
        return [catalogue.fill("clinic.insufficient", missing=str(answer.missing_cells)), *cells]
    is_certain = len(answer.prediction_set) == 1
    likeliest = catalogue.fill(f"titles.{answer.label}")
    first = (
        [catalogue.fill("clinic.class", title=likeliest)]
        if is_certain
        else [
            catalogue.fill("clinic.possible", titles=list_labels(answer, catalogue)),
            catalogue.fill("clinic.likeliest", title=likeliest),
        ]
    )
    is_screening = set(answer.probabilities) == set(SCREENING_LABELS)
    more = [catalogue.fill("clinic.screening")] if is_screening else []
    more += [catalogue.fill("clinic.contradicts")] if answer.contradicts else []
    more += [catalogue.fill("clinic.blasts")] if answer.excess_blasts else []
    return [*(f"{line}." for line in first), *cells, *more]


def _warnings(examination: Examination, catalogue: Catalogue) -> list[str]:
    """Return what stands in a frame: late and hidden fields, a hold, and that benign rules nothing out."""
    found = []
    if examination.has_late_fields:
        is_retracted = examination.history[-1].conclusion is None
        found.append(catalogue.fill("late.heading_retracted" if is_retracted else "late.heading"))
    if examination.is_held:
        found.append(catalogue.fill("held.late" if examination.history else "held.heading"))
    if examination.totals.hides_leukemia:
        found.append(catalogue.fill("pdf.hides_leukemia"))
    finding = examination.finding if examination.history else examination.totals.finding
    if finding in _NEVER_BENIGN_ALONE and not (examination.is_held and not examination.history):
        found.append(catalogue.fill("clinic.benign"))
    return found


def _shows_computed(examination: Examination) -> bool:
    """Return whether the computed answer is stated: not of a held one, and not of one that was withdrawn."""
    is_retracted = bool(examination.history) and examination.history[-1].conclusion is None
    is_hidden = examination.is_held and not examination.history
    return examination.totals.answer is not None and not is_retracted and not is_hidden


def _computed(examination: Examination, catalogue: Catalogue) -> Content | None:
    """Return the computed answer beside a signature; an unsigned report has it as its answer."""
    answer = examination.totals.answer
    if answer is None or not examination.history:
        return None
    return {"heading": catalogue.fill("pdf.computed"), "lines": _answer_lines(answer, catalogue)}


def _probabilities(examination: Examination, catalogue: Catalogue) -> Content | None:
    answer = examination.totals.answer
    if answer is None or answer.finding is Finding.INSUFFICIENT:
        return None
    head = [catalogue.fill(f"pdf.{name}") for name in ("class_head", "probability_head", "in_set")]
    rows = [
        [
            catalogue.fill(f"titles.{label}"),
            catalogue.format_percent(probability, 2),
            catalogue.fill("pdf.yes" if label in answer.prediction_set else "pdf.no"),
        ]
        for label, probability in answer.probabilities.items()
    ]
    heading = catalogue.fill("pdf.probabilities")
    return {"name": "probabilities", "heading": heading, "head": head, "rows": rows, "notes": []}


def _differential(subject: Subject, catalogue: Catalogue) -> Content | None:
    if subject.differential is None or not _shows_computed(subject.examination):
        return None
    excluded = subject.examination.totals.fields_excluded
    return {"name": "differential"} | make_differential(subject.differential, excluded, catalogue)


def _signatures(examination: Examination, catalogue: Catalogue) -> Content:
    rows = [_signature_row(one, catalogue) for one in examination.history[-_MOST_SIGNATURES:]]
    if rows and examination.history[-1].reason:
        rows[-1][-1] = catalogue.fill("pdf.above")
    return {
        "heading": catalogue.fill("pdf.history"),
        "head": [catalogue.fill(f"pdf.{name}_head") for name in ("when", "who", "what", "reason")],
        "rows": rows,
        "left_out": max(0, len(examination.history) - _MOST_SIGNATURES),
        "none": catalogue.fill("pdf.unsigned"),
        "earlier": catalogue.fill("pdf.earlier", number="{number}"),
    }


def _signature_row(signature: Signature, catalogue: Catalogue) -> list[str]:
    conclusion = "" if signature.conclusion is None else format_conclusion(signature.conclusion, catalogue)
    what = catalogue.fill(f"pdf.kind_{signature.kind}", conclusion=conclusion)
    is_retracted = signature.kind is SignatureKind.RETRACT
    return [
        catalogue.format_time(signature.signed_at),
        signature.signed_by,
        catalogue.fill("pdf.kind_retract") if is_retracted else what,
        signature.reason or catalogue.fill("pdf.no_reason"),
    ]


def _limits(catalogue: Catalogue) -> Content:
    keys = ("clinic.no_diagnosis", "clinic.benign", "pdf.limit_research", "pdf.limit_classes")
    return {"heading": catalogue.fill("pdf.limits"), "lines": [catalogue.fill(key) for key in keys]}


def _model(examination: Examination, catalogue: Catalogue) -> str:
    model = examination.totals.model
    return catalogue.fill("clinic.model", name=model.name, version=model.version, digest=model.digest[:12])


def _footer(examination: Examination, catalogue: Catalogue, made_at: datetime) -> str:
    basis = catalogue.fill("pdf.basis", digest=examination.totals.basis[:_BASIS_DIGITS])
    return catalogue.fill("pdf.footer", time=catalogue.format_time(made_at), basis=basis)
