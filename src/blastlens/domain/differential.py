"""Differential: white cells of an examination by class, with what people moved."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from blastlens.domain.chance import wilson_interval
from blastlens.domain.field import CellKind, FieldSummary
from blastlens.domain.record import Record
from blastlens.domain.review import CellClass, CellId, Review, is_excluded, upload_id_of

BLASTS = (CellClass.EARLY_PRE_B, CellClass.PRE_B, CellClass.PRO_B)
"""Classes that are leukemic lymphoblasts."""


@dataclass(frozen=True)
class Differential:
    """White cells of the fields that count, by class.

    A blast here is a cell whose class is one of `BLASTS`: for the model, its likeliest kind. The answer of an
    examination counts fewer, those that the package takes for blasts with great certainty.

    Attributes:
        by_kind: class -> number of cells, for every class that cells of the smear can have.
        moved: how many of the cells a person gave another class than the model.
    """

    by_kind: Mapping[CellClass, int]
    moved: int

    @property
    def cells(self) -> int:
        """Number of white cells."""
        return sum(number for kind, number in self.by_kind.items() if kind is not CellClass.NOT_A_CELL)

    @property
    def blasts(self) -> int:
        """Number of blasts."""
        return sum(self.by_kind.get(kind, 0) for kind in BLASTS)

    @property
    def blast_share(self) -> float | None:
        """Share of the white cells that are blasts, 0 to 1; None without white cells."""
        return self.blasts / self.cells if self.cells else None

    @property
    def blast_interval(self) -> tuple[float, float]:
        """95 % interval of that share, 0 to 1."""
        return wilson_interval(self.blasts, self.cells)


def count_cells(shown: Iterable[Record], review: Review) -> Differential:
    """Return the differential.

    Args:
        shown: the record of each field that the examination rests on (`examination_totals.shown_records`). Those that
            are excluded are left out.
        review: moves and exclusions.
    """
    counted = [one for one in shown if not is_excluded(one, review.excluded)]
    summaries = {(upload_id_of(one), one.id.reading): one.result.answer.field for one in counted}
    total = Counter[CellClass](dict.fromkeys(CellClass, 0))
    for summary in summaries.values():
        total.update(count_by_class(summary))
    moved = 0
    for cell, (_, move) in review.moves.items():
        if move.kind is not CellClass(move.was) and _is_in(cell, summaries):
            # Records from before kinds were counted have all of their cells under `OTHER_WHITE`.
            was = CellClass(move.was) if total[CellClass(move.was)] else CellClass.OTHER_WHITE
            total.subtract([was])
            total[move.kind] += 1
            moved += 1
    return Differential({kind: max(0, number) for kind, number in total.items()}, moved)


def count_by_class(summary: FieldSummary | None) -> dict[CellClass, int]:
    """Return the model's number of white cells of a field by class; those whose kind is not known are other ones."""
    if summary is None:
        return {}
    counts = {CellClass(kind): number for kind, number in summary.kinds.items()}
    rest = max(0, summary.white_cells - sum(counts.values()))
    other = CellClass(CellKind.OTHER_WHITE)
    return counts | {other: counts.get(other, 0) + rest}


def _is_in(cell: CellId, readings: Collection[tuple[str, str]]) -> bool:
    return (cell.upload_id, cell.reading) in readings
