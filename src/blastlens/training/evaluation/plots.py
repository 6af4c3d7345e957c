"""Draws what scores look like, as PNG files. Colours are Okabe and Ito's, told apart by any eye."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray
from sklearn.metrics import roc_curve

from blastlens.domain.errors import UploadRefused
from blastlens.domain.labels import WORDS
from blastlens.imaging.decode import decode
from blastlens.training.data.dataset import Example
from blastlens.training.evaluation.metrics import BINS, confusion_matrix, predicted_classes, reliability_bins
from blastlens.training.evaluation.predictions import Predictions

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7")
_STYLES = ("-", "--", "-.", ":")


def draw_plots(judged: Predictions, title: str, folder: Path) -> tuple[Path, ...]:
    """Write the confusion matrix, and where images were answered the reliability diagram and the ROC curves.

    Args:
        judged: answers beside the truth.
        title: which split and part; the number of images is added.
        folder: must exist.
    """
    heading = f"{title}\nN = {len(judged):,}, {int((~judged.answered).sum()):,} of them rejected"
    draw = {"confusion": _confusion}
    if judged.answered.any():
        draw |= {"reliability": _reliability, "roc": _roc}
    written = []
    for name, onto in draw.items():
        figure = Figure(figsize=(6.4, 5.6), dpi=120, layout="constrained")
        figure.suptitle(heading, fontsize=11)
        onto(figure.add_subplot(), judged)
        written.append(_save(figure, folder / f"{name}.png"))
    return tuple(written)


def draw_training_curve(history: Sequence[Mapping[str, Any]], title: str, file: Path) -> Path:
    """Write how loss and accuracy went, epoch by epoch.

    Args:
        history: an entry an epoch with "part", "loss" and "accuracy".
        title: what was trained.
        file: to write, PNG.
    """
    figure = Figure(figsize=(7.2, 4.2), dpi=120, layout="constrained")
    figure.suptitle(title, fontsize=11)
    loss, accuracy = figure.subplots(1, 2)
    parts = list(dict.fromkeys(entry["part"] for entry in history))
    for index, part in enumerate(parts):
        entries = [entry for entry in history if entry["part"] == part]
        for axes, name in ((loss, "loss"), (accuracy, "accuracy")):
            values = [entry[name] for entry in entries]
            axes.plot(range(1, len(values) + 1), values, _STYLES[index % 4], color=COLOURS[index % 4], label=part)
    for axes, name in ((loss, "loss in training"), (accuracy, "accuracy in training")):
        axes.set(xlabel="epoch", ylabel=name)
        axes.xaxis.get_major_locator().set_params(integer=True)
    loss.set_yscale("log")
    accuracy.legend(fontsize=8)
    return _save(figure, file)


def _confusion(axes: Axes, judged: Predictions) -> None:
    counts = confusion_matrix(judged)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    axes.imshow(shares, cmap="cividis_r", vmin=0, vmax=1)
    for (row, column), count in np.ndenumerate(counts):
        dark = shares[row, column] > 0.5
        axes.text(column, row, f"{count}", ha="center", va="center", color="white" if dark else "black", fontsize=11)
    names = [WORDS[label].short for label in judged.labels]
    axes.set_xticks(range(len(names) + 1), [*names, "rejected"])
    axes.set_yticks(range(len(names)), names)
    axes.set(xlabel="called", ylabel="true class")


def _reliability(axes: Axes, judged: Predictions) -> None:
    highest, hits, bins = reliability_bins(judged)
    for index in range(BINS):
        inside = bins == index
        count = int(inside.sum())
        if not count:
            continue
        middle, right = (index + 0.5) / BINS, float(hits[inside].mean())
        axes.bar(middle, right, 0.9 / BINS, color=COLOURS[0])
        axes.text(middle, min(right + 0.01, 1.0), f"{count}", ha="center", va="bottom", fontsize=8)
        axes.plot(highest[inside].mean(), right, "o", color=COLOURS[1], markersize=5)
    axes.plot([0, 1], [0, 1], "--", color="black", linewidth=1, label="as sure as right")
    axes.plot([], [], "o", color=COLOURS[1], label="mean probability of the bin")
    axes.set(xlabel="highest probability", ylabel="share that was right", xlim=(0, 1), ylim=(0, 1.08))
    axes.legend(loc="upper left", fontsize=8)


def _roc(axes: Axes, judged: Predictions) -> None:
    answered = judged.answered
    for index, label in enumerate(judged.labels):
        positive = judged.truth[answered] == index
        if positive.any() and not positive.all():
            false_alarms, recall, _ = roc_curve(positive, judged.probabilities[answered, index])
            axes.plot(false_alarms, recall, _STYLES[index % 4], color=COLOURS[index % 4], label=WORDS[label].short)
    axes.plot([0, 1], [0, 1], color="grey", linewidth=0.8)
    axes.set(xlabel="1 - specificity", ylabel="recall", xlim=(-0.01, 1), ylim=(0, 1.01))
    axes.legend(title="against the rest", loc="lower right", fontsize=8)


def _save(figure: Figure, file: Path) -> Path:
    figure.savefig(file, format="png")
    return file


COLUMNS = 4
MOST = 20
"""Images on the sheet; the table names all."""


def write_answers(judged: Predictions, examples: Sequence[Example], file: Path) -> Path:
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
        for index, (example, called) in enumerate(zip(examples, predicted_classes(judged), strict=True)):
            probabilities = [f"{value:.4f}" for value in judged.probabilities[index]]
            given = probabilities if judged.answered[index] else [""] * len(judged.labels)
            held = " ".join(label for label, inside in zip(judged.labels, judged.sets[index], strict=True) if inside)
            writer.writerow([_name(example), names[judged.truth[index]], names[called], *given, held])
    return file


def draw_mistakes(judged: Predictions, examples: Sequence[Example], title: str, file: Path) -> Path | None:
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


def _surest_wrong(judged: Predictions) -> NDArray[np.intp]:
    """Return the positions of images that were answered, and wrongly: those of the highest probability first."""
    wrong = np.flatnonzero(judged.answered & (predicted_classes(judged) != judged.truth))
    return wrong[np.argsort(-judged.probabilities[wrong].max(axis=1), kind="stable")]


def _draw(axes: Axes, judged: Predictions, example: Example, index: int) -> None:
    truth, called = (judged.labels[position] for position in (judged.truth[index], predicted_classes(judged)[index]))
    sure = judged.probabilities[index].max()
    axes.set_title(f"{_name(example)}\n{WORDS[truth].short}: called {WORDS[called].short}, {sure:.2f}", fontsize=7)
    try:
        axes.imshow(decode(example.path.read_bytes()))
    except (OSError, UploadRefused):  # it was answered, so that it can only have gone away meanwhile
        axes.text(0.5, 0.5, "cannot be shown any more", ha="center", va="center", fontsize=8)


def _name(example: Example) -> str:
    return f"{example.path.parent.name}/{example.path.name}"
