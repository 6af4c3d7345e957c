"""Plots of scores and mistakes, as PNG files."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib import colormaps
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
"""Of Okabe and Ito, distinct for colour-blind readers."""
MOST_MISTAKES = 20
"""Mistakes on the sheet at most; the CSV lists all."""
_STYLES = ("-", "--", "-.", ":")
_COLUMNS = 4  # of the sheet of mistakes


def draw_plots(predictions: Predictions, title: str, folder: Path) -> tuple[Path, ...]:
    """Write confusion matrix, reliability diagram and ROC curves.

    Where all images were rejected, only the first is written.

    Args:
        predictions: of N images.
        title: split and part; the number of images is added.
        folder: to write to; it must exist.
    """
    heading = f"{title}\nN = {len(predictions):,}, {int((~predictions.answered).sum()):,} of them rejected"
    draw = {"confusion": _confusion}
    if predictions.answered.any():
        draw |= {"reliability": _reliability, "roc": _roc}
    written = []
    for name, onto in draw.items():
        figure = Figure(figsize=(6.4, 5.6), dpi=120, layout="constrained")
        figure.suptitle(heading, fontsize=11)
        onto(figure.add_subplot(), predictions)
        written.append(_save(figure, folder / f"{name}.png"))
    return tuple(written)


def draw_training_curve(history: Sequence[Mapping[str, Any]], title: str, file: Path) -> Path:
    """Write a plot of loss and accuracy by epoch.

    Args:
        history: an entry for each epoch, with "part", "loss" and "accuracy".
        title: of the plot.
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


def _confusion(axes: Axes, predictions: Predictions) -> None:
    counts = confusion_matrix(predictions)
    colours = colour_confusion(counts)
    axes.imshow(colours)
    for (row, column), count in np.ndenumerate(counts):
        dark = colours[row, column].mean() < 0.5
        axes.text(column, row, f"{count}", ha="center", va="center", color="white" if dark else "black", fontsize=11)
    names = [WORDS[label].short for label in predictions.labels]
    axes.set_xticks(range(len(names) + 1), [*names, "rejected"])
    axes.set_yticks(range(len(names)), names)
    axes.set(xlabel="predicted class", ylabel="true class")


def colour_confusion(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the colours of a confusion matrix, (C, C + 1, 3), 0 to 1.

    Cells are coloured by their share of the row, rejected images (the last column) in grey, and zeros in white.

    Args:
        counts: (C, C + 1), rows are true classes.
    """
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    colours = np.array(colormaps["cividis_r"](shares))[..., :3]
    colours[:, -1] = 0.85 - 0.55 * shares[:, -1:]
    colours[counts == 0] = 1.0
    return colours


def _reliability(axes: Axes, predictions: Predictions) -> None:
    highest, hits, bins = reliability_bins(predictions)
    for index in range(BINS):
        inside = bins == index
        count = int(inside.sum())
        if not count:
            continue
        middle, right = (index + 0.5) / BINS, float(hits[inside].mean())
        axes.bar(middle, right, 0.9 / BINS, color=COLOURS[0])
        axes.text(middle, min(right + 0.01, 1.0), f"{count}", ha="center", va="bottom", fontsize=8)
        axes.plot(highest[inside].mean(), right, "o", color=COLOURS[1], markersize=5)
    axes.plot([0, 1], [0, 1], "--", color="black", linewidth=1, label="perfect calibration")
    axes.plot([], [], "o", color=COLOURS[1], label="mean probability of the bin")
    axes.set(xlabel="highest probability", ylabel="accuracy", xlim=(0, 1), ylim=(0, 1.08))
    axes.legend(loc="upper left", fontsize=8)


def _roc(axes: Axes, predictions: Predictions) -> None:
    answered = predictions.answered
    for index, label in enumerate(predictions.labels):
        positive = predictions.truth[answered] == index
        if positive.any() and not positive.all():
            false_positives, recall, _ = roc_curve(positive, predictions.probabilities[answered, index])
            axes.plot(false_positives, recall, _STYLES[index % 4], color=COLOURS[index % 4], label=WORDS[label].short)
    axes.plot([0, 1], [0, 1], color="grey", linewidth=0.8)
    axes.set(xlabel="1 - specificity", ylabel="recall", xlim=(-0.01, 1), ylim=(0, 1.01))
    axes.legend(title="against the rest", loc="lower right", fontsize=8)


def _save(figure: Figure, file: Path) -> Path:
    figure.savefig(file, format="png")
    return file


def draw_mistakes(predictions: Predictions, examples: Sequence[Example], title: str, file: Path) -> Path | None:
    """Write a sheet of the misclassified images, the most confident first.

    Args:
        predictions: of N images.
        examples: the N images, in the same order.
        title: split and part; the number of mistakes is added.
        file: to write, PNG.

    Returns:
        The file, or None where there are no mistakes.
    """
    mistakes = _sorted_mistakes(predictions)
    if not mistakes.size:
        return None
    shown = mistakes[:MOST_MISTAKES]
    rows = -(-len(shown) // _COLUMNS)
    figure = Figure(figsize=(2.6 * _COLUMNS, 0.7 + 2.9 * rows), dpi=100, layout="constrained")
    part = f", the {MOST_MISTAKES} most confident of them shown" if len(mistakes) > MOST_MISTAKES else ""
    figure.suptitle(f"{title}\n{len(mistakes):,} of {len(predictions):,} misclassified{part}", fontsize=11)
    cells = figure.subplots(rows, _COLUMNS, squeeze=False).ravel()
    for axes in cells:
        axes.set_axis_off()
    for axes, index in zip(cells, shown, strict=False):
        _draw(axes, predictions, examples[index], int(index))
    figure.savefig(file, format="png")
    return file


def _sorted_mistakes(predictions: Predictions) -> NDArray[np.intp]:
    """Return the positions of misclassified images, the most confident first."""
    wrong = np.flatnonzero(predictions.answered & (predicted_classes(predictions) != predictions.truth))
    return wrong[np.argsort(-predictions.probabilities[wrong].max(axis=1), kind="stable")]


def _draw(axes: Axes, predictions: Predictions, example: Example, index: int) -> None:
    true, predicted = predictions.truth[index], predicted_classes(predictions)[index]
    words = [WORDS[predictions.labels[position]].short for position in (true, predicted)]
    probability = predictions.probabilities[index].max()
    axes.set_title(f"{example.name}\n{words[0]}: predicted {words[1]}, {probability:.2f}", fontsize=7)
    try:
        axes.imshow(decode(example.path.read_bytes()))
    except (OSError, UploadRefused):  # the file was readable when it was classified
        axes.text(0.5, 0.5, "file no longer readable", ha="center", va="center", fontsize=8)
