"""Messages to clinics about examinations, composed from the text catalogue."""

from blastlens.domain.examination import Examination, FieldTotals, Meaning, Told
from blastlens.domain.examination_answer import ExaminationAnswer
from blastlens.domain.examination_words import (
    format_clock_times,
    format_conclusion,
    format_days,
    format_unanswered,
    list_labels,
)
from blastlens.domain.field import Caution
from blastlens.domain.finding import Finding, Urgency, to_finding, to_urgency
from blastlens.domain.labels import SCREENING_LABELS
from blastlens.domain.notification_plan import NoticeOptions
from blastlens.domain.record import Audience
from blastlens.domain.text_catalogue import Catalogue, Language, load_catalogue
from blastlens.domain.upload import ExaminationId

_OF_ONE_FIELD = (Caution.FEW_CELLS,)
"""Cautions of single fields that all fields together answer."""


def format_clinic_text(
    examination: Examination, meaning: Meaning, page_url: str | None, options: NoticeOptions | None = None
) -> str:
    """Format the message for a clinic.

    It contains the answer or why there is none, its urgency, the fields and cells that it rests on, the patient's id
    and notification, what it replaces, and a link.

    Args:
        examination: the stored examination.
        meaning: what the clinic is told: a finding, HELD or LATE_FIELD.
        page_url: page on which a clinician opens examinations; None for none.
        options: language and reach.
    """
    given = options or NoticeOptions()
    catalogue = load_catalogue(given.language)
    lines = [_heading(examination, catalogue), *_replaces_lines(examination, meaning, catalogue)]
    lines += _body_lines(examination, meaning, catalogue)
    lines += [catalogue.fill(f"urgency.{_urgency(examination, meaning)}"), _patient(examination, catalogue)]
    if meaning is not Meaning.HELD:
        lines += ["", *_basis_lines(examination, catalogue), "", catalogue.fill("clinic.no_diagnosis")]
    if given.reach is not None and meaning not in (Meaning.HELD, Meaning.LATE_FIELD):
        lines += ["", catalogue.fill(f"reach.{given.reach}")]
    if page_url is not None:
        lines += ["", catalogue.fill("clinic.link", link=make_examination_link(page_url, examination.id))]
    return "\n".join(lines) + "\n"


def format_phone_text(kind: str, examination: Examination, language: Language) -> str:
    """Format the clinic's message that a phone or a patient was not reached.

    `kind` is a section of words/*.toml with a `body`.
    """
    catalogue, identity = load_catalogue(language), examination.id
    lines = [_heading(examination, catalogue), _patient(examination, catalogue)]
    body = catalogue.fill(f"{kind}.body", patient=identity.patient_id, examination=identity.examination_id)
    return "\n".join([*lines, "", body]) + "\n"


def format_brief_text(kind: str, examination: Examination, language: Language) -> str:
    """Format the message for lock screens, SMS and other places that must not show a result.

    It says that there is one, of which days, and where it is explained. `kind` is a section of words/*.toml with a
    `lock_screen`.
    """
    catalogue = load_catalogue(language)
    return catalogue.fill(f"{kind}.lock_screen", when=format_days(examination, catalogue))


def make_examination_link(page_url: str, identity: ExaminationId) -> str:
    """Return the address of an examination's page.

    The ids follow the `#`, which browsers do not send to a server. The clinic is that of whoever signs in.
    """
    path = f"patients/{identity.patient_id}/examinations/{identity.examination_id}"
    return f"{page_url.rstrip('/')}/#/{path}"


def _heading(examination: Examination, catalogue: Catalogue) -> str:
    when = format_clock_times(examination, catalogue)
    return catalogue.fill("clinic.examination", examination=examination.id.examination_id, when=when)


def _patient(examination: Examination, catalogue: Catalogue) -> str:
    return catalogue.fill("clinic.patient", patient=examination.id.patient_id)


def _replaces_lines(examination: Examination, meaning: Meaning, catalogue: Catalogue) -> list[str]:
    last: Told | None = examination.last_told(Audience.CLINIC)
    if last is None or meaning in (last.meaning, Meaning.LATE_FIELD):
        return []
    then = last.taken_at or last.told_at
    return [
        catalogue.fill(
            "clinic.replaces",
            told_at=catalogue.format_time(last.told_at),
            what=catalogue.fill(f"meanings.{last.meaning}"),
            then=catalogue.format_time(then),
            now=catalogue.format_time(examination.totals.last_taken_at),
        )
    ]


def _body_lines(examination: Examination, meaning: Meaning, catalogue: Catalogue) -> list[str]:
    if meaning is Meaning.HELD:
        do = catalogue.fill("held.do", command=_command("release", examination.id))
        heading, why, other = (catalogue.fill(f"held.{key}") for key in ("heading", "why", "other"))
        return [heading, *_shared_lines(examination, catalogue), why, do, other]
    if meaning is Meaning.LATE_FIELD:
        return _late_lines(examination, catalogue)
    return _finding_lines(examination, catalogue)


def _late_lines(examination: Examination, catalogue: Catalogue) -> list[str]:
    signature = examination.history[-1]
    values = {"time": catalogue.format_time(signature.signed_at), "name": signature.signed_by}
    if signature.conclusion is None:
        lines = [catalogue.fill("late.heading_retracted"), catalogue.fill("late.retracted", **values)]
        lines.append(catalogue.fill("late.do_retracted"))
    else:
        conclusion = format_conclusion(signature.conclusion, catalogue)
        lines = [catalogue.fill("late.heading"), catalogue.fill("late.signed", **values, conclusion=conclusion)]
        lines.append(catalogue.fill("late.do", command=_command("amend", examination.id)))
    if examination.is_held:
        lines += [catalogue.fill("held.late"), *_shared_lines(examination, catalogue)]
    return [*lines, catalogue.fill("late.computed"), *_finding_lines(examination, catalogue)]


