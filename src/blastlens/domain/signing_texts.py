"""Sentences of refused signatures and reviews, in the language of a catalogue."""

from blastlens.domain.examination import Examination
from blastlens.domain.examination_words import format_conclusion, list_labels
from blastlens.domain.signature import Signature, SignatureKind
from blastlens.domain.text_catalogue import Catalogue


def describe_signature_in(signature: Signature, catalogue: Catalogue) -> str:
    """Return what a signature says, by whom and when, to follow "it was"."""
    values = {"name": signature.signed_by, "time": catalogue.format_time(signature.signed_at)}
    if signature.conclusion is None:
        return catalogue.fill("signing.was_retracted", **values)
    key = "was_amended" if signature.kind is SignatureKind.AMEND else "was_signed"
    return catalogue.fill(f"signing.{key}", title=format_conclusion(signature.conclusion, catalogue), **values)


def describe_answer(examination: Examination, catalogue: Catalogue) -> str:
    """Return a sentence about the answer as it is now."""
    totals, answer = examination.totals, examination.totals.answer
    if answer is None:
        return catalogue.fill("signing.answer_excluded" if totals.fields_excluded else "signing.answer_none")
    if answer.missing_cells:
        return catalogue.fill("signing.answer_missing", missing=str(answer.missing_cells))
    key = "answer_open" if len(answer.prediction_set) > 1 else "answer_is"
    return catalogue.fill(f"signing.{key}", titles=list_labels(answer, catalogue))


def describe_change(examination: Examination, catalogue: Catalogue) -> str:
    """Return the sentences that say what an examination rests on now, for a person who saw something else."""
    totals = examination.totals
    return catalogue.fill(
        "signing.basis_changed",
        read=str(totals.fields_read),
        refused=str(sum(totals.fields_rejected.values())),
        excluded=str(totals.fields_excluded),
        time=catalogue.format_time(totals.uploaded_at),
        answer=describe_answer(examination, catalogue),
    )
