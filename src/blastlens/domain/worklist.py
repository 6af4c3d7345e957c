"""Order and filters of a clinic's worklist."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date
from enum import StrEnum

from blastlens.domain.examination import Examination, ExaminationStatus
from blastlens.domain.finding import Finding, Urgency, to_urgency


class Show(StrEnum):
    """Which examinations a worklist shows."""

    ALL = "all"
    UNSIGNED = "unsigned"
    UNCERTAIN = "uncertain"
    MALIGNANT = "malignant"
    INSUFFICIENT = "insufficient"
    DISAGREEING = "disagreeing"


@dataclass(frozen=True)
class WorklistFilter:
    """Which examinations of a clinic a worklist shows.

    Attributes:
        show: by answer and signature.
        patient_id: of one patient; None for every one.
        first_day: taken on this day or later (UTC); None for no limit.
        last_day: taken on this day or earlier (UTC); None for no limit.
    """

    show: Show = Show.ALL
    patient_id: str | None = None
    first_day: date | None = None
    last_day: date | None = None

    def admits(self, examination: Examination) -> bool:
        """Check whether the worklist shows an examination; one taken over midnight belongs to both days."""
        totals = examination.totals
        begin, end = (one.astimezone(UTC).date() for one in (totals.first_taken_at, totals.last_taken_at))
        return (
            _SHOWN[self.show](examination)
            and self.patient_id in (None, examination.id.patient_id)
            and (self.first_day is None or end >= self.first_day)
            and (self.last_day is None or begin <= self.last_day)
        )


def is_unsigned(examination: Examination) -> bool:
    """Check whether no conclusion stands."""
    return not examination.history or examination.status is ExaminationStatus.RETRACTED


def urgency_of(examination: Examination) -> Urgency:
    """Return how soon a person has to read it; with too few cells, by what they point to."""
    answer = examination.totals.answer
    if examination.history:
        return to_urgency(examination.finding)
    if answer is None:
        return Urgency.HIGH if examination.totals.hides_leukemia else Urgency.UNKNOWN
    is_harmless = answer.suspicion is Finding.HARMLESS
    return Urgency.UNKNOWN if is_harmless and answer.missing_cells else to_urgency(answer.suspicion)


def suspected(examination: Examination) -> Finding | None:
    """Return the signed finding; without one, what the cells point to, however few they are. None without an answer."""
    if not is_unsigned(examination):
        return examination.finding
    answer = examination.totals.answer
    return None if answer is None else answer.suspicion


_SHOWN: Mapping[Show, Callable[[Examination], bool]] = {
    Show.ALL: lambda _: True,
    Show.UNSIGNED: is_unsigned,
    Show.UNCERTAIN: lambda one: suspected(one) is Finding.UNCERTAIN,
    # Also with too few cells: a filter for leukemia must not hide a smear that points to it.
    Show.MALIGNANT: lambda one: suspected(one) is Finding.LEUKEMIA,
    Show.INSUFFICIENT: lambda one: is_unsigned(one) and one.totals.finding is Finding.INSUFFICIENT,
    # Also signed ones: who follows the screening up wants to see what came of it.
    Show.DISAGREEING: lambda one: one.totals.edge.disagrees,
}
