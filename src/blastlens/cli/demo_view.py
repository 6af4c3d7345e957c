"""Output of the demo: table of examinations, complete messages, and a caveat."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console, Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from blastlens.cli.answer_formats import BAR_WIDTH, UNCERTAIN, format_bar
from blastlens.cli.terminal import can_draw
from blastlens.domain.examination import Examination, FieldTotals
from blastlens.domain.labels import WORDS, Label
from blastlens.domain.signature import describe_signature
from blastlens.local.demo.examination_demo import ExaminationOutcome
from blastlens.local.demo.sent_notices import SentNotice

CAVEAT = (
    "Synthetic smears are drawings: their results prove nothing about patients. "
    "No output of blastlens is a diagnosis; a specialist has to read the smear. "
    "A benign answer does not rule leukemia out."
)


def show_outcomes(console: Console, outcomes: Sequence[ExaminationOutcome]) -> None:
    """Print a row for each examination."""
    drawn = can_draw(console)
    table = Table(show_lines=True)
    table.add_column("Examination, answer", overflow="fold")
    table.add_column("Probabilities", no_wrap=True, min_width=BAR_WIDTH + 12)
    table.add_column("Fields and white cells", overflow="fold")
    table.add_column("What clinic and patient received", overflow="fold")
    table.add_column("Seconds", justify="right", no_wrap=True)
    for outcome in outcomes:
        one = outcome.examination
        table.add_row(
            Group(Text(outcome.title), *_answer(one)),
            _bars({} if one is None or one.totals.answer is None else one.totals.answer.probabilities, drawn),
            Group() if one is None else Group(*map(Text, _counts(one.totals))),
            Group(*_received(outcome)),
            f"{outcome.seconds:.1f}",
        )
    console.print(table)


def show_messages(console: Console, outcomes: Sequence[ExaminationOutcome]) -> None:
    """Print every e-mail to the clinic, the message to the patient after the signature, and the caveat."""
    for outcome in outcomes:
        for notice in outcome.clinic:
            console.print(_mail(f"E-mail to the clinic about '{outcome.title}'", notice))
    for outcome in outcomes:
        history = outcome.examination.history if outcome.examination else ()
        if outcome.patient is not None and history:
            signed = describe_signature(history[-1])
            console.print(Text(f"The examination '{outcome.title}' was {signed}; then its patient got a message."))
        if outcome.patient is not None:
            console.print(_phone(outcome.patient))
    fields, mails = sum(len(one.uploads) for one in outcomes), sum(len(one.clinic) for one in outcomes)
    console.print(Text(f"{fields} fields of {len(outcomes)} smears: {mails} e-mails to the clinic."))
    console.print(Text(CAVEAT, style="bold"))


def as_json(outcome: ExaminationOutcome) -> str:
    """Return an outcome as one line of JSON."""
    one = outcome.examination
    return json.dumps(
        {
            "examination": outcome.title,
            "examination_id": outcome.id.examination_id,
            "status": None if one is None else str(one.status),
            "fields": len(outcome.uploads),
            **_totals_as_json(None if one is None else one.totals),
            "signed": outcome.is_signed,
            "clinic": [{"subject": notice.subject, "email": notice.body("email")} for notice in outcome.clinic],
            "patient": {"push": outcome.patient.body("default")} if outcome.patient else None,
            "seconds": round(outcome.seconds, 2),
            "missing": list(outcome.missing),
        }
    )


def _totals_as_json(totals: FieldTotals | None) -> dict[str, Any]:
    answer = None if totals is None else totals.answer
    return {
        "fields_read": 0 if totals is None else totals.fields_read,
        "fields_rejected": {} if totals is None else {str(x): count for x, count in totals.fields_rejected.items()},
        "label": None if answer is None else str(answer.label),
        "prediction_set": [] if answer is None else [str(label) for label in answer.prediction_set],
        "probabilities": None if answer is None else {str(x): p for x, p in answer.probabilities.items()},
        "white_cells": 0 if answer is None else answer.white_cells,
        "blasts": 0 if answer is None else answer.blasts,
        "contradicts": False if answer is None else answer.contradicts,
        "missing_cells": None if answer is None else answer.missing_cells,
    }


def _answer(one: Examination | None) -> list[Text]:
    if one is None:
        return [Text("nothing yet", style="red")]
    answer, status = one.totals.answer, Text(str(one.status), style="dim")
    if answer is None:
        return [Text("no field could be read", style="yellow"), status]
    likeliest = WORDS[answer.label].title
    if answer.missing_cells:
        needed = f"too few white cells: about {answer.missing_cells} more are needed"
        return [Text(needed, style="yellow"), Text(f"most likely {likeliest}"), status]
    if len(answer.prediction_set) == 1:
        return [Text(likeliest, style="bold"), status]
    reason = [Text("its fields contradict one another", style="yellow")] if answer.contradicts else []
    return [Text(UNCERTAIN, style="bold yellow"), Text(f"most likely {likeliest}"), *reason, status]


def _bars(probabilities: Mapping[Label, float], drawn: bool = True) -> Group:
    width = max((len(WORDS[label].short) for label in probabilities), default=0)
    bars = (f"{WORDS[x].short:<{width}} {format_bar(value, drawn=drawn)}" for x, value in probabilities.items())
    return Group(*map(Text, bars))


def _counts(totals: FieldTotals) -> list[str]:
    lines = [f"{totals.fields_read} of {totals.fields} fields read"]
    lines += [f"{count} rejected: {reason.replace('_', ' ')}" for reason, count in totals.fields_rejected.items()]
    if totals.answer is not None:
        low, high = totals.answer.blast_interval
        cells = f"{totals.answer.white_cells} white cells"
        lines.append(f"{cells}, {totals.answer.blasts} look like blasts ({low:.0%} to {high:.0%})")
    return lines


def _received(outcome: ExaminationOutcome) -> list[Text]:
    mails = f"{len(outcome.clinic)} e-mail" if outcome.clinic else "nothing"
    patient = "nothing before a signature" if outcome.patient is None else "1 message after the signature"
    return [_line("Clinic", mails), _line("Patient", patient)]


def _line(audience: str, text: str) -> Text:
    return Text(f"{audience}: ", style="bold").append(text, style="not bold")


def _mail(title: str, notice: SentNotice) -> Panel:
    text = "\n".join([f"Subject: {notice.subject}", "", notice.body("email").rstrip()])
    return Panel(Text(text), title=title, title_align="left", expand=False)


def _phone(notice: SentNotice) -> Panel:
    alert = json.loads(notice.body("APNS"))["aps"]["alert"]
    lock_screen = f"On the lock screen: {alert['title']} - {alert['body']}"
    text = "\n".join([lock_screen, "", "Inside the app:", notice.body("default").rstrip()])
    return Panel(Text(text), title="Message to the patient's phone", title_align="left", expand=False)
