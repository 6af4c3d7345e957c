"""Accuracy and safety of a model on every kind of field that cameras show."""

from collections.abc import Callable, Sequence
from contextlib import closing
from functools import partial
from statistics import median

from blastlens.domain.labels import WORDS, Label
from blastlens.domain.prediction import Answer, Prediction
from blastlens.imaging.thumbnail import HOME_PIXEL_SIZE_UM
from blastlens.training.audit.answer_counts import count_answers, is_benign_alone
from blastlens.training.audit.field_kinds import KINDS, FieldKind
from blastlens.training.audit.field_plan import PlannedField, plan_fields
from blastlens.training.audit.probes import Read
from blastlens.training.audit.results import FieldRow
from blastlens.training.data.dataset import Example
from blastlens.training.progress import NamedTrack
from blastlens.training.threads import in_threads


def measure_fields(
    read: Read,
    examples: Sequence[Example],
    truth_of: Callable[[Example], Label],
    per_class: int,
    track: NamedTrack,
    kinds: Sequence[FieldKind] = KINDS,
) -> tuple[FieldRow, ...]:
    """Measure a model on fields that are made from images.

    Args:
        read: the model; called from several threads.
        examples: the images, all of one part of the split.
        truth_of: returns the true label of an example, among the model's classes.
        per_class: largest number of fields of each kind and class.
        track: shows progress.
        kinds: of fields.

    Returns:
        A row for each kind, in order.
    """
    fields = [field for kind in kinds for field in plan_fields(kind, examples, per_class)]
    with closing(in_threads(partial(_answer, read), fields)) as answers:
        answered = list(zip(track(fields, "fields as cameras show them"), answers, strict=True))
    return tuple(_row(kind, [pair for pair in answered if pair[0].kind is kind], truth_of) for kind in kinds)


def _answer(read: Read, field: PlannedField) -> Answer:
    return read(field.draw()).answer


def _row(
    kind: FieldKind, answered: Sequence[tuple[PlannedField, Answer]], truth_of: Callable[[Example], Label]
) -> FieldRow:
    answers = [answer for _, answer in answered]
    predicted = [(truth_of(field.sources[0]), answer) for field, answer in answered if isinstance(answer, Prediction)]
    leukemic = [answer for field, answer in answered if WORDS[field.label].malignant]
    return FieldRow(
        kind=kind.name,
        family=kind.family,
        readable=kind.readable,
        right=sum(answer.label == truth for truth, answer in predicted),
        leukemias=len(leukemic),
        missed=sum(map(is_benign_alone, leukemic)),
        covered=sum(truth in answer.prediction_set for truth, answer in predicted),
        pixel_size_error=_pixel_size_error(answers, HOME_PIXEL_SIZE_UM / kind.zoom),
        counts=count_answers(answers),
    )


def _pixel_size_error(answers: Sequence[Answer], true: float) -> float | None:
    """Return the median relative error of the stated pixel sizes, also of rejected fields."""
    sizes = [answer.field.pixel_size.um for answer in answers if answer.field is not None]
    stated = [size for size in sizes if size is not None]
    return median(abs(size / true - 1) for size in stated) if stated else None
