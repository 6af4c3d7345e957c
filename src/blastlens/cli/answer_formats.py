"""Answers as JSON objects and as lines for a terminal."""

from textwrap import wrap
from typing import Any

from rich.cells import cell_len
from rich.markup import escape, render

from blastlens.domain.field import Caution, to_plain_field
from blastlens.domain.labels import WORDS
from blastlens.domain.prediction import Answer, Prediction, Rejection
from blastlens.domain.result import Status

_BAR = " ▏▎▍▌▋▊▉█"
BAR_WIDTH = 8
ONE_LINE_COLUMNS = 140
"""Columns of a terminal from which on an answer may stand in one line."""

UNCERTAIN = "Uncertain: have it read first"
_UNCERTAIN = f"[yellow]{UNCERTAIN}[/]"
_MOST_LIKELY = "most likely"
_REJECTED = "[yellow]rejected[/]"
_INDENT = " " * 10  # of the reason, below the path

_CAUTION_WORDS = {
    Caution.FEW_CELLS: "few white cells ({white_cells})",
    Caution.UNNAMED_CELLS: "white cells that the model cannot name ({unnamed_cells} of {white_cells})",
    Caution.SCALE_UNCERTAIN: "pixel size uncertain",
    Caution.SCALES_DISAGREE: "declared and measured pixel size disagree",
    Caution.DECLARED_UNUSABLE: "declared pixel size unusable",
    Caution.MODELS_DISAGREE: "cells and windows disagree",
    Caution.UNLIKE_TRAINING: "unlike the training images",
    Caution.AREA_LEFT_OUT: "borders or text left out",
    Caution.PART_READ: "only a part read ({windows} windows, {white_cells} white cells)",
}


def to_plain_answer(path: str, answer: Answer) -> dict[str, Any]:
    """Convert an answer to one flat JSON object, by the data contract."""
    predicted = answer if isinstance(answer, Prediction) else None
    rejected = None if isinstance(answer, Prediction) else answer
    quality = answer.quality
    return {
        "path": path,
        "status": str(Status.CLASSIFIED if predicted else Status.REJECTED),
        "label": str(predicted.label) if predicted else None,
        "probabilities": {str(label): value for label, value in predicted.probabilities.items()} if predicted else {},
        "prediction_set": [str(label) for label in predicted.prediction_set] if predicted else [],
        "reason": str(rejected.reason) if rejected else None,
        "message": rejected.message if rejected else None,
        "quality": dict(vars(quality)) if quality else None,
        "field": to_plain_field(answer.field),
        "model": dict(vars(answer.model)),
    }


def format_answer(path: str, answer: Answer, width: int | None = None, drawn: bool = True) -> str:
    """Format an answer as rich markup, with a bar for each class.

    An answer whose set holds several labels is headed as uncertain; the most likely label follows.
    A last row says why labels were left open, and what of the field was not read.

    Args:
        path: printable name of the image.
        answer: prediction or rejection.
        width: columns of a terminal; an answer that does not fit into one line is laid out on several. None for one
            line of any length, as for a pipe; the reason of a rejection has a line of its own.
        drawn: whether the output can show block characters.
    """
    return "\n".join([*_format_rows(path, answer, width, drawn), *_format_cautions(answer, width)])


def format_bar(probability: float, width: int = BAR_WIDTH, drawn: bool = True) -> str:
    """Format a probability, 0 to 1, as a bar of fixed width with its percentage.

    Args:
        probability: 0 to 1.
        width: of the bar in columns; 0 for the percentage alone.
        drawn: whether the output can show block characters; else the bar is made of `#`.
    """
    if not width:
        return f"{probability:>4.0%}"
    eighths = round(probability * width * 8)
    rest = _BAR[eighths % 8] if eighths % 8 else ""
    bar = "█" * (eighths // 8) + rest if drawn else "#" * round(probability * width)
    return f"{bar:<{width}} {probability:>4.0%}"


def shorten_path(path: str, width: int, drawn: bool = True) -> str:
    """Cut the beginning of a path that has more than `width` columns; the file's name is at the end."""
    if cell_len(path) <= width:
        return path
    mark = "…" if drawn else "..."
    kept = path
    while kept and cell_len(mark + kept) > width:
        kept = kept[1:]
    return mark + kept


def _format_rows(path: str, answer: Answer, width: int | None, drawn: bool) -> list[str]:
    rows = _format_rejection(path, answer) if isinstance(answer, Rejection) else [_format_line(path, answer, drawn)]
    if width is None or (len(rows) == 1 and width >= ONE_LINE_COLUMNS and _columns(rows[0]) <= width):
        return rows
    if isinstance(answer, Rejection):
        return _fit_rejection(path, answer, width, drawn)
    return _fit_prediction(path, answer, width, drawn)


def _format_line(path: str, answer: Prediction, drawn: bool) -> str:
    width = max(len(WORDS[label].title) for label in answer.labels)
    title = f"{WORDS[answer.label].title:<{width}}"
    head = _style(answer, title) if answer.is_certain else f"{_UNCERTAIN}  {_style(answer, f'{_MOST_LIKELY} {title}')}"
    return f"{head}  {_format_bars(answer, BAR_WIDTH, drawn)}  {escape(path)}"


def _fit_prediction(path: str, answer: Prediction, width: int, drawn: bool) -> list[str]:
    title = _style(answer, WORDS[answer.label].title)
    head = title if answer.is_certain else _UNCERTAIN
    name = escape(shorten_path(path, width - _columns(head) - 2, drawn))
    likely = [] if answer.is_certain else [f"  {_style(answer, f'{_MOST_LIKELY} {WORDS[answer.label].title}')}"]
    bars = next(
        (row for bar in range(BAR_WIDTH, 0, -1) if cell_len(row := f"  {_format_bars(answer, bar, drawn)}") <= width),
        f"  {_format_bars(answer, 0, drawn)}",
    )
    return [f"{head}  {name}", *likely, bars]


def _format_bars(answer: Prediction, width: int, drawn: bool) -> str:
    bars = (f"{WORDS[label].short} {format_bar(value, width, drawn)}" for label, value in answer.probabilities.items())
    return "  ".join(bars)


def _format_rejection(path: str, answer: Rejection) -> list[str]:
    return [f"{_REJECTED}  {escape(path)}", f"{_INDENT}{answer.reason}: {escape(answer.message)}"]


def _fit_rejection(path: str, answer: Rejection, width: int, drawn: bool) -> list[str]:
    name = escape(shorten_path(path, width - len(_INDENT), drawn))
    text = f"{answer.reason}: {answer.message}"
    return [f"{_REJECTED}  {name}", *(_INDENT + escape(line) for line in wrap(text, max(width - len(_INDENT), 20)))]


def _format_cautions(answer: Answer, width: int | None) -> list[str]:
    """Return rows that say why classes were left open, and what was not read."""
    field = answer.field
    if field is None or not field.cautions:
        return []
    parts = [_CAUTION_WORDS[caution].format(**vars(field)) for caution in field.cautions]
    text = f"note: {', '.join(parts)}"
    lines = [text] if width is None else wrap(text, max(width - len(_INDENT), 20))
    return [f"[dim]{_INDENT}{escape(line)}[/]" for line in lines]


def _style(answer: Prediction, text: str) -> str:
    colour = "red" if answer.is_malignant else "green"
    return f"[{colour}]{text}[/]"


def _columns(markup: str) -> int:
    return cell_len(render(markup).plain)
