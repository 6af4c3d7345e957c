"""Rules of signing: which signature may follow which, and on what it has to rest."""

from dataclasses import replace
from datetime import datetime

from blastlens.domain.errors import BlastlensError
from blastlens.domain.examination import SETTLED, SIGNED, Examination, ExaminationStatus, Release
from blastlens.domain.finding import Finding
from blastlens.domain.labels import WORDS
from blastlens.domain.signature import (
    Conclusion,
    Signature,
    SignatureKind,
    conclusion_title,
    describe_signature,
    format_time,
)

NEED_CONCLUSION = (SignatureKind.CORRECT, SignatureKind.AMEND)
"""Kinds that state a conclusion of the clinician's own."""

NEED_REASON = (SignatureKind.AMEND, SignatureKind.RETRACT)
"""Kinds that change what was signed."""

_FOLLOWS: dict[SignatureKind, tuple[ExaminationStatus, ...]] = {
    SignatureKind.ACCEPT: (*SETTLED, ExaminationStatus.RETRACTED),
    SignatureKind.CORRECT: (*SETTLED, ExaminationStatus.RETRACTED),
    SignatureKind.AMEND: SIGNED,
    SignatureKind.RETRACT: SIGNED,
}

_LEADS_TO: dict[SignatureKind, ExaminationStatus] = {
    SignatureKind.ACCEPT: ExaminationStatus.SIGNED,
    SignatureKind.CORRECT: ExaminationStatus.SIGNED,
    SignatureKind.AMEND: ExaminationStatus.AMENDED,
    SignatureKind.RETRACT: ExaminationStatus.RETRACTED,
}


class SigningRefused(BlastlensError):
    """The examination does not admit this signature or release.

    The message is for the signer; it says what is signed, and what to do.

    Attributes:
        examination: the examination as it is now.
    """

    def __init__(self, message: str, examination: Examination) -> None:
        super().__init__(message)
        self.examination = examination


class BasisChanged(SigningRefused):
    """The fields changed after the signer looked at them."""


def sign(examination: Examination, asked: Signature, signatures_seen: int) -> Examination:
    """Return the examination with one more signature.

    A correction to the very answer is stored as the acceptance that it is. A signature ends `migrated`: it is news, of
    which people are notified.

    Args:
        examination: the examination as it is stored.
        asked: the signature. The conclusion of an acceptance may be None: it is that of the answer.
        signatures_seen: how many signatures the signer saw in the history.

    Raises:
        SigningRefused: somebody signed meanwhile, or the rules do not allow it; the message says what to do.
        BasisChanged: the fields changed meanwhile. A retraction does not rest on them, and is stored all the same.
        ValueError: the signature lacks the conclusion or the reason that its kind needs.
    """
    _check_parts(asked)
    _refuse_if_signed_meanwhile(examination, signatures_seen)
    if asked.kind is not SignatureKind.RETRACT:
        _refuse_if_held(examination)
    _refuse_out_of_turn(examination, asked.kind)
    if asked.kind is not SignatureKind.RETRACT:
        refuse_other_basis(examination, asked.basis)
    conclusion = _conclusion(examination, asked)
    is_agreement = asked.kind is SignatureKind.CORRECT and conclusion is acceptable_conclusion(examination)
    kind = SignatureKind.ACCEPT if is_agreement else asked.kind
    signed_at = _not_before_the_last(examination, asked.signed_at)
    signature = replace(asked, kind=kind, conclusion=conclusion, signed_at=signed_at)
    history = (*examination.history, signature)
    return replace(examination, status=_LEADS_TO[kind], history=history, migrated=False)


def is_repeated(examination: Examination, asked: Signature, signatures_seen: int) -> bool:
    """Check whether a signature is stored already: its caller sent it again, because the response was lost."""
    if not 0 <= signatures_seen < len(examination.history):
        return False
    stored = examination.history[signatures_seen]
    is_agreement = (asked.kind, stored.kind) == (SignatureKind.CORRECT, SignatureKind.ACCEPT)
    kind = stored.kind if is_agreement else asked.kind
    conclusion = asked.conclusion or stored.conclusion
    return stored == replace(asked, kind=kind, signed_at=stored.signed_at, conclusion=conclusion)


def release(examination: Examination, asked: Release) -> Examination:
    """Return the examination as released: its images are its patient's own.

    It settles at once, because nothing else computes it again: a person has looked at it. Fields that arrive later
    open it again, and those that a newer model has still to read keep it open.

    Raises:
        SigningRefused: it is not held.
        BasisChanged: the fields changed after the person looked at them.
    """
    if examination.released is not None and not examination.is_held:
        by, at = examination.released.released_by, format_time(examination.released.released_at)
        raise SigningRefused(f"It was released by {by} on {at} already: look at it again.", examination)
    if not examination.is_held:
        raise SigningRefused("It is not held, so there is nothing to release: look at it again.", examination)
    refuse_other_basis(examination, asked.basis)
    is_waiting = examination.status is not ExaminationStatus.OPEN or examination.totals.waiting_for_model
    status = examination.status if is_waiting else examination.totals.settled_status
    covered = replace(asked, shared_with=examination.totals.shared_with)
    return replace(examination, released=covered, status=status)


