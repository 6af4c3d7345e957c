"""Answers about the white cells of a field, as a person left them."""

import json
from collections.abc import Mapping
from typing import Any

from blastlens.cloud.tables.items import text_of_time
from blastlens.domain.review import Move, Review, ReviewEvent
from blastlens.functions.examination_views import Field
from blastlens.functions.responses import View

_NOTHING: Mapping[str, Any] = {
    "width": None,
    "height": None,
    "pixel_size_um": None,
    "pixel_size_from": "unknown",
    "pixel_size_error": None,
    "windows": [],
}


def cells_view(field: Field, file: bytes | None, review: Review, image: View) -> View:
    """Return the white cells of a field, by the reading that is shown.

    Args:
        field: the field.
        file: the reading's file of cells (`domain.cell_file`); None where it is deleted.
        review: what people moved.
        image: link to the image.
    """
    upload_id, reading = field.upload.upload_id, field.shown.id.reading
    plain = {} if file is None else json.loads(file)
    known = {name: plain.get(name, default) for name, default in _NOTHING.items()}
    moved = {
        cell.cell: one for cell, one in review.moves.items() if (cell.upload_id, cell.reading) == (upload_id, reading)
    }
    return {
        "upload_id": upload_id,
        "reading": reading,
        **known,
        "missing": file is None,
        "image": image,
        "cells": [
            {"cell": number, **cell, "moved": _moved_view(moved.get(number))}
            for number, cell in enumerate(plain.get("cells", ()))
        ],
    }


def _moved_view(moved: tuple[ReviewEvent, Move] | None) -> View | None:
    if moved is None:
        return None
    event, move = moved
    return {"kind": str(move.kind), "by": event.by, "at": text_of_time(event.at)}
