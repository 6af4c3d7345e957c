"""Answers to examinations as one JSON object and as a summary for a terminal."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import wrap
from typing import Any

from rich.markup import escape

from blastlens.cli.answer_formats import BAR_WIDTH, UNCERTAIN, format_bar, to_plain_answer
from blastlens.cli.image_files import printable_path
from blastlens.domain.errors import Reason
from blastlens.domain.examination import ExaminationStatus
from blastlens.domain.examination_answer import ExaminationAnswer, ExaminationConstants
from blastlens.domain.finding import Finding, to_finding
from blastlens.domain.labels import WORDS
from blastlens.domain.prediction import Answer, ModelIdentity, Prediction, Rejection

TOO_FEW_CELLS = "too_few_cells"
"""Reason of an examination without an answer, in `--json`."""

_NAME_WIDTH = 14
_MOST_NAMES = 5
_EXACT = 20  # a greater number of missing cells is rounded up to tens


@dataclass(frozen=True)
class ExaminedFields:
    """The fields of one examination, and their answer.

    Attributes:
        fields: path and answer of each, in order.
        answer: of all together; None where none could be read.
        constants: by which they were joined.
        model: the package.
        unread: files that could not be opened.
        copies: files that are exact copies of others, and were left out.
    """

    fields: Sequence[tuple[Path, Answer]]
    answer: ExaminationAnswer | None
    constants: ExaminationConstants
    model: ModelIdentity
    unread: Sequence[Path] = ()
    copies: Sequence[Path] = ()

    @property
    def read(self) -> list[tuple[Path, Prediction]]:
        """The fields that could be read."""
        return [(path, answer) for path, answer in self.fields if isinstance(answer, Prediction)]

    @property
    def rejected(self) -> dict[Reason, list[tuple[Path, Rejection]]]:
        """The fields that were rejected, by reason, the most frequent one first."""
        found = defaultdict[Reason, list[tuple[Path, Rejection]]](list)
        for path, answer in self.fields:
            if isinstance(answer, Rejection):
                found[answer.reason].append((path, answer))
        return dict(sorted(found.items(), key=lambda item: -len(item[1])))

    @property
    def finding(self) -> Finding:
        """Finding of the answer; insufficient where nothing could be read."""
        return Finding.INSUFFICIENT if self.answer is None else self.answer.finding


def to_plain_examination(examined: ExaminedFields) -> dict[str, Any]:
    """Convert an examination to one JSON object, by the data contract."""
    answer, needed = examined.answer, examined.constants.least_white_cells
    is_short = examined.finding is Finding.INSUFFICIENT
    return {
        "status": str(ExaminationStatus.INSUFFICIENT if is_short else ExaminationStatus.READY),
        "finding": str(examined.finding),
        "reason": TOO_FEW_CELLS if is_short else None,
        "label": None if answer is None else str(answer.label),
        "probabilities": {str(label): p for label, p in answer.probabilities.items()} if answer else {},
        "prediction_set": [str(label) for label in answer.prediction_set] if answer else [],
        "fields_read": len(examined.read),
        "fields_rejected": {str(reason): len(fields) for reason, fields in examined.rejected.items()},
        "fields_showing": {str(finding): number for finding, number in count_findings(examined.read).items()},
        "white_cells": answer.white_cells if answer else 0,
        "blasts": answer.blasts if answer else 0,
        "blast_share": answer.blast_share if answer else None,
        "blast_interval": list(answer.blast_interval) if answer else None,
        "contradicts": answer is not None and answer.contradicts,
        "excess_blasts": answer is not None and answer.excess_blasts,
        "least_white_cells": needed,
        "missing_cells": needed if answer is None else answer.missing_cells,
        "model": dict(vars(examined.model)),
        "files_unread": [str(path) for path in examined.unread],
        "copies_left_out": [str(path) for path in examined.copies],
        "fields": [to_plain_answer(str(path), each) for path, each in examined.fields],
    }


def format_examination(examined: ExaminedFields, width: int | None = None, drawn: bool = True) -> str:
    """Format an examination as rich markup: a summary like a differential count.

    Args:
        examined: the fields and their answer.
        width: columns of a terminal; None for lines of any length.
        drawn: whether the output can show block characters.
    """
    lines, columns = [], None if width is None else max(width - _NAME_WIDTH, 20)
    for name, text in _list_rows(examined, columns, drawn):
        parts = wrap(text, columns) if columns and "[" not in text else [text]
        lines += [f"[dim]{name if not index else '':<{_NAME_WIDTH}}[/]{part}" for index, part in enumerate(parts)]
    return "\n".join(lines)


def count_findings(fields: Iterable[tuple[Path, Prediction]]) -> Mapping[Finding, int]:
    """Return how many fields show each finding."""
    return Counter(to_finding(answer.prediction_set) for _, answer in fields)


def _list_rows(examined: ExaminedFields, columns: int | None, drawn: bool) -> Iterator[tuple[str, str]]:
    """Yield name and text of each row; names of files are escaped, and a text with markup is never wrapped."""
    yield "fields", _describe_fields(examined)
    if examined.copies:
        yield "", f"{_name_files(examined.copies)} left out: exact copies of other images count once"
    for reason, rejected in examined.rejected.items():
        yield "rejected", f"{len(rejected)} {reason}: {_name_files([path for path, _ in rejected])}"
        yield "", escape(rejected[0][1].message)
    answer = examined.answer
    if answer is None:
        yield "answer", "[yellow]No field could be read.[/]"
        yield "", "Take the images again as the reasons above say."
        return
    yield "white cells", str(answer.white_cells)
    yield "blasts", _describe_blasts(answer)
    yield from _list_answer_rows(answer, columns, drawn)
    if answer.contradicts:
        yield "contradiction", _describe_contradiction(examined)
    if answer.missing_cells:
        yield "missing", _describe_missing(answer, examined)


def _describe_fields(examined: ExaminedFields) -> str:
    counts = count_findings(examined.read)
    words = {Finding.LEUKEMIA: "leukemia", Finding.UNCERTAIN: "uncertain", Finding.HARMLESS: "benign"}
    shown = ", ".join(f"{counts[finding]} {word}" for finding, word in words.items() if finding in counts)
    return f"{len(examined.read)} of {len(examined.fields)} read" + (f": {shown}" if shown else "")


def _describe_blasts(answer: ExaminationAnswer) -> str:
    if answer.blast_share is None:
        return "no white cells were counted"
    low, high = map(_percent, answer.blast_interval)
    text = f"{answer.blasts} look like blasts: {_percent(answer.blast_share)} (95 % interval {low} to {high})"
    return text + ("; more than benign smears show" if answer.excess_blasts else "")


def _list_answer_rows(answer: ExaminationAnswer, columns: int | None, drawn: bool) -> Iterator[tuple[str, str]]:
    """Yield the rows of the answer.

    With too few cells it is a leukemia that is suspected, or nothing: benign is no answer then.
    """
    title, colour = WORDS[answer.label].title, "red" if WORDS[answer.label].malignant else "green"
    if answer.missing_cells:
        yield "answer", "[yellow]None yet: too few white cells[/]"
        if answer.suspicion is Finding.HARMLESS:
            return
        yield "", "[red]Leukemia is not excluded: have these fields read now[/]"
    elif len(answer.prediction_set) == 1:
        yield "answer", f"[{colour}]{title}[/]"
    else:
        yield "answer", f"[yellow]{UNCERTAIN}[/]"
        yield "", f"most likely [{colour}]{title}[/]"
    bars = [f"{WORDS[label].short} {format_bar(p, BAR_WIDTH, drawn)}" for label, p in answer.probabilities.items()]
    line = "  ".join(bars)
    yield from (("", bar) for bar in ([line] if columns is None or len(line) <= columns else bars))


def _describe_contradiction(examined: ExaminedFields) -> str:
    """Return which fields show the rarer of two findings: a person looks at them first."""
    sides = {
        finding: [path for path, answer in examined.read if to_finding(answer.prediction_set) is finding]
        for finding in (Finding.LEUKEMIA, Finding.HARMLESS)
    }
    rarer = min(sides.values(), key=len)
    return (
        f"{len(sides[Finding.LEUKEMIA])} fields show leukemia alone, {len(sides[Finding.HARMLESS])} benign alone; "
        f"look at {_name_files(rarer)} first"
    )


def _describe_missing(answer: ExaminationAnswer, examined: ExaminedFields) -> str:
    missing = answer.missing_cells
    number = str(missing) if missing <= _EXACT else f"about {math.ceil(missing / 10) * 10}"
    verb = "is" if missing == 1 else "are"
    text = f"{number} more white cell{'s' * (missing != 1)} {verb} needed ({answer.white_cells} of "
    text += f"{examined.constants.least_white_cells})"
    if not answer.white_cells:
        return f"{text}: take fields with white cells"
    fields = math.ceil(missing * len(examined.read) / answer.white_cells)
    return f"{text}: about {fields} more field{'s' * (fields != 1)} like these"


def _name_files(paths: Sequence[Path]) -> str:
    names = ", ".join(escape(printable_path(path.name)) for path in paths[:_MOST_NAMES])
    return names + (f" and {len(paths) - _MOST_NAMES} more" if len(paths) > _MOST_NAMES else "")


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %" if share >= 0.1 or share == 0 else f"{100 * share:.1f} %"
