"""Card of the deployed model package, as the page shows it."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import blastlens

SHIPPED = Path(blastlens.__file__).parent / "models" / "fusion"
"""The package that classify reads images with. The layer has its manifest and its card only."""

_LIMITS = re.compile(r"^## Read this first\n(?P<list>.*?)(?=^## )", re.MULTILINE | re.DOTALL)
_COMMENT = re.compile(r"<!--.*?-->\n*", re.DOTALL)
_LINK = re.compile(r"\[([^\]]*)\]\((?!https?://)[^)]*\)")
_MARKS = re.compile(r"[*`]+")


@dataclass(frozen=True)
class ShownPackage:
    """The deployed model package.

    Attributes:
        name: its name.
        version: its version.
        digest: its digest, which answers name.
        trained_on: the data that it was trained on.
        limits: what it does not do, and what it was never tried on, a paragraph each.
        card: its model card in Markdown, without links into the documentation.
    """

    name: str
    version: str
    digest: str
    trained_on: str
    limits: tuple[str, ...]
    card: str

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read the package's manifest and card; its weights need not be there.

        Raises:
            OSError: a file is missing.
            KeyError, ValueError: a file has not the form of a package's.
        """
        manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
        card = _LINK.sub(r"\1", _COMMENT.sub("", (folder / "card.md").read_text("utf-8")))
        section = _LIMITS.search(card)
        if section is None:
            raise ValueError(f"the card in {folder} has no section of limits")
        return cls(
            name=manifest["name"],
            version=manifest["version"],
            digest=manifest["digest"],
            trained_on=manifest["training_data"]["source"],
            limits=tuple(_plain(item) for item in re.split(r"^\* ", section["list"], flags=re.MULTILINE)[1:]),
            card=card,
        )


def _plain(text: str) -> str:
    """Return a paragraph of Markdown as one line of text."""
    return " ".join(_MARKS.sub("", text).split())
