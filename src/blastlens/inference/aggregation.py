"""Aggregation: the answer to a field from its white cells and windows."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from blastlens.domain.chance import exceeds_chance
from blastlens.domain.field import Caution
from blastlens.inference.uncertainty import prediction_set

NAMED = 4
"""Number of classes of the cell model that are labels: its first ones. *Other white* and *not white* follow."""

_NOT_WHITE = 5
_LEAST = 1e-30


@dataclass(frozen=True)
class AggregationSettings:
    """Constants of the rule; part of the model package (docs/adr/0040).

    Attributes:
        cells_weight: weight of the cells' mean log-probabilities in the field's logits.
        windows_weight: the same for the windows.
        half_cells: number of named cells at which the cells have half of their weight.
        clip: least probability of a class in one cell or window: no single one decides a field.
        set_threshold: labels with at least this probability are in the prediction set.
        coverage: nominal share of fields whose prediction set contains the true label, 0 to 1.
        least_cells: with fewer named white cells the set holds benign and the likeliest leukemia at least.
        least_named: least probability of the four labels, given that it is a white cell, for a cell to be named.
        named_share: where fewer of the white cells are named, the set holds benign and the likeliest leukemia at least.
        blast_probability: a named cell looks like a blast from this probability of a malignant label on.
        benign_blasts: share of white cells that look like blasts in benign fields.
        significance: more such cells than a share of `benign_blasts` gives by chance with this probability are a
            malignant population.
        disagreement: benign joins a set of leukemias where cells or windows alone give it at least this probability.
        least_benign: benign stands alone from this probability on, and only where neither cells nor windows alone
            give more to the leukemias.
        far: the field is rejected where the windows' distance is beyond so many times its limit; from the limit on the
            set holds every label.
        floor: least probability of a label that a caution puts into the set.
        greatest_error: relative error of the pixel size from which on it is uncertain, and the set holds every label.
    """

    cells_weight: float
    windows_weight: float
    half_cells: float
    clip: float
    set_threshold: float
    coverage: float
    least_cells: int
    least_named: float
    named_share: float
    blast_probability: float
    benign_blasts: float
    significance: float
    disagreement: float
    least_benign: float
    far: float
    floor: float
    greatest_error: float

    def __post_init__(self) -> None:
        positive = (self.cells_weight + self.windows_weight, self.clip, self.coverage, self.significance, self.far)
        least_zero = (
            self.cells_weight,
            self.windows_weight,
            self.half_cells,
            self.least_cells,
            self.greatest_error,
        )
        shares = (
            self.clip,
            self.set_threshold,
            self.coverage,
            self.least_named,
            self.named_share,
            self.blast_probability,
            self.benign_blasts,
            self.significance,
            self.disagreement,
            self.least_benign,
            self.floor,
        )
        if (
            not all(math.isfinite(value) for value in (*positive, *least_zero))
            or not all(value > 0 for value in positive)
            or not all(value >= 0 for value in least_zero)
            or not all(0 <= share <= 1 for share in shares)
            or self.far < 1
        ):
            raise ValueError(f"aggregation settings out of range: {self}")


def windows_alone(set_threshold: float, coverage: float) -> AggregationSettings:
    """Return the rule of a package without a cell model: the mean of its windows, rejected beyond the distance limit.

    Of one window the probabilities stay as they are.
    """
    return AggregationSettings(
        cells_weight=0.0,
        windows_weight=1.0,
        half_cells=0.0,
        clip=_LEAST,
        set_threshold=set_threshold,
        coverage=coverage,
        least_cells=0,
        least_named=0.5,
        named_share=0.0,
        blast_probability=1.0,
        benign_blasts=1.0,
        significance=0.01,
        disagreement=1.0,
        least_benign=0.0,
        far=1.0,
        floor=0.0,
        greatest_error=1.0,
    )


@dataclass(frozen=True)
class Evidence:
    """What the models found in one field.

    Attributes:
        windows: (W, C) float64, calibrated probabilities of the windows that were read.
        distances: (W,) float64, distance of each from the training data as a multiple of its limit; 0 without a limit.
        cells: (N, 6) float64, probabilities of the cell model for each white cell; None without a cell model.
        cautions: what was found before the models ran; those about the scale widen the set.
        is_open: whether the set must hold every label for another reason, such as an overexposed image.
    """

    windows: NDArray[np.float64]
    distances: NDArray[np.float64]
    cells: NDArray[np.float64] | None = None
    cautions: tuple[Caution, ...] = ()
    is_open: bool = False


@dataclass(frozen=True)
class FieldAnswer:
    """The answer to one field.

    Attributes:
        probabilities: (C,) float64, calibrated; labels of the set that a caution put there have at least the floor.
        prediction_set: indices of the labels that cannot be excluded, most probable first.
        cautions: why the set was widened, and those given; each once, in the order of `Caution`.
    """

    probabilities: NDArray[np.float64]
    prediction_set: tuple[int, ...]
    cautions: tuple[Caution, ...]


_OPENING = {
    Caution.SCALE_UNCERTAIN,
    Caution.SCALES_DISAGREE,
    Caution.UNLIKE_TRAINING,
}
"""Cautions with which the set holds every label."""

_QUESTIONING = {Caution.FEW_CELLS, Caution.UNNAMED_CELLS}
"""Cautions with which the set holds benign and the likeliest leukemia at least."""


@dataclass(frozen=True)
class NamedCells:
    """The white cells of a field.

    Attributes:
        white: their number.
        named: (n, C) float64, probabilities of those that can be named, given that they are one of the labels.
        blasts: (n,) bool, which of these look like blasts.
    """

    white: int
    named: NDArray[np.float64]
    blasts: NDArray[np.bool_]


def is_named(cells: NDArray[np.float64], settings: AggregationSettings) -> NDArray[np.bool_]:
    """Return which white cells (N, 6) the model can name by one of the labels."""
    share = cells[:, :NAMED].sum(axis=1) / np.maximum(1 - cells[:, _NOT_WHITE], _LEAST)
    return np.asarray(share >= settings.least_named)


def measure_blast_probability(cells: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return for each white cell (N, 6) the probability of a malignant label, given that it is one."""
    blast = cells[:, 1:NAMED].sum(axis=1) / np.maximum(1 - cells[:, _NOT_WHITE], _LEAST)
    return np.asarray(np.clip(blast, 0.0, 1.0))


