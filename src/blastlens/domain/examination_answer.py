"""Answers of examinations: one answer from all fields of a smear.

Plain Python: the functions have neither NumPy nor a model package, so each field record carries the constants.
"""

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from blastlens.domain.chance import exceeds_chance, wilson_interval
from blastlens.domain.field import Caution
from blastlens.domain.finding import Finding, to_finding
from blastlens.domain.labels import WORDS, Label
from blastlens.domain.prediction import Prediction

_CLIP = 1e-6
_DIGITS = 12  # as many as tables store, so that a stored answer equals the one that it was


@dataclass(frozen=True)
class ExaminationConstants:
    """Constants of a package for examinations, fitted on examinations drawn from its calibration groups (ADR 0042).

    Attributes:
        least_white_cells: with fewer white cells in all fields, an examination is insufficient.
        clip: least probability of a label in one field: no single field decides.
        correlation: how alike the fields' evidence is, 0 (independent) to 1 (copies, which count as one field).
        set_threshold: labels with at least this probability are in the prediction set.
        coverage: nominal share of examinations whose set contains the true label, 0 to 1.
        benign_blasts: share of white cells that look like blasts in benign examinations.
        significance: more such cells than `benign_blasts` gives by chance with this probability are a malignant
            population: benign does not stand alone.
        open_share: a label that more than this share of the fields cannot exclude stays in the set.
        floor: least probability of a label that a rule puts into the set.

    Raises:
        ValueError: a number is out of range.
    """

    least_white_cells: int
    clip: float
    correlation: float
    set_threshold: float
    coverage: float
    benign_blasts: float
    significance: float
    open_share: float
    floor: float

    def __post_init__(self) -> None:
        inside = (self.clip, self.coverage, self.significance)
        shares = (self.correlation, self.set_threshold, self.benign_blasts, self.open_share, self.floor)
        if (
            self.least_white_cells < 0
            or not all(0 < one < 1 for one in inside)
            or not all(0 <= one <= 1 for one in shares)
            or self.significance > 0.5
        ):
            raise ValueError(f"constants of examinations out of range: {self}")


@dataclass(frozen=True)
class ExaminationAnswer:
    """What all fields of a smear show together. It is no diagnosis.

    Attributes:
        label: the most probable label.
        probabilities: label -> calibrated probability; labels that a rule put into the set have at least the floor.
        prediction_set: labels that cannot be excluded, most probable first.
        white_cells: white cells in all fields.
        blasts: those that look like leukemic lymphoblasts.
        blast_interval: 95 % interval of the share of blasts, 0 to 1.
        contradicts: whether some fields show benign alone and others leukemia alone.
        missing_cells: how many more white cells an answer needs; 0 where there are enough.
        excess_blasts: whether more cells look like blasts than benign smears show by chance, in all fields or in one.
    """

    label: Label
    probabilities: Mapping[Label, float]
    prediction_set: tuple[Label, ...]
    white_cells: int
    blasts: int
    blast_interval: tuple[float, float]
    contradicts: bool
    missing_cells: int
    excess_blasts: bool = False

    @property
    def finding(self) -> Finding:
        """Finding of the prediction set; insufficient with too few white cells."""
        return Finding.INSUFFICIENT if self.missing_cells else self.suspicion

    @property
    def suspicion(self) -> Finding:
        """Finding of the prediction set, whatever the number of white cells: it decides how soon a person reads it."""
        return to_finding(self.prediction_set)

    @property
    def blast_share(self) -> float | None:
        """Share of the white cells that look like blasts, 0 to 1; None without white cells."""
        return self.blasts / self.white_cells if self.white_cells else None


def answer_examination(fields: Sequence[Prediction], constants: ExaminationConstants) -> ExaminationAnswer | None:
    """Return the answer to an examination from its fields; None where none could be read.

    The set holds every label that is probable enough, what a field shows alone (benign, or leukemia), what most fields
    cannot exclude, and a leukemia where too many cells of all fields, or of one, look like blasts. So a contradiction
    is never averaged into benign. The order of the fields does not matter, and one field gives at least the labels of
    its own set.
    """
    if not fields:
        return None
    probabilities = combine_fields(fields, constants)
    likely = {max(probabilities, key=probabilities.__getitem__)}
    likely |= {label for label, value in probabilities.items() if value >= constants.set_threshold}
    cells, blasts = count_cells(fields)
    low, high = wilson_interval(blasts, cells)
    missing = max(0, constants.least_white_cells - cells)
    excess = _has_excess([(blasts, cells), *map(_count, fields)], constants)
    added = _widen(fields, probabilities, likely, excess) | _keep_open(fields, constants, missing > 0)
    if added - likely:
        likely |= added
        probabilities = _raise_to_floor(probabilities, likely, constants.floor)
    chosen = tuple(sorted(likely, key=lambda label: -probabilities[label]))
    return ExaminationAnswer(
        label=chosen[0],
        probabilities={label: round(value, _DIGITS) for label, value in probabilities.items()},
        prediction_set=chosen,
        white_cells=cells,
        blasts=blasts,
        blast_interval=(round(low, _DIGITS), round(high, _DIGITS)),
        contradicts={Finding.HARMLESS, Finding.LEUKEMIA} <= {to_finding(one.prediction_set) for one in fields},
        missing_cells=missing,
        excess_blasts=excess,
    )


