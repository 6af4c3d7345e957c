"""Which images were answered how, for people who want to look at those that were answered wrongly."""

import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from blastlens.domain.errors import UploadRefused
from blastlens.domain.labels import WORDS
from blastlens.imaging.decode import decode
from blastlens.training.dataset import Example
from blastlens.training.judged import Judged
from blastlens.training.scores import called_of

COLUMNS = 4
MOST = 20
"""Images on the sheet; the table names all."""


def write_answers(judged: Judged, examples: Sequence[Example], file: Path) -> Path:
    """Write a CSV table of every image: its class, what it was called, the probabilities, and the prediction set.

    Args:
        judged: answers beside the truth.
        examples: the N images that were judged, in the same order.
        file: to write; it names images by folder and file alone.
    """
    names = [*map(str, judged.labels), "rejected"]
    with file.open("w", newline="", encoding="utf-8") as table:
        writer = csv.writer(table)
        writer.writerow(["file", "class", "called", *names[:-1], "set"])
        for index, (example, called) in enumerate(zip(examples, called_of(judged), strict=True)):
            probabilities = [f"{value:.4f}" for value in judged.probabilities[index]]
            given = probabilities if judged.answered[index] else [""] * len(judged.labels)
            held = " ".join(label for label, inside in zip(judged.labels, judged.sets[index], strict=True) if inside)
            writer.writerow([_name(example), names[judged.truth[index]], names[called], *given, held])
    return file


def draw_mistakes(judged: Judged, examples: Sequence[Example], title: str, file: Path) -> Path | None:
    """Write a sheet of the images that were called wrongly, the surest first; None where there are none.

    Args:
        judged: answers beside the truth.
        examples: the N images that were judged, in the same order.
        title: which split and part; how many were wrong is added.
        file: to write, PNG.
    """
    wrong = _surest_wrong(judged)
    if not wrong.size:
        return None
    shown = wrong[:MOST]
    rows = -(-len(shown) // COLUMNS)
    figure = Figure(figsize=(2.6 * COLUMNS, 0.7 + 2.9 * rows), dpi=100, layout="constrained")
    part = f", the surest {MOST} of them shown" if len(wrong) > MOST else ""
    figure.suptitle(f"{title}\n{len(wrong):,} of {len(judged):,} called wrongly{part}", fontsize=11)
    cells = figure.subplots(rows, COLUMNS, squeeze=False).ravel()
    for axes in cells:
        axes.set_axis_off()
    for axes, index in zip(cells, shown, strict=False):
        _draw(axes, judged, examples[index], int(index))
    figure.savefig(file, format="png")
    return file


def _surest_wrong(judged: Judged) -> NDArray[np.intp]:
    """Return the positions of images that were answered, and wrongly: those of the highest probability first."""
    wrong = np.flatnonzero(judged.answered & (called_of(judged) != judged.truth))
    return wrong[np.argsort(-judged.probabilities[wrong].max(axis=1), kind="stable")]


def _draw(axes: Axes, judged: Judged, example: Example, index: int) -> None:
    truth, called = (judged.labels[position] for position in (judged.truth[index], called_of(judged)[index]))
    sure = judged.probabilities[index].max()
    axes.set_title(f"{_name(example)}\n{WORDS[truth].short}: called {WORDS[called].short}, {sure:.2f}", fontsize=7)
    try:
        axes.imshow(decode(example.path.read_bytes()))
    except (OSError, UploadRefused):  # it was answered, so that it can only have gone away meanwhile
        axes.text(0.5, 0.5, "cannot be shown any more", ha="center", va="center", fontsize=8)


def _name(example: Example) -> str:
    return f"{example.path.parent.name}/{example.path.name}"