def measure_distance(evidence: Evidence) -> float:
    """Return the field's distance from the training data as a multiple of the limit: the windows' median."""
    return float(np.median(evidence.distances)) if evidence.distances.size else 0.0


def count_blasts(cells: NDArray[np.float64], settings: AggregationSettings) -> int:
    """Return how many white cells (N, 6) look like blasts."""
    return int((measure_blast_probability(cells) >= settings.blast_probability).sum())


def has_no_name(evidence: Evidence, settings: AggregationSettings) -> bool:
    """Return whether a cell model could name none of the field's white cells."""
    cells = name_cells(evidence, settings)
    return cells is not None and not len(cells.named)


def combine(evidence: Evidence, settings: AggregationSettings) -> NDArray[np.float64]:
    """Return the field's probabilities (C,) before any caution.

    Its logits are a weighted sum of two means of log-probabilities: over the windows, and over the named cells. The
    fewer named cells, the less they count.
    """
    logits = settings.windows_weight * mean_logarithm(evidence.windows, settings.clip)
    cells = name_cells(evidence, settings)
    if cells is not None and len(cells.named):
        share = len(cells.named) / (len(cells.named) + settings.half_cells)
        logits = logits + settings.cells_weight * share * mean_logarithm(cells.named, settings.clip)
    return _softmax(logits)


def aggregate(evidence: Evidence, settings: AggregationSettings) -> FieldAnswer:
    """Return the answer to a field.

    The first class is benign, every other a leukemia.
    """
    probabilities = combine(evidence, settings)
    found = set(evidence.cautions) | _find_cautions(evidence, settings)
    likely = set(prediction_set(probabilities, settings.set_threshold))
    is_open = bool(found & _OPENING) or evidence.is_open or has_no_name(evidence, settings)
    added = set(range(len(probabilities))) if is_open else set()
    if found & _QUESTIONING:
        added |= {0, _likeliest_leukemia(probabilities)}
    if (disputed := _dispute(evidence, settings, probabilities, likely)) - likely - added:
        found.add(Caution.MODELS_DISAGREE)
        added |= disputed
    likely |= added
    if added:
        probabilities = _raise_to_floor(probabilities, sorted(likely), settings.floor)
    order = np.argsort(-probabilities, kind="stable")
    chosen = tuple(int(index) for index in order if int(index) in likely)
    return FieldAnswer(probabilities, chosen, tuple(caution for caution in Caution if caution in found))