def is_released_by(examination: Examination, asked: Release) -> bool:
    """Check whether a release is stored already: its caller sent it again, because the response was lost."""
    stored = examination.released
    if stored is None or examination.is_held:
        return False
    return stored == replace(asked, released_at=stored.released_at, shared_with=stored.shared_with)


def refuse_other_basis(examination: Examination, basis: str) -> None:
    """Refuse a statement that rests on other fields than the examination has now.

    Raises:
        BasisChanged: they differ. The message says what the examination rests on now.
    """
    totals = examination.totals
    if basis == totals.basis:
        return
    fields = f"{_count(totals.fields_read, 'field')} that could be read"
    rejected = totals.fields - totals.fields_read
    more = f" and {_count(rejected, 'field')} that could not" if rejected else ""
    raise BasisChanged(
        f"The fields changed after you looked. The examination now has {fields}{more}; the last one was stored on "
        f"{format_time(totals.uploaded_at)}. {_answer_now(examination)} Look at it again before you sign.",
        examination,
    )


def acceptable_conclusion(examination: Examination) -> Conclusion | None:
    """Return what an acceptance concludes; None where the answer leaves several classes open or is none."""
    answer = examination.totals.answer
    if answer is None or answer.finding is Finding.INSUFFICIENT or len(answer.prediction_set) > 1:
        return None
    return Conclusion(str(answer.label))


def _check_parts(asked: Signature) -> None:
    if asked.kind in NEED_CONCLUSION and asked.conclusion is None:
        raise ValueError(f"a signature that is to {asked.kind} needs a conclusion")
    if asked.kind in NEED_REASON and not asked.reason:
        raise ValueError(f"a signature that is to {asked.kind} needs a reason")


def _refuse_if_signed_meanwhile(examination: Examination, seen: int) -> None:
    there = len(examination.history)
    if seen == there:
        return
    if seen > there:
        raise SigningRefused(
            f"It has {_count(there, 'signature')}, not {seen}: look at it again before you sign.", examination
        )
    raise SigningRefused(
        f"Meanwhile it was {describe_signature(examination.history[-1])}. Your signature was not stored: look at it "
        "again before you sign.",
        examination,
    )


def _refuse_out_of_turn(examination: Examination, kind: SignatureKind) -> None:
    status = examination.status
    if status in _FOLLOWS[kind]:
        return
    if kind in (SignatureKind.AMEND, SignatureKind.RETRACT):
        stands = "It was retracted" if status is ExaminationStatus.RETRACTED else "It is not signed"
        raise SigningRefused(f"{stands}, so there is nothing to {kind}: accept or correct it instead.", examination)
    if status is ExaminationStatus.OPEN:
        raise SigningRefused(
            "Its fields are still arriving or being read, and its answer may change: sign it when it is READY or "
            "INSUFFICIENT, which takes a few minutes after the last field.",
            examination,
        )
    raise SigningRefused(
        f"It was {describe_signature(examination.history[-1])} already: amend it, with a reason.", examination
    )


def _refuse_if_held(examination: Examination) -> None:
    if examination.is_held:
        raise SigningRefused(
            "It is held, because another patient of the clinic has the same image. Find out whose image it is: release "
            "the examination if it is this patient's, else leave it held, and nobody is told of it.",
            examination,
        )


def _conclusion(examination: Examination, asked: Signature) -> Conclusion | None:
    if asked.kind is SignatureKind.RETRACT:
        return None
    computed = acceptable_conclusion(examination)
    if asked.kind is SignatureKind.ACCEPT:
        if computed is None:
            raise SigningRefused(f"{_answer_now(examination)} Choose a conclusion, and correct it.", examination)
        if asked.conclusion not in (None, computed):
            raise SigningRefused(
                f"Its answer is {conclusion_title(computed)}: accept that, or correct it to another conclusion.",
                examination,
            )
        return computed
    return asked.conclusion


def _answer_now(examination: Examination) -> str:
    """Return a sentence about the answer as it is now."""
    answer = examination.totals.answer
    if answer is None:
        return "No field could be read, so it has no answer."
    if answer.missing_cells:
        return f"It has no answer: about {answer.missing_cells} more white cells are needed."
    names = " and ".join(WORDS[label].title for label in answer.prediction_set)
    if len(answer.prediction_set) > 1:
        return f"Its answer leaves {names} open."
    return f"Its answer is {names}."


def _not_before_the_last(examination: Examination, now: datetime) -> datetime:
    """Return when a signature is given: clocks differ, and the order of a history is that of its times."""
    return max([now, *(one.signed_at for one in examination.history)])


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
