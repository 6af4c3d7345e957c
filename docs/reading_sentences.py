"""Sentences of a model card on what a package reads, and what it does in doubt."""

import textwrap
from collections.abc import Iterator

from blastlens.imaging.pixel_size import GREATEST_RATIO
from blastlens.inference.aggregation import AggregationSettings
from blastlens.inference.manifest import Manifest
from blastlens.inference.scale_range import LEAST_FIELD_UM

_WIDTH = 150
_PAGE = "([how a field is read](fields.md))"
_WHOLE_IMAGE = (
    "**It reads an image as one window**, without its borders. It uses no pixel size and classifies no single cells: "
    "the larger a field, the smaller its cells are to the model."
)


def reading_sentences(manifest: Manifest) -> str:
    """Return list items on the range of pixel sizes, unknown scale, few cells and unnamed cells of a package."""
    return "\n".join(
        textwrap.fill(f"* {item}", _WIDTH, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)
        for item in _list_items(manifest)
    )


def _list_items(manifest: Manifest) -> Iterator[str]:
    if manifest.evaluated_um is None or manifest.scale is None or manifest.cells is None:
        yield _WHOLE_IMAGE
        return
    least, greatest = manifest.evaluated_um
    yield (
        f"**It reads fields of {least:g} to {greatest:g} micrometres a pixel, at least {LEAST_FIELD_UM:g} micrometres "
        f"wide:** each white cell, and windows of about {manifest.window_um:g} micrometres that hold white cells "
        f"{_PAGE}. A field without white cells is refused."
    )
    yield _describe_scale(manifest.aggregation)
    few = _describe_few_cells(manifest.aggregation)
    yield f"**Few cells, and cells without a name:** {few}where none can be named, every label is in the set."


def _describe_scale(settings: AggregationSettings | None) -> str:
    known = "" if settings is None else f"is uncertain by more than {100 * settings.greatest_error:.0f} %, "
    return (
        "**Magnification, and unknown scale:** the pixel size is declared with the image or estimated from it. "
        f"Where it is unknown or outside of that range, the field is refused. Where it {known}may lie outside of the "
        f"range, or differs by more than {100 * (GREATEST_RATIO - 1):.0f} % between declaration and estimate, every "
        "label is in the set, and benign never stands alone."
    )


def _describe_few_cells(settings: AggregationSettings | None) -> str:
    if settings is None or settings.least_cells < 2:
        return ""
    return (
        f"where fewer than {settings.least_cells} white cells can be named, benign and the likeliest leukemia are in "
        "the set; "
    )
