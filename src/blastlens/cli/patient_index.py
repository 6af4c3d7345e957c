"""Index page of a patient's exported folder."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

_STYLE = (
    "body{font:16px/1.5 sans-serif;max-width:60em;margin:2em auto;padding:0 1em}table{border-collapse:collapse}"
    "td,th{border:1px solid #bbb;padding:.3em .6em;text-align:left;vertical-align:top}"
)

_FILES = {
    "examinations/NUMBER-EXAMINATION/images/": "the images as they were uploaded, every version",
    "examinations/NUMBER-EXAMINATION/artifacts/": "pictures and lists of cells that the software made from them",
    "examinations/NUMBER-EXAMINATION/versions.json": "which file is which version of which image, and what was deleted",
    "examinations/NUMBER-EXAMINATION/fields.json": "what the software answered to each image",
    "examinations/NUMBER-EXAMINATION/examination.json": "the answer to all images, signatures, and who was told when",
    "examinations/NUMBER-EXAMINATION/review.json": "cells moved, fields excluded, comments, and opinions",
    "fhir-bundle.json": "the same findings as FHIR R4 reports, for other medical systems",
    "patient.json": "phones and browsers that receive messages, access codes, and when this folder was written",
    "audit.jsonl": "who looked at a result or image, one line each",
    "SHA256SUMS": "digests of all files: `sha256sum --check SHA256SUMS` finds a changed one",
}


def make_index(about: Mapping[str, str], rows: Sequence[Mapping[str, Any]], notes: Sequence[str]) -> str:
    """Return the index page as HTML.

    Args:
        about: what the page says of the folder, by headings.
        rows: a row for each examination, all with the same columns; the value of `folder` is a link.
        notes: sentences about what the folder does not contain.
    """
    facts = "".join(f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>" for name, value in about.items())
    files = "".join(
        f"<tr><td><code>{escape(name)}</code></td><td>{escape(what)}</td></tr>" for name, what in _FILES.items()
    )
    remarks = "".join(f"<p>{escape(note)}</p>" for note in notes)
    return (
        '<!doctype html>\n<html lang="en"><meta charset="utf-8"><title>Data of a patient</title>'
        f"<style>{_STYLE}</style>\n<h1>Data of a patient</h1>\n<table>{facts}</table>\n"
        "<p>This folder holds health data: protect it like a medical record. The computed answers are decision support "
        f"for specialists, not a diagnosis; what a clinician concluded is under “conclusion”.</p>\n{remarks}\n"
        f"<h2>Examinations</h2>\n{_table(rows)}\n<h2>Files</h2>\n<table>{files}</table>\n</html>\n"
    )


def _table(rows: Sequence[Mapping[str, Any]]) -> str:
    if not rows:
        return "<p>There are none.</p>"
    head = "".join(f"<th>{escape(name)}</th>" for name in rows[0])
    body = "".join(f"<tr>{''.join(_cell(name, value) for name, value in row.items())}</tr>" for row in rows)
    return f"<table><tr>{head}</tr>{body}</table>"


def _cell(name: str, value: Any) -> str:
    text = escape(str(value))
    return f'<td><a href="{text}/">{text}</a></td>' if name == "folder" and value else f"<td>{text}</td>"
