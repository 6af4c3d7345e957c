"""An examination in one sentence, for clinicians."""

from blastlens.domain.examination import Examination, ExaminationStatus
from blastlens.domain.examination_answer import ExaminationAnswer
from blastlens.domain.examination_words import format_conclusion, list_labels
from blastlens.domain.finding import Finding
from blastlens.domain.text_catalogue import Catalogue


def summarise(examination: Examination, catalogue: Catalogue) -> str:
    """Return what an examination shows now: its signature, else its answer, else what it waits for.

    "Benign" never stands without what it does not rule out, nor an answer without what a hidden field shows.
    """
    if examination.history:
        return _summarise_signature(examination, catalogue)
    if examination.is_held:
        return catalogue.fill("summary.held")
    totals = examination.totals
    if examination.status is ExaminationStatus.OPEN:
        return catalogue.fill("summary.open", read=str(totals.fields_read))
    hides = f" {catalogue.fill('clinic.hides')}" if totals.hides_leukemia else ""
    if totals.answer is None:
        key = "excluded" if totals.fields_excluded else "unreadable"
        refused = str(sum(totals.fields_rejected.values()))
        return catalogue.fill(f"summary.{key}", refused=refused, excluded=str(totals.fields_excluded)) + hides
    return _summarise_answer(totals.answer, catalogue) + hides


def _summarise_signature(examination: Examination, catalogue: Catalogue) -> str:
    last = examination.history[-1]
    if last.conclusion is None:
        return catalogue.fill("summary.retracted", name=last.signed_by)
    key = "late" if examination.has_late_fields else "signed"
    conclusion = format_conclusion(last.conclusion, catalogue)
    return catalogue.fill(f"summary.{key}", conclusion=conclusion, name=last.signed_by)


def _summarise_answer(answer: ExaminationAnswer, catalogue: Catalogue) -> str:
    cells = str(answer.white_cells)
    if answer.finding is Finding.INSUFFICIENT:
        key = "insufficient" if answer.suspicion is Finding.HARMLESS else "insufficient_leukemia"
        needed = {} if answer.suspicion is not Finding.HARMLESS else {"missing": str(answer.missing_cells)}
        return catalogue.fill(f"summary.{key}", cells=cells, **needed)
    if len(answer.prediction_set) > 1:
        key = "contradicts" if answer.contradicts else "uncertain"
        return catalogue.fill(f"summary.{key}", titles=list_labels(answer, catalogue))
    uncounted = "" if answer.white_cells else "_uncounted"
    if answer.finding is Finding.HARMLESS:
        return catalogue.fill(f"summary.benign{uncounted}", cells=cells)
    title = catalogue.fill(f"titles.{answer.label}")
    return catalogue.fill(f"summary.leukemia{uncounted}", title=title, blasts=str(answer.blasts), cells=cells)
