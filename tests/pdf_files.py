"""PDF files in tests: text, tags, attachments and stated standards."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from typing import Any

from pypdf import PdfReader
from pypdf.generic import ArrayObject, DictionaryObject

_KERNED = re.compile(r" (?=[.,])")
_STANDARDS = {
    "pdfa": r"pdfaid:part[>=\"']+(\d).*?pdfaid:conformance[>=\"']+(\w)",
    "pdfua": r"pdfuaid:part[>=\"']+(\d)",
}


@dataclass(frozen=True)
class AttachedFile:
    """A file inside a PDF.

    Attributes:
        data: its bytes.
        media_type: its media type.
        relationship: what it is to the document, as `Alternative`.
    """

    data: bytes
    media_type: str
    relationship: str


@dataclass(frozen=True)
class PdfFile:
    """A PDF in memory."""

    data: bytes

    @cached_property
    def reader(self) -> PdfReader:
        """Reader of the file."""
        return PdfReader(BytesIO(self.data))

    @property
    def root(self) -> Any:
        """Catalog of the document."""
        return self.reader.root_object

    @property
    def pages(self) -> int:
        """Number of pages."""
        return len(self.reader.pages)

    @cached_property
    def text(self) -> str:
        """Text of all pages, with single spaces.

        pypdf takes the kerning before a point or comma for a space; typst sets none there.
        """
        spaced = " ".join(" ".join(page.extract_text() for page in self.reader.pages).split())
        return _KERNED.sub("", spaced)

    @property
    def title(self) -> str:
        """Title of the document."""
        return str(self.reader.metadata.title) if self.reader.metadata else ""

    @property
    def author(self) -> str:
        """Author of the document."""
        return str(self.reader.metadata.author) if self.reader.metadata else ""

    @property
    def standards(self) -> dict[str, str]:
        """Standards that the metadata state: {"pdfa": "3A", "pdfua": "1"}."""
        metadata: Any = self.root["/Metadata"]
        xmp = metadata.get_object().get_data().decode()
        found = {name: re.search(pattern, xmp, re.DOTALL) for name, pattern in _STANDARDS.items()}
        return {name: "".join(one.groups()) for name, one in found.items() if one is not None}

    @cached_property
    def tags(self) -> list[str]:
        """Structure types in reading order, as ["Document", "H1", "P", ...]."""
        return list(_tags(self.root["/StructTreeRoot"]))

    @cached_property
    def attachments(self) -> dict[str, AttachedFile]:
        """Name -> attached file."""
        return {str(one["/UF"]): _attached(one) for one in map(_resolved, self.root.get("/AF", ()))}


def _tags(element: Any) -> Iterator[str]:
    element = _resolved(element)
    if isinstance(element, ArrayObject):
        for one in element:
            yield from _tags(one)
    elif isinstance(element, DictionaryObject):
        if "/S" in element:
            yield str(element["/S"]).removeprefix("/")
        yield from _tags(element.get("/K"))


def _attached(specification: Any) -> AttachedFile:
    stream = _resolved(_resolved(specification["/EF"])["/F"])
    media_type = str(stream["/Subtype"]).removeprefix("/")
    return AttachedFile(stream.get_data(), media_type, str(specification["/AFRelationship"]).removeprefix("/"))


def _resolved(value: Any) -> Any:
    return value.get_object() if hasattr(value, "get_object") else value
