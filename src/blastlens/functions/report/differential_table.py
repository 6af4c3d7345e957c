"""Table of the differential in a report."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from blastlens.domain.text_catalogue import Catalogue


@dataclass(frozen=True)
class Differential:
    """White cells of an examination by kind, with what people moved and left out.

    Attributes:
        by_kind: kind -> number of cells.
        moved: cells that a person moved to another kind.
        excluded: fields that a person left out.
    """

    by_kind: Mapping[str, int]
    moved: int = 0
    excluded: int = 0


def make_differential(differential: Differential, catalogue: Catalogue) -> dict[str, Any]:
    """Return heading, rows and notes of the table."""
    cells = sum(differential.by_kind.values())
    notes = []
    if differential.moved:
        notes.append(catalogue.fill("pdf.moved", moved=str(differential.moved)))
    if differential.excluded:
        notes.append(catalogue.fill("pdf.excluded", fields=str(differential.excluded)))
    return {
        "heading": catalogue.fill("pdf.differential"),
        "head": [catalogue.fill(f"pdf.{name}_head") for name in ("kind", "count", "share")],
        "rows": [
            [_title(kind, catalogue), str(number), catalogue.format_percent(number / cells if cells else 0.0, 1)]
            for kind, number in differential.by_kind.items()
        ],
        "notes": notes,
    }


def _title(kind: str, catalogue: Catalogue) -> str:
    title = f"titles.{kind}"
    return catalogue.fill(title if title in catalogue.texts else f"kinds.{kind}")
