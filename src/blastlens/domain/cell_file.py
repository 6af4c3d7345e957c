"""File of the white cells of a field, stored beside the pictures of its answer."""

import json
import math
from collections.abc import Sequence

from blastlens.domain.field import Box, Cell, FieldSummary, to_plain_field
from blastlens.domain.prediction import ModelIdentity


def encode_cells(
    field: FieldSummary, model: ModelIdentity, size: tuple[int, int], windows: Sequence[Box], cells: Sequence[Cell]
) -> bytes:
    """Return the file as JSON in UTF-8. It contains no id of patient or upload.

    Boxes are [left, top, width, height], outlines lists of [x, y], in pixels of the field as uploaded.

    Args:
        field: what was read; its cautions are in the record alone.
        model: the package that read it.
        size: width and height of the field in pixels.
        windows: boxes of the windows that were read.
        cells: the white cells that were read.
    """
    read = to_plain_field(field) or {}
    plain = {
        **{name: read[name] for name in ("pixel_size_um", "pixel_size_from", "pixel_size_error")},
        "model": dict(vars(model)),
        "width": int(size[0]),
        "height": int(size[1]),
        "windows": [_integers(box) for box in windows],
        "cells": [_to_plain_cell(cell) for cell in cells],
    }
    return json.dumps(plain, allow_nan=False, separators=(",", ":")).encode()


def _to_plain_cell(cell: Cell) -> dict[str, object]:
    nucleus = cell.nucleus_um
    return {
        "box": _integers(cell.box),
        "outline": [_integers(point) for point in cell.outline],
        "nucleus_um": None if nucleus is None or not math.isfinite(nucleus) else round(float(nucleus), 2),
        "blast_probability": round(float(cell.blast_probability), 4),
        "kind": str(cell.kind),
    }


def _integers(values: Sequence[int]) -> list[int]:
    return [int(value) for value in values]
