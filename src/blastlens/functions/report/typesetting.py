"""Typesetting of a report as PDF/UA-1 and PDF/A-3a by typst.

A report goes in as data (`sys.inputs`), never as markup: no text of a person is ever read as code. Templates import no
packages, and fonts come from files that are installed, so that nothing is fetched from a network.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import typst

from blastlens.domain.errors import BlastlensError
from blastlens.functions.report.printable import make_printable, map_texts, spell_out, spell_out_unfamiliar

Content = Mapping[str, Any]

STANDARDS: list[Any] = ["a-3a", "ua-1"]
"""Archiving with attachments and logical structure, and accessibility."""

_TEMPLATES = Path(__file__).parent / "templates"
_FONT_PACKAGES = ("manimgx_fonts", "manimgx_fonts_cjk")
_ATTEMPTS = 20
_NOT_DISPLAYED = re.compile(r'the text `"(?P<text>.*)"` could not be displayed', re.DOTALL)
_ESCAPE = re.compile(r"\\u\{(?P<code>[0-9a-f]{1,6})\}")


class TypesettingFailed(BlastlensError):
    """A report that could not be typeset. The message repeats nothing of the report."""


@dataclass(frozen=True)
class Attachment:
    """A file inside a PDF.

    Attributes:
        name: name of the file.
        data: its bytes, in UTF-8.
        media_type: its media type.
        description: what a reader is shown beside the name.
    """

    name: str
    data: str
    media_type: str
    description: str


def typeset(template: str, content: Content, made_at: datetime, attachment: Attachment | None = None) -> bytes:
    """Return a PDF of one page.

    Characters that no font has are written as their code points: a report is never withheld for a rare letter.

    Args:
        template: name of a file in `templates`.
        content: JSON values that the template prints.
        made_at: date of the document (UTC).
        attachment: a file to put into it; None for none.

    Raises:
        TypesettingFailed: the template does not fit to the content.
    """
    try:
        return _typeset(template, content, made_at, attachment)
    except typst.TypstError:
        # Its message may contain a text of the report, which must not get into a log.
        raise TypesettingFailed(f"{template} could not be typeset") from None


def _typeset(template: str, content: Content, made_at: datetime, attachment: Attachment | None) -> bytes:
    printable = map_texts(content, make_printable)
    for _ in range(_ATTEMPTS):
        try:
            return _compile(template, printable, made_at, attachment)
        except typst.TypstError as error:
            unknown = _not_displayed(error)
            if not unknown:
                raise
            printable = map_texts(printable, _spell(unknown))
    return _compile(template, map_texts(printable, spell_out_unfamiliar), made_at, attachment)


def _spell(unknown: str) -> Callable[[str], str]:
    return lambda text: spell_out(text, unknown)


def _compile(template: str, content: Content, made_at: datetime, attachment: Attachment | None) -> bytes:
    given = {"report": content, "attachment": None if attachment is None else vars(attachment)}
    date = [made_at.year, made_at.month, made_at.day, made_at.hour, made_at.minute, made_at.second]
    return typst.compile(
        _TEMPLATES / template,
        root=_TEMPLATES,
        font_paths=_fonts(),
        ignore_system_fonts=True,
        format="pdf",
        sys_inputs={"input": json.dumps(given | {"made_at": date}, allow_nan=False)},
        pdf_standards=STANDARDS,
        timestamp=round(made_at.timestamp()),
    )


def _not_displayed(error: typst.TypstError) -> str:
    """Return the characters that no font has, as an error of typst names them; "" for any other error."""
    found = _NOT_DISPLAYED.search(error.message)
    if found is None:
        return ""
    text = _ESCAPE.sub(lambda one: chr(int(one["code"], 16)), found["text"])
    return "".join(letter for letter in text if letter not in " \n")


@cache
def _fonts() -> typst.Fonts:
    """Return the fonts of the installed font packages, beside those that typst contains."""
    specs = [find_spec(name) for name in _FONT_PACKAGES]
    folders = [place for spec in specs if spec is not None for place in spec.submodule_search_locations or ()]
    return typst.Fonts(include_system_fonts=False, font_paths=folders)
