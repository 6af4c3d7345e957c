"""Sentences of `blastlens sign` about examinations and messages to patients."""

from collections.abc import Iterator

from blastlens.domain.delivery_marks import is_replacement
from blastlens.domain.edge_comparison import EdgeTotals
from blastlens.domain.examination import Examination, ExaminationStatus, Meaning, Told
from blastlens.domain.examination_answer import ExaminationAnswer
from blastlens.domain.labels import WORDS
from blastlens.domain.notification_plan import PatientRelease
from blastlens.domain.patient_texts import format_patient_message
from blastlens.domain.record import Audience
from blastlens.domain.signature import Signature, describe_signature, format_time
from blastlens.domain.text_catalogue import Language

_NEXT = {
    ExaminationStatus.OPEN: "Wait: fields are still arriving or being read.",
    ExaminationStatus.READY: "Accept or correct it.",
    ExaminationStatus.INSUFFICIENT: "Take images of more fields, or correct it.",
    ExaminationStatus.SIGNED: "Amend or retract it if it is wrong.",
    ExaminationStatus.AMENDED: "Amend or retract it if it is wrong.",
    ExaminationStatus.RETRACTED: "Accept or correct it anew.",
}


def format_row(examination: Examination) -> str:
    """Format the line of an examination in a list."""
    marks = [
        *(["held"] if examination.is_held else []),
        *(["late fields"] if examination.has_late_fields else []),
        *(["screening differs"] if examination.totals.edge.disagrees else []),
    ]
    taken = f"taken {format_time(examination.totals.last_taken_at)}"
    parts = [str(examination.id), str(examination.status), *marks, *_conclusion(examination), taken]
    return "  ".join(parts)


def format_lines(examination: Examination) -> Iterator[str]:
    """Yield the lines that show an examination."""
    totals = examination.totals
    yield f"Examination {examination.id}"
    yield f"  status     {examination.status}"
    yield f"  taken      {format_time(totals.first_taken_at)} to {format_time(totals.last_taken_at)}"
    yield f"  fields     {totals.fields_read} read{_rejected(examination)}{_excluded(examination)}"
    if totals.answer is not None:
        yield from (f"  {line}" for line in _answer_lines(totals.answer))
    else:
        yield f"  answer     none: no field {'counts' if totals.fields_excluded else 'could be read'}"
    if totals.hides_leukemia:
        yield "             Leukemia is open because of an excluded field: look at it before you sign."
    yield from _screening_lines(totals.edge)
    yield f"  model      {totals.model.name} {totals.model.version} ({totals.model.digest[:12]})"
    for signature in examination.history:
        yield f"  history    {describe_signature(signature)}{_reason(signature)}"
        yield f"             caller {signature.caller}"
    if examination.released is not None:
        released = examination.released
        yield f"  released   by {released.released_by} on {format_time(released.released_at)}"
    for audience in Audience:
        yield from (f"  told       {audience}: {_told(one)}" for one in examination.told.get(audience, ()))
    yield f"  basis      {totals.basis}"
    yield f"  next       {_next_step(examination)}"


def describe_news(after: Examination) -> str:
    """Return what the patient is told when an examination has become `after`."""
    if after.left_to_clinic:
        return "No phone of the patient takes messages: tell the patient yourself."
    meaning, told = after.owes(Audience.PATIENT, PatientRelease.AFTER_SIGN_OFF), after.last_told(Audience.PATIENT)
    if meaning is None:
        if told is None:
            return "The patient was told nothing of this examination, and is told nothing now."
        return f"The patient is not told again: what they were told on {format_time(told.told_at)} still holds."
    message = format_patient_message(after, meaning, Language.ENGLISH, is_replacement(after, meaning))
    found = "" if meaning is Meaning.RETRACTED else f" What was found is for you to tell: {_FOUND[meaning]}."
    return (
        f"The patient's phones get this message, in their language:\n  {message}\n"
        f"Without a phone, nobody tells the patient but you.{found}"
    )


_FOUND = {
    Meaning.HARMLESS: "nothing that points to leukemia",
    Meaning.LEUKEMIA: "leukemia",
    Meaning.OTHER_DISEASE: "another disease of white cells, which is never called harmless",
    Meaning.NOT_ASSESSABLE: "no result, which says neither that they are well nor that they are ill",
}
"""What a signature can tell a patient → the finding, to be explained by the clinic."""


def _conclusion(examination: Examination) -> list[str]:
    if examination.history:
        return [describe_signature(examination.history[-1])]
    answer = examination.totals.answer
    so_far = "so far: " if examination.status is ExaminationStatus.OPEN else ""
    return [f"{so_far}{'no field could be read' if answer is None else _answer(answer)}"]


def _answer(answer: ExaminationAnswer) -> str:
    if answer.missing_cells:
        return f"about {answer.missing_cells} more white cells are needed"
    names = ", ".join(WORDS[label].title for label in answer.prediction_set)
    return f"not ruled out: {names}" if len(answer.prediction_set) > 1 else names


def _answer_lines(answer: ExaminationAnswer) -> Iterator[str]:
    low, high = answer.blast_interval
    yield f"answer     {_answer(answer)} (computed; not a diagnosis)"
    if answer.contradicts:
        yield "           The fields contradict one another: some show benign alone, others leukemia alone."
    share = f"{answer.blasts} look like blasts (95 % interval {low:.0%} to {high:.0%})"
    yield f"cells      {answer.white_cells} white cells, of which {share}"


def _screening_lines(edge: EdgeTotals) -> Iterator[str]:
    if edge.compared == 0:
        return
    yield f"  screening  differs in {edge.disagreeing} of {edge.compared} fields on whether leukemia is open"
    if edge.disagrees:
        yield "             The answer does not use it: look at these fields before you sign."


def _rejected(examination: Examination) -> str:
    reasons = [f"{number} {reason}" for reason, number in examination.totals.fields_rejected.items()]
    return f", rejected: {', '.join(reasons)}" if reasons else ""


def _excluded(examination: Examination) -> str:
    number = examination.totals.fields_excluded
    return f", excluded by a person: {number}" if number else ""


def _reason(signature: Signature) -> str:
    return f": {signature.reason}" if signature.reason else ""


def _told(told: Told) -> str:
    return f"{told.meaning} on {format_time(told.told_at)}"


def _next_step(examination: Examination) -> str:
    if examination.is_held:
        return "Another patient has the same image: release it if it is this patient's, else leave it held."
    late = "Fields came after the signature: look at them. " if examination.has_late_fields else ""
    return f"{late}{_NEXT[examination.status]}"
