"""Rules of reviews: which events an examination admits."""

from blastlens.domain.examination import SIGNED, Examination
from blastlens.domain.refusal import Refused, sentence
from blastlens.domain.review import Exclusion, Inclusion, Moves, Opinion, Review, ReviewEvent
from blastlens.domain.signing_texts import describe_signature_in


class ReviewRefused(Refused):
    """The examination does not admit this event."""


class FieldsArriving(Refused):
    """Fields were answered that are not part of the examination yet; it takes seconds."""

    def __init__(self, examination: Examination) -> None:
        super().__init__(sentence("review.fields_arriving"), examination)


def refuse_taken_id(examination: Examination) -> ReviewRefused:
    """Return the refusal of an event whose id belongs to another one."""
    return ReviewRefused(sentence("review.id_taken"), examination)


def refuse_unknown_cell(examination: Examination) -> ReviewRefused:
    """Return the refusal of a move of a cell that the reading that counts does not have."""
    return ReviewRefused(sentence("review.no_cell"), examination)


def check_event(examination: Examination, review: Review, event: ReviewEvent) -> None:
    """Check whether an examination admits an event.

    Comments, questions and opinions are admitted at any time. What a signature rests on is not changed under it.

    Args:
        examination: the examination as it is stored.
        review: what people did so far.
        event: the event.

    Raises:
        ReviewRefused: it does not; the message says what to do.
    """
    match event.content:
        case Moves():
            _refuse_signed(examination)
        case Exclusion(upload_id=upload_id, version=version):
            _refuse_signed(examination)
            _refuse_excluded(examination, review, upload_id, version)
        case Inclusion(upload_id=upload_id):
            _refuse_signed(examination)
            if upload_id not in review.exclusions:
                raise ReviewRefused(sentence("review.not_excluded"), examination)
        case Opinion() as opinion:
            _check_opinion(examination, review, event, opinion)


def _refuse_signed(examination: Examination) -> None:
    if examination.status in SIGNED:
        last = examination.history[-1]
        raise ReviewRefused(
            lambda texts: texts.fill("review.signed", signature=describe_signature_in(last, texts)), examination
        )


def _refuse_excluded(examination: Examination, review: Review, upload_id: str, version: str) -> None:
    if review.excluded.get(upload_id) == version:
        earlier, _ = review.exclusions[upload_id]
        raise ReviewRefused(
            lambda texts: texts.fill("review.excluded", name=earlier.by, time=texts.format_time(earlier.at)),
            examination,
        )


def _check_opinion(examination: Examination, review: Review, event: ReviewEvent, opinion: Opinion) -> None:
    asked = next((one for one, _ in review.questions if one.id == opinion.question_id), None)
    if asked is None:
        raise ReviewRefused(sentence("review.no_question"), examination)
    if asked.caller == event.caller:
        raise ReviewRefused(sentence("review.own_question"), examination)
    if opinion.question_id in review.opinions:
        answer, _ = review.opinions[opinion.question_id]
        raise ReviewRefused(
            lambda texts: texts.fill("review.answered", name=answer.by, time=texts.format_time(answer.at)), examination
        )
