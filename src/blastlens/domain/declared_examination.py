"""End of an examination as its last field declares it, by object metadata."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

COMPLETE_KEY = "examination-complete"
"""Key of the object metadata that marks the last field of an examination: `true`."""

FIELDS_KEY = "examination-fields"
"""Key of the object metadata that holds the number of fields that the sender sent of this examination, in digits."""

MAX_FIELDS = 99_999
"""Larger numbers are not usable: nobody photographs a smear so often."""

_NUMBER = re.compile(r"0*[1-9]\d{0,4}", re.ASCII)
_LONGEST_NUMBER = 20


@dataclass(frozen=True)
class DeclaredExamination:
    """What a field's metadata says of its examination.

    Attributes:
        complete: whether the field is marked as the last one.
        fields: how many fields the sender sent, 1 to 99,999; None where it does not say.
    """

    complete: bool = False
    fields: int | None = None


def read_declared_examination(metadata: Mapping[str, str]) -> DeclaredExamination:
    """Return what an object's metadata says of its examination.

    Unusable values count as not declared: an image is never rejected for them, and its examination settles by itself.
    """
    is_complete = metadata.get(COMPLETE_KEY, "").strip().lower() == "true"
    number = metadata.get(FIELDS_KEY, "").strip()
    is_usable = len(number) <= _LONGEST_NUMBER and _NUMBER.fullmatch(number) is not None
    return DeclaredExamination(is_complete, int(number) if is_usable else None)


def make_examination_metadata(fields: int) -> dict[str, str]:
    """Return the object metadata of the last field of an examination of `fields` fields, 1 or more."""
    return {COMPLETE_KEY: "true", FIELDS_KEY: str(fields)}
