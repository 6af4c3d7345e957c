"""Table of the differential in a report."""

from typing import Any

from blastlens.domain.differential import Differential
from blastlens.domain.review import CellClass
from blastlens.domain.text_catalogue import Catalogue

_NO_SHARE = "–"


def make_differential(differential: Differential, excluded: int, catalogue: Catalogue) -> dict[str, Any]:
    """Return heading, rows and notes of the table.

    Args:
        differential: white cells by class.
        excluded: fields that a person left out.
        catalogue: texts.
    """
    notes = [catalogue.fill("pdf.differential_note")]
    if differential.moved:
        notes.append(catalogue.fill("pdf.moved", moved=str(differential.moved)))
    if excluded:
        notes.append(catalogue.fill("pdf.excluded", fields=str(excluded)))
    return {
        "heading": catalogue.fill("pdf.differential"),
        "head": [catalogue.fill(f"pdf.{name}_head") for name in ("kind", "count", "share")],
        "rows": [
            [_title(kind, catalogue), str(number), _share(differential, kind, catalogue)]
            for kind, number in differential.by_kind.items()
            if number or kind is not CellClass.NOT_A_CELL
        ],
        "notes": notes,
    }


def _share(differential: Differential, kind: CellClass, catalogue: Catalogue) -> str:
    if kind is CellClass.NOT_A_CELL or not differential.cells:
        return _NO_SHARE
    return catalogue.format_percent(differential.by_kind[kind] / differential.cells, 1)


def _title(kind: CellClass, catalogue: Catalogue) -> str:
    title = f"titles.{kind}"
    return catalogue.fill(title if title in catalogue.texts else f"pdf.{kind}")
