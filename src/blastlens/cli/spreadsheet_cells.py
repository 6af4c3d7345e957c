"""Protection of texts in CSV cells, which spreadsheets would change or run."""

import re

MARK = "'"
"""Precedes a protected text. Spreadsheets take such a cell as text; programs remove one mark from its beginning."""

# Their full-width forms are run by spreadsheets in Chinese and Japanese.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")

# Numbers, dates and times by their characters alone (0012, 1e5, 1-2, 1.0.0, 12:30), which languages read differently.
_NUMBER = re.compile(r"[\d.,:/+\- %eE]*\d[\d.,:/+\- %eE]*(?: [ap]m?)?", re.IGNORECASE)
_MONTH = (
    "jan(?:uary|uar)?|feb(?:ruary|ruar)?|mar(?:ch)?|m\u00e4r(?:z)?|apr(?:il)?|may|mai|jun[ei]?|jul[yi]?|aug(?:ust)?"
    "|sep(?:t|tember)?|oct(?:ober)?|okt(?:ober)?|nov(?:ember)?|dec(?:ember)?|dez(?:ember)?"
)
_DAY = r"\d{1,4}[-./ ]*"
_DATE = re.compile(rf"(?:{_DAY}(?:{_MONTH})|(?:{_MONTH})[-./ ]*{_DAY})(?:[-./, ]*{_DAY})?", re.IGNORECASE)
_WORDS = frozenset({"true", "false", "wahr", "falsch"})


def protect_text(text: str) -> str:
    """Return a text as a cell that a spreadsheet shows unchanged and does not run.

    A text that needs it, or that begins with the mark already, gets the mark: every text can be recovered.
    """
    changes = text.startswith((*_FORMULA, MARK)) or text.lower() in _WORDS
    return MARK + text if changes or _NUMBER.fullmatch(text) or _DATE.fullmatch(text) else text


def recover_text(cell: str) -> str:
    """Return the text that `protect_text` made a cell of."""
    return cell.removeprefix(MARK)