def keep_leukemia_open(
    answer: ExaminationAnswer, excluded: Sequence[Prediction], constants: ExaminationConstants
) -> ExaminationAnswer:
    """Return an answer that does not rule leukemia out where fields that a person excluded do not.

    Their cells and probabilities do not count. Only a person may conclude benign without them.

    Args:
        answer: the answer to the fields that count.
        excluded: the answers to fields that were excluded.
        constants: of the package.
    """
    shown = {label for one in excluded for label in one.prediction_set if WORDS[label].malignant}
    if not shown or answer.suspicion is not Finding.HARMLESS:
        return answer
    leukemias = [label for label in answer.probabilities if WORDS[label].malignant]
    added = _likeliest([label for label in leukemias if label in shown] or leukemias, answer.probabilities)
    likely = {*answer.prediction_set, added}
    probabilities = _raise_to_floor(answer.probabilities, likely, constants.floor)
    chosen = tuple(sorted(likely, key=lambda label: -probabilities[label]))
    rounded = {label: round(value, _DIGITS) for label, value in probabilities.items()}
    return replace(answer, label=chosen[0], probabilities=rounded, prediction_set=chosen)


def count_cells(fields: Sequence[Prediction]) -> tuple[int, int]:
    """Return the number of white cells in all fields, and of those that look like blasts."""
    counts = [_count(one) for one in fields]
    return sum(cells for _, cells in counts), sum(blasts for blasts, _ in counts)


def combine_fields(fields: Sequence[Prediction], constants: ExaminationConstants) -> dict[Label, float]:
    """Return the probabilities of an examination from its fields, at least one, before any rule adds a label.

    The logits of n fields are n / (1 + (n - 1) correlation) times the mean of their log-probabilities: as much as so
    many independent fields give.
    """
    labels, least = fields[0].labels, max(constants.clip, _CLIP)
    weight = 1 / (1 + (len(fields) - 1) * constants.correlation)
    logits = [weight * math.fsum(math.log(max(one.probabilities[label], least)) for one in fields) for label in labels]
    most = max(logits)
    powers = [math.exp(value - most) for value in logits]
    return {label: power / sum(powers) for label, power in zip(labels, powers, strict=True)}


def _count(one: Prediction) -> tuple[int, int]:
    """Return the blasts of a field and its white cells; nothing where cells were not read."""
    return (0, 0) if one.field is None else (one.field.blasts, one.field.white_cells)


def _has_excess(counts: Iterable[tuple[int, int]], constants: ExaminationConstants) -> bool:
    """Return whether any count of blasts among white cells is more than benign smears show by chance."""
    return any(
        exceeds_chance(blasts, cells, constants.benign_blasts, constants.significance) for blasts, cells in counts
    )


def _widen(
    fields: Sequence[Prediction], probabilities: Mapping[Label, float], likely: Collection[Label], excess: bool
) -> set[Label]:
    """Return the labels that single fields, or too many blasts, add to the set.

    Of the leukemias that fields show alone, the likeliest joins; benign joins where a field shows it alone.
    """
    shown = {to_finding(one.prediction_set): set[Label]() for one in fields}
    for one in fields:
        shown[to_finding(one.prediction_set)] |= set(one.prediction_set)
    has_leukemia = any(WORDS[label].malignant for label in likely)
    added = set(shown.get(Finding.HARMLESS, ()))
    if not has_leukemia and Finding.LEUKEMIA in shown:
        added.add(_likeliest(shown[Finding.LEUKEMIA], probabilities))
    elif not has_leukemia and excess:
        added.add(_likeliest([label for label in probabilities if WORDS[label].malignant], probabilities))
    return added


def _keep_open(fields: Sequence[Prediction], constants: ExaminationConstants, is_short: bool) -> set[Label]:
    """Return the labels that more than `open_share` of the fields cannot exclude.

    Fields with few cells count only in an examination that is short of cells: others make up for them.
    """
    counted = [one for one in fields if is_short or one.field is None or Caution.FEW_CELLS not in one.field.cautions]
    most = constants.open_share * len(counted)
    return {label for label in fields[0].labels if sum(label in one.prediction_set for one in counted) > most}


def _likeliest(labels: Collection[Label], probabilities: Mapping[Label, float]) -> Label:
    return max(labels, key=lambda label: probabilities[label])


def _raise_to_floor(
    probabilities: Mapping[Label, float], labels: Collection[Label], floor: float
) -> dict[Label, float]:
    """Mix probabilities with equal ones for `labels` until each of these has the floor; their order stays."""
    even, least = 1 / len(labels), min(probabilities[label] for label in labels)
    floor = min(floor, 0.99 * even)
    share = (floor - least) / (even - least) if least < floor else 0.0
    return {label: (1 - share) * value + share * even * (label in labels) for label, value in probabilities.items()}
