"""Attribute of a field record for the verdict of the screening."""

from collections.abc import Mapping
from typing import Any

from blastlens.cloud.tables.attributes import decimals, floats
from blastlens.domain.declared_edge_verdict import EdgeVerdict
from blastlens.domain.labels import Label

_NAME = "edge"


def edge_part(edge: EdgeVerdict | None) -> dict[str, Any]:
    """Return the attribute of a field record; nothing for None."""
    if edge is None:
        return {}
    probabilities = decimals({str(label): value for label, value in edge.probabilities.items()}, "probability")
    labels = [str(label) for label in edge.prediction_set]
    return {_NAME: {"digest": edge.digest, "probabilities": probabilities, "set": labels}}


def edge_of(item: Mapping[str, Any]) -> EdgeVerdict | None:
    """Return what `edge_part` wrote; None in records without a verdict, as all older ones.

    One with labels of a later version, which a rollback leaves behind, counts as none: the record must stay readable.
    """
    part = item.get(_NAME)
    try:
        return None if part is None else _verdict_of(part)
    except (KeyError, ValueError):
        return None


def _verdict_of(part: Mapping[str, Any]) -> EdgeVerdict:
    probabilities = {Label(name): value for name, value in floats(part["probabilities"]).items()}
    return EdgeVerdict(part["digest"], probabilities, tuple(Label(name) for name in part["set"]))
