"""Rules of signing: which signature may follow which, and on what it has to rest."""

from dataclasses import replace
from datetime import datetime

from blastlens.domain.examination import SETTLED, SIGNED, Examination, ExaminationStatus, Release
from blastlens.domain.examination_words import format_conclusion
from blastlens.domain.finding import Finding
from blastlens.domain.refusal import Refused, sentence
from blastlens.domain.signature import Check, Conclusion, Signature, SignatureKind
from blastlens.domain.signing_texts import describe_answer, describe_change, describe_signature_in
from blastlens.domain.text_catalogue import Catalogue

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


class SigningRefused(Refused):
    """The examination does not admit this signature or release."""


class BasisChanged(SigningRefused):
    """The fields, or what is excluded of them, changed after the person looked at them."""


class CellsMoved(SigningRefused):
    """People moved cells after the signer looked at them."""

    def __init__(self, examination: Examination, there: int, seen: int) -> None:
        super().__init__(sentence("signing.cells_moved", there=str(there), seen=str(seen)), examination)


class ChecksMissing(SigningRefused):
    """The signer has not confirmed what has to be looked at.

    Attributes:
        missing: what is to be confirmed yet.
    """

    def __init__(self, missing: tuple[Check, ...], examination: Examination) -> None:
        super().__init__(lambda texts: texts.fill("signing.checks_missing", checks=_list(missing, texts)), examination)
        self.missing = missing


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
    earlier = examination.released
    if earlier is not None and not examination.is_held:
        by, at = earlier.released_by, earlier.released_at
        raise SigningRefused(
            lambda texts: texts.fill("signing.released", name=by, time=texts.format_time(at)), examination
        )
    if not examination.is_held:
        raise SigningRefused(sentence("signing.not_held"), examination)
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
    if basis != examination.totals.basis:
        raise BasisChanged(lambda texts: describe_change(examination, texts), examination)


def applicable_checks(examination: Examination) -> tuple[Check, ...]:
    """Return what a person has to look at before signing a conclusion.

    An excluded field that does not rule leukemia out, although the answer does, contradicts it as well.
    """
    totals, answer = examination.totals, examination.totals.answer
    applies = {
        Check.UNCERTAIN_CELLS_SEEN: totals.uncertain_cells > 0,
        Check.FEW_CELLS_CONSIDERED: answer is None or answer.missing_cells > 0,
        Check.CONTRADICTION_CONSIDERED: totals.hides_leukemia or (answer is not None and answer.contradicts),
    }
    return tuple(check for check in Check if applies[check])


def refuse_unchecked(examination: Examination, asked: Signature) -> None:
    """Refuse a signature whose signer has not confirmed what applies; a retraction withdraws, and needs nothing.

    Raises:
        ChecksMissing: some are missing; the message names them.
    """
    if asked.kind is SignatureKind.RETRACT:
        return
    missing = tuple(check for check in applicable_checks(examination) if check not in asked.checks)
    if missing:
        raise ChecksMissing(missing, examination)


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
        raise SigningRefused(sentence("signing.fewer", there=str(there), seen=str(seen)), examination)
    last = examination.history[-1]
    raise SigningRefused(
        lambda texts: texts.fill("signing.meanwhile", signature=describe_signature_in(last, texts)), examination
    )


def _refuse_out_of_turn(examination: Examination, kind: SignatureKind) -> None:
    status = examination.status
    if status in _FOLLOWS[kind]:
        return
    if kind in (SignatureKind.AMEND, SignatureKind.RETRACT):
        stands = "retracted" if status is ExaminationStatus.RETRACTED else "unsigned"
        raise SigningRefused(sentence(f"signing.nothing_to_{kind}_{stands}"), examination)
    if status is ExaminationStatus.OPEN:
        raise SigningRefused(sentence("signing.open"), examination)
    last = examination.history[-1]
    raise SigningRefused(
        lambda texts: texts.fill("signing.signed", signature=describe_signature_in(last, texts)), examination
    )


def _refuse_if_held(examination: Examination) -> None:
    if examination.is_held:
        raise SigningRefused(sentence("signing.held"), examination)


def _conclusion(examination: Examination, asked: Signature) -> Conclusion | None:
    if asked.kind is SignatureKind.RETRACT:
        return None
    computed = acceptable_conclusion(examination)
    if asked.kind is SignatureKind.ACCEPT:
        if computed is None:
            raise SigningRefused(
                lambda texts: texts.fill("signing.choose", answer=describe_answer(examination, texts)), examination
            )
        if asked.conclusion not in (None, computed):
            raise SigningRefused(
                lambda texts: texts.fill("signing.other_answer", title=format_conclusion(computed, texts)), examination
            )
        return computed
    return asked.conclusion


def _list(checks: tuple[Check, ...], texts: Catalogue) -> str:
    return " ".join(texts.fill(f"checks.{check}") for check in checks)


def _not_before_the_last(examination: Examination, now: datetime) -> datetime:
    """Return when a signature is given: clocks differ, and the order of a history is that of its times."""
    return max([now, *(one.signed_at for one in examination.history)])
