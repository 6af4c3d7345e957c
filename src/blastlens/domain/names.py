"""Names of people and of clinics, as they are stored."""

from unicodedata import category

_JOINERS = dict.fromkeys((0x200C, 0x200D))  # invisible, and part of how Persian and Indian names are spelled


def tidied(text: str) -> str:
    """Return a name with plain spaces, and none around it: word processors put others into "Dr. Vogel"."""
    return "".join(" " if category(letter) == "Zs" else letter for letter in text).strip()


def can_be_printed(name: str) -> bool:
    """Tell whether a name is seen and holds no line break, no sign that turns the direction of writing, or the like."""
    seen = name.translate(_JOINERS)
    return bool(seen.strip()) and seen.isprintable()