def _shared_lines(examination: Examination, catalogue: Catalogue) -> list[str]:
    """Return which other patients have the same image."""
    found = [one.split("/") for one in examination.others]
    return [catalogue.fill("held.shared", patient=patient, examination=other) for _, patient, other in found]


def _finding_lines(examination: Examination, catalogue: Catalogue) -> list[str]:
    answer = examination.totals.answer
    hides = [catalogue.fill("clinic.hides")] if examination.totals.hides_leukemia else []
    if answer is None:
        return [format_unanswered(examination.totals, catalogue), *hides, catalogue.fill("clinic.nothing_read")]
    if answer.finding is Finding.INSUFFICIENT:
        missing = catalogue.fill("clinic.insufficient", missing=str(answer.missing_cells))
        return [missing, *hides, catalogue.fill("clinic.more_fields")]
    return [*_answer_lines(answer, catalogue), *hides]


def _answer_lines(answer: ExaminationAnswer, catalogue: Catalogue) -> list[str]:
    likeliest = catalogue.fill(f"titles.{answer.label}")
    if len(answer.prediction_set) == 1:
        lines = [catalogue.fill("clinic.class", title=likeliest)]
    else:
        lines = [
            catalogue.fill("uncertain.heading"),
            catalogue.fill("clinic.possible", titles=list_labels(answer, catalogue)),
            catalogue.fill("clinic.likeliest", title=likeliest),
        ]
    if answer.finding is not Finding.LEUKEMIA:
        lines.append(catalogue.fill("clinic.benign"))
    is_screening = set(answer.probabilities) == set(SCREENING_LABELS)
    lines += [catalogue.fill("clinic.screening")] if is_screening else []
    lines += [catalogue.fill("clinic.contradicts")] if answer.contradicts else []
    # Where leukemia stands alone, the class says it.
    is_open = answer.excess_blasts and answer.finding is not Finding.LEUKEMIA
    return lines + ([catalogue.fill("clinic.blasts")] if is_open else [])


def _urgency(examination: Examination, meaning: Meaning) -> str:
    """Return the key of the urgency; of too few cells it is high where those that were found can be leukemia."""
    if meaning is Meaning.HELD:
        return str(Meaning.HELD)
    answer = examination.totals.answer
    if answer is None:
        return str(Urgency.HIGH if examination.totals.hides_leukemia else Urgency.UNKNOWN)
    urgency = to_urgency(to_finding(answer.prediction_set))
    is_open = answer.finding is Finding.INSUFFICIENT and urgency is not Urgency.HIGH
    return str(Urgency.UNKNOWN if is_open else urgency)


def _basis_lines(examination: Examination, catalogue: Catalogue) -> list[str]:
    """Return what the answer rests on: fields and why some were refused, cells, probabilities and model."""
    totals = examination.totals
    refused = sum(totals.fields_rejected.values())
    lines = [catalogue.fill("clinic.fields", read=str(totals.fields_read), refused=str(refused))]
    for reason, number in sorted(totals.fields_rejected.items(), key=lambda one: (-one[1], one[0])):
        what, do = catalogue.fill(f"reasons.{reason}.what"), catalogue.fill(f"reasons.{reason}.do")
        lines.append(catalogue.fill("clinic.refused", number=str(number), what=what, reason=str(reason)))
        lines.append(catalogue.fill("clinic.do", do=do))
    if totals.fields_excluded:
        lines.append(catalogue.fill("clinic.excluded", number=str(totals.fields_excluded)))
    lines += _caution_lines(totals, catalogue)
    if totals.answer is not None:
        lines.append(format_cells(totals.answer, catalogue))
        lines += [] if totals.finding is Finding.INSUFFICIENT else _probability_lines(totals.answer, catalogue)
    model = totals.model
    return [
        *lines,
        catalogue.fill("clinic.model", name=model.name, version=model.version, digest=model.digest[:12]),
    ]


def _caution_lines(totals: FieldTotals, catalogue: Catalogue) -> list[str]:
    lines = []
    for caution in (one for one in Caution if one in totals.cautions and one not in _OF_ONE_FIELD):
        number, what = str(totals.cautions[caution]), catalogue.fill(f"cautions.{caution}")
        lines.append(catalogue.fill("clinic.caution", number=number, what=what))
    return lines


def format_cells(answer: ExaminationAnswer, catalogue: Catalogue) -> str:
    """Format the number of white cells, and the share that looks like blasts with its 95 % interval."""
    if not answer.white_cells:
        return catalogue.fill("clinic.no_cells")
    low, high = answer.blast_interval
    return catalogue.fill(
        "clinic.cells",
        cells=str(answer.white_cells),
        blasts=str(answer.blasts),
        share=catalogue.format_percent(answer.blasts / answer.white_cells, 1),
        low=catalogue.format_percent(low, 1),
        high=catalogue.format_percent(high, 1),
    )


def _probability_lines(answer: ExaminationAnswer, catalogue: Catalogue) -> list[str]:
    lines = [catalogue.fill("clinic.probabilities")]
    for label, probability in answer.probabilities.items():
        title, percent = catalogue.fill(f"titles.{label}"), catalogue.format_percent(probability, 2)
        lines.append(catalogue.fill("clinic.probability", title=title, percent=percent))
    return lines


def _command(verb: str, identity: ExaminationId) -> str:
    return f"blastlens sign {verb} {identity} --signed-by NAME"
