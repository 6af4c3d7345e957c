"""Attributes of a record about its field of view."""

import math
from collections.abc import Mapping
from typing import Any

from blastlens.cloud.tables.attributes import to_decimal
from blastlens.domain.field import Caution, CellKind, FieldSummary, PixelSize, PixelSizeSource, to_plain_field

_NUMBERS = ("pixel_size_um", "pixel_size_error")


def field_part(field: FieldSummary) -> dict[str, Any]:
    """Return the attributes of a field: those of `--json`, beside the other attributes of its record.

    A pixel size or number that is unknown is stored as null.
    """
    plain = to_plain_field(field) or {}
    numbers = {name: None if plain[name] is None else to_decimal(plain[name], name) for name in _NUMBERS}
    return plain | numbers


def field_of(item: Mapping[str, Any]) -> FieldSummary | None:
    """Return the field of a record's item; None for a record without one, as all older ones.

    Sources and cautions of a later version, which a rollback leaves behind, are read as unknown and left out.
    """
    if "pixel_size_from" not in item:
        return None
    um, error, source = item.get("pixel_size_um"), item.get("pixel_size_error"), item["pixel_size_from"]
    size = PixelSize(
        um=float(um) if um else None,
        source=PixelSizeSource(source) if source in tuple(PixelSizeSource) else PixelSizeSource.UNKNOWN,
        relative_error=math.inf if error is None else float(error),
    )
    cautions = tuple(Caution(name) for name in item.get("cautions", ()) if name in tuple(Caution))
    counts = (int(item.get(name, 0)) for name in ("windows", "white_cells", "unnamed_cells", "blasts"))
    windows, cells, unnamed, blasts = counts
    kinds = {CellKind(name): int(number) for name, number in item.get("kinds", {}).items() if name in tuple(CellKind)}
    uncertain = item.get("uncertain_cells")
    uncertain_cells = None if uncertain is None else int(uncertain)
    return FieldSummary(size, windows, cells, cautions, unnamed, blasts, kinds, uncertain_cells)
