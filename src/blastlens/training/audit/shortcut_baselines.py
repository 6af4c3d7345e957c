"""Shortcut baselines: random forests on colours, corners and scale bars."""

from collections.abc import Callable, Sequence
from contextlib import closing

import cv2
import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import RandomForestClassifier

from blastlens.domain.labels import Label
from blastlens.imaging.decode import decode
from blastlens.imaging.scale_bars import REFERENCE_SIDE, find_scale_bar_area
from blastlens.imaging.stain import standardise_colour
from blastlens.training.audit.results import AuditRow
from blastlens.training.data.dataset import Example
from blastlens.training.progress import NamedTrack
from blastlens.training.threads import in_threads

Describe = Callable[[NDArray[np.uint8]], NDArray[np.float32]]

_TREES = 100
_CORNER = (28, 40)  # height and width in pixels of an image of 224; it need not hold any cell
_SMALL = (20, 14)  # width and height a corner is shrunk to

COLOUR = "colour statistics alone (data)"
NORMALISED = "colour statistics after normalising (data)"
CORNER = "a corner of 28 x 40 pixels alone (data)"
BAR = "the scale bar's corner alone (data)"


def colour_statistics(image: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return means and deviations of RGB and HSV, (12,)."""
    both = np.concatenate([image, cv2.cvtColor(image, cv2.COLOR_RGB2HSV)], axis=2)
    return np.concatenate([both.mean(axis=(0, 1)), both.std(axis=(0, 1))]).astype(np.float32)


def normalised_statistics(image: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return colour statistics (12,) after colour normalisation."""
    return colour_statistics(standardise_colour(image))


def upper_left(image: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the shrunk upper left corner (840,), which never has a scale bar."""
    scale = min(image.shape[:2]) / REFERENCE_SIDE
    height, width = (max(1, round(length * scale)) for length in _CORNER)
    return _small(image[:height, :width])


def scale_bar_corner(image: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the shrunk corner (840,) with the scale bar."""
    return _small(image[find_scale_bar_area(image.shape[0], image.shape[1])])


DATA_PROBES: tuple[tuple[str, Describe, str], ...] = (
    (COLOUR, colour_statistics, "Twelve numbers on colour, without cells: what can be predicted from staining."),
    (NORMALISED, normalised_statistics, "The same after colour normalisation."),
    (CORNER, upper_left, "Background and red cells; a blast need not be in it."),
    (BAR, scale_bar_corner, "What can be predicted from the scale bar."),
)


def evaluate_shortcuts(
    training: Sequence[Example],
    evaluated: Sequence[Example],
    truth_of: Callable[[Example], Label],
    track: NamedTrack,
) -> tuple[AuditRow, ...]:
    """Fit a random forest for each shortcut on the training part, and evaluate it.

    Args:
        training: the training part.
        evaluated: the images that the accuracies are of.
        truth_of: returns the true label of an example, among a model's classes.
        track: shows progress.
    """
    tables = [_describe(part, track) for part in (training, evaluated)]
    truths = [np.array([str(truth_of(example)) for example in part]) for part in (training, evaluated)]
    rows = []
    for index, (name, _, note) in enumerate(DATA_PROBES):
        forest = RandomForestClassifier(_TREES, random_state=0)
        forest.fit(tables[0][index], truths[0])
        right = forest.predict(tables[1][index]) == truths[1]
        rows.append(AuditRow(name, float(np.mean(right)), len(evaluated), 0, note))
    return tuple(rows)


def _describe(examples: Sequence[Example], track: NamedTrack) -> list[NDArray[np.float32]]:
    """Return the features (N, F) of each shortcut."""
    with closing(in_threads(_describe_one, examples)) as described:
        rows = [row for _, row in zip(track(examples, "colours and corners"), described, strict=True)]
    return [np.stack(column) for column in zip(*rows, strict=True)]


def _describe_one(example: Example) -> list[NDArray[np.float32]]:
    image = decode(example.path.read_bytes())
    return [describe(image) for _, describe, _ in DATA_PROBES]


def _small(corner: NDArray[np.uint8]) -> NDArray[np.float32]:
    return cv2.resize(corner, _SMALL, interpolation=cv2.INTER_AREA).astype(np.float32).ravel()
