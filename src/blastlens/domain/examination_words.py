"""Words about an examination that clinics, patients and reports share."""

from collections.abc import Callable
from datetime import datetime

from blastlens.domain.examination import Examination, FieldTotals
from blastlens.domain.examination_answer import ExaminationAnswer
from blastlens.domain.labels import Label
from blastlens.domain.signature import Conclusion
from blastlens.domain.text_catalogue import Catalogue


def format_days(examination: Examination, catalogue: Catalogue) -> str:
    """Format the days on which the fields were taken, or uploaded where that is not known."""
    return _format_span(examination, catalogue, catalogue.format_date)


def format_clock_times(examination: Examination, catalogue: Catalogue) -> str:
    """Format days and times of day of the first and last field."""
    return _format_span(examination, catalogue, catalogue.format_time)


def _format_span(examination: Examination, catalogue: Catalogue, write: Callable[[datetime], str]) -> str:
    first, last = write(examination.totals.first_taken_at), write(examination.totals.last_taken_at)
    if first == last:
        return catalogue.fill("when.one", time=last)
    return catalogue.fill("when.span", first=first, last=last)


def format_conclusion(conclusion: Conclusion, catalogue: Catalogue) -> str:
    """Return what a clinician calls a conclusion: a class by its title, or one of the others."""
    title = f"titles.{conclusion}"
    return catalogue.fill(title if title in catalogue.texts else f"conclusions.{conclusion}")


def format_unanswered(totals: FieldTotals, catalogue: Catalogue) -> str:
    """Return why an examination has no answer."""
    return catalogue.fill("clinic.unanswered_excluded" if totals.fields_excluded else "clinic.unanswered")


def list_labels(answer: ExaminationAnswer, catalogue: Catalogue) -> str:
    """Return the titles of the prediction set in an order in which the most probable label comes last."""
    return ", ".join(catalogue.fill(f"titles.{label}") for label in likeliest_last(answer))


def likeliest_last(answer: ExaminationAnswer) -> tuple[Label, ...]:
    """Return the prediction set in the order of the labels, the most probable one last."""
    others = (one for one in answer.probabilities if one in answer.prediction_set and one is not answer.label)
    return (*others, answer.label)
