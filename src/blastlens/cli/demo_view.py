"""Output of the demo: table of outcomes, two complete messages, and a caveat."""

import json
from collections.abc import Sequence
from textwrap import shorten
from typing import Any

from rich.console import Console, Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from blastlens.cli.answer_formats import BAR_WIDTH, UNCERTAIN, format_bar, to_plain_answer
from blastlens.cli.terminal import can_draw
from blastlens.domain.labels import WORDS
from blastlens.domain.prediction import Answer, Prediction, Rejection
from blastlens.local.demo.image_demo import ImageOutcome, choose_example
from blastlens.local.demo.sent_notices import SentNotice

CAVEAT = (
    "Synthetic smears are drawings: their results prove nothing about patients. "
    "No output of blastlens is a diagnosis; a specialist has to read the smear. "
    "A benign answer to one image does not rule leukemia out."
)

_SUMMARY_LENGTH = 90


def show_outcomes(console: Console, outcomes: Sequence[ImageOutcome]) -> None:
    """Print a row for each image."""
    drawn = can_draw(console)
    table = Table(show_lines=True)
    table.add_column("Image, class", overflow="fold")
    table.add_column("Probabilities", no_wrap=True, min_width=BAR_WIDTH + 12)
    table.add_column("What clinic and patient received", overflow="fold")
    table.add_column("Seconds", justify="right", no_wrap=True)
    for outcome in outcomes:
        table.add_row(
            Group(Text(outcome.title), _class(outcome.answer)),
            _bars(outcome.answer, drawn),
            Group(_summarise("Clinic", outcome.clinic), _summarise("Patient", outcome.patient)),
            f"{outcome.seconds:.1f}",
        )
    console.print(table)


def show_examples(console: Console, outcomes: Sequence[ImageOutcome]) -> None:
    """Print the e-mail to a clinic and the message to a patient of one image, and the caveat.

    It is one of the user's images where there are any.
    """
    example = choose_example(outcomes)
    if example is not None and example.clinic is not None:
        console.print(_mail(f"E-mail to the clinic about '{example.title}'", example.clinic))
        if example.patient is not None:
            console.print(_phone(example.patient))
    console.print(Text(CAVEAT, style="bold"))


def as_json(outcome: ImageOutcome) -> str:
    """Return an outcome as one line of JSON."""
    return json.dumps(
        {
            "image": outcome.title,
            "upload_id": outcome.upload.upload_id,
            **_answer_fields(outcome.answer),
            "clinic": _clinic_fields(outcome.clinic),
            "patient": {"push": outcome.patient.body("default")} if outcome.patient else None,
            "seconds": round(outcome.seconds, 2),
            "missing": list(outcome.missing),
        }
    )


def _answer_fields(answer: Answer | None) -> dict[str, Any]:
    plain = to_plain_answer("", answer) if answer else {}
    fields = {name: plain.get(name) for name in ("status", "label", "probabilities", "reason")}
    return {**fields, "probabilities": fields["probabilities"] or None}


def _clinic_fields(notice: SentNotice | None) -> dict[str, str] | None:
    return {"subject": notice.subject, "email": notice.body("email")} if notice else None


def _class(answer: Answer | None) -> Text:
    if answer is None:
        return Text("nothing yet", style="red")
    if isinstance(answer, Rejection):
        return Text(f"rejected: {answer.reason.replace('_', ' ')}", style="yellow")
    title = WORDS[answer.label].title
    if answer.is_certain:
        return Text(title, style="bold")
    return Text(UNCERTAIN, style="bold yellow").append(f"\nmost likely {title}", style="not bold default")


def _bars(answer: Answer | None, drawn: bool = True) -> Group | str:
    if not isinstance(answer, Prediction):
        return ""
    width = max(len(WORDS[label].short) for label in answer.labels)
    bars = (f"{WORDS[x].short:<{width}} {format_bar(value, drawn=drawn)}" for x, value in answer.probabilities.items())
    return Group(*map(Text, bars))


def _summarise(audience: str, notice: SentNotice | None) -> Text:
    """Return the line of a notice with the finding.

    It is the first line after the upload's id.
    """
    text = Text(f"{audience}: ", style="bold")
    if notice is None:
        return text.append("nothing", style="not bold dim")
    lines = [line for line in notice.body("email").splitlines() if line and not line.startswith("Upload ")]
    return text.append(shorten(lines[0], _SUMMARY_LENGTH, placeholder=" ...") if lines else "", style="not bold")


def _mail(title: str, notice: SentNotice) -> Panel:
    text = "\n".join([f"Subject: {notice.subject}", "", notice.body("email").rstrip()])
    return Panel(Text(text), title=title, title_align="left", expand=False)


def _phone(notice: SentNotice) -> Panel:
    alert = json.loads(notice.body("APNS"))["aps"]["alert"]
    lock_screen = f"On the lock screen: {alert['title']} - {alert['body']}"
    text = "\n".join([lock_screen, "", "Inside the app:", notice.body("default").rstrip()])
    return Panel(Text(text), title="Message to the patient's phone", title_align="left", expand=False)
