"""Attributes of a field record that its examination needs."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from blastlens.cloud.tables.attributes import to_decimal
from blastlens.domain.declared_examination import DeclaredExamination
from blastlens.domain.examination_answer import ExaminationConstants
from blastlens.domain.result import Custody

_NAME = "custody"


def custody_part(custody: Custody | None) -> dict[str, Any]:
    """Return the attribute of a field record; nothing for None."""
    if custody is None:
        return {}
    part: dict[str, Any] = {"sha256": custody.sha256, "complete": custody.declared.complete}
    if custody.declared.fields is not None:
        part["fields"] = custody.declared.fields
    if custody.same_as is not None:
        part["same_as"] = custody.same_as
    if custody.constants is not None:
        part["constants"] = {name: _stored(value, name) for name, value in vars(custody.constants).items()}
    return {_NAME: part}


def custody_of(item: Mapping[str, Any]) -> Custody | None:
    """Return what `custody_part` wrote; None in records from before examinations."""
    part = item.get(_NAME)
    if part is None:
        return None
    number = part.get("fields")
    return Custody(
        sha256=part["sha256"],
        declared=DeclaredExamination(bool(part["complete"]), None if number is None else int(number)),
        same_as=part.get("same_as"),
        constants=_constants_of(part.get("constants")),
    )


def _stored(value: float, name: str) -> Any:
    return value if isinstance(value, int) else to_decimal(value, name)


def _constants_of(part: Mapping[str, Any] | None) -> ExaminationConstants | None:
    """Return the constants; None where a later version, which a rollback left behind, has others."""
    if part is None:
        return None
    types = {one.name: int if one.type in (int, "int") else float for one in fields(ExaminationConstants)}
    if not set(types) <= set(part):
        return None
    values: dict[str, Any] = {name: kind(part[name]) for name, kind in types.items()}
    return ExaminationConstants(**values)