def mean_logarithm(probabilities: NDArray[np.float64], clip: float) -> NDArray[np.float64]:
    """Return the mean of log-probabilities (N, C) over N; zeros for none."""
    if not len(probabilities):
        return np.zeros(probabilities.shape[1])
    return np.asarray(np.log(np.maximum(probabilities, clip)).mean(axis=0), dtype=np.float64)


def name_cells(evidence: Evidence, settings: AggregationSettings) -> NamedCells | None:
    """Return the named cells with the classes of the windows; None without a cell model."""
    if evidence.cells is None:
        return None
    four = evidence.cells[is_named(evidence.cells, settings)][:, :NAMED]
    four = four / np.maximum(four.sum(axis=1, keepdims=True), _LEAST)
    blasts = np.asarray(1 - four[:, 0] >= settings.blast_probability)
    if evidence.windows.shape[1] == 2:  # a screening model does not determine the kind
        four = np.stack([four[:, 0], four[:, 1:].sum(axis=1)], axis=1)
    return NamedCells(len(evidence.cells), four, blasts)


def _find_cautions(evidence: Evidence, settings: AggregationSettings) -> set[Caution]:
    """Return the cautions that cells and distances give."""
    found = set()
    if measure_distance(evidence) > 1:
        found.add(Caution.UNLIKE_TRAINING)
    cells = name_cells(evidence, settings)
    if cells is not None and (not len(cells.named) or len(cells.named) < settings.named_share * cells.white):
        found.add(Caution.UNNAMED_CELLS)
    elif cells is not None and len(cells.named) < settings.least_cells:
        found.add(Caution.FEW_CELLS)
    return found


def _dispute(
    evidence: Evidence, settings: AggregationSettings, probabilities: NDArray[np.float64], likely: set[int]
) -> set[int]:
    """Return the labels to add to a set of leukemias without benign, or to benign alone.

    Benign joins where cells or windows alone are sure of it. A leukemia joins benign where cells or windows alone point
    to it, where benign is not probable enough, or where more cells look like blasts than in any benign field.
    """
    cells = name_cells(evidence, settings)
    if cells is None:
        return set()
    parts = [_softmax(mean_logarithm(each, settings.clip)) for each in (cells.named, evidence.windows) if len(each)]
    if 0 not in likely:
        return {0} if any(part[0] >= settings.disagreement for part in parts) else set()
    if likely != {0}:
        return set()
    added = {int(part.argmax()) for part in parts if part[0] <= 0.5}
    if probabilities[0] < settings.least_benign:
        added.add(_likeliest_leukemia(probabilities))
    if exceeds_chance(int(cells.blasts.sum()), cells.white, settings.benign_blasts, settings.significance):
        added.add(_likeliest_leukemia(mean_logarithm(cells.named[cells.blasts], settings.clip)))
    return added


def _likeliest_leukemia(values: NDArray[np.float64]) -> int:
    return 1 + int(values[1:].argmax())


def _raise_to_floor(probabilities: NDArray[np.float64], labels: list[int], floor: float) -> NDArray[np.float64]:
    """Mix probabilities (C,) with equal ones for `labels` until each of these has the floor; their order stays."""
    even = np.zeros(len(probabilities))
    even[labels] = 1 / len(labels)
    least, floor = float(probabilities[labels].min()), min(floor, 0.99 / len(labels))
    if least >= floor:
        return probabilities
    share = (floor - least) / (1 / len(labels) - least)
    return np.asarray((1 - share) * probabilities + share * even)


def _softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    powers = np.exp(logits - logits.max())
    return np.asarray(powers / powers.sum(), dtype=np.float64)
