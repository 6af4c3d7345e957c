"""Which image files a command line names."""

import os
import unicodedata
from collections import deque
from collections.abc import Sequence
from pathlib import Path

import click

from blastlens.domain.upload import MAX_BYTES, has_image_ending


def image_files(paths: Sequence[Path]) -> tuple[list[Path], int]:
    """Return every named file, and for a folder the image files anywhere below it, in order of name.

    Linked folders are followed, but no folder is read twice for one of `paths`. A link that leads nowhere is returned
    like a file: it cannot be opened, and whoever tries will say so.

    Returns:
        The files, and how many folders could not be read; each is named on stderr.
    """
    found, unread = list[Path](), list[OSError]()
    for path in paths:
        found += _below(path, unread) if path.is_dir() else [path]
    for error in unread:
        click.echo(f"{shown_path(error.filename)}: {error.strerror}", err=True)
    return found, len(unread)


def read_image_file(path: Path) -> bytes:
    """Return a file's bytes, but never more than one past what is accepted, so that no file can fill memory."""
    with path.open("rb") as stream:
        return stream.read(MAX_BYTES + 1)


def shown_path(path: Path | str) -> str:
    """Return a path for the eye: what would steer a terminal, or is no text, is written out, as in `\\x1b`."""
    return "".join(sign if _is_harmless(sign) else sign.encode("unicode_escape").decode() for sign in str(path))


def _is_harmless(sign: str) -> bool:
    return sign.isprintable() or unicodedata.category(sign) == "Zs"  # spaces of every width


def _below(top: Path, unread: list[OSError]) -> list[Path]:
    found, seen, folders = list[Path](), set[str](), deque([str(top)])
    while folders:
        for folder, inner, names in os.walk(folders.popleft(), onerror=unread.append):
            place = os.path.realpath(folder)
            if place in seen:
                inner.clear()
                continue
            seen.add(place)
            # Links come last: what also lies there itself is known by its own path.
            folders += [link for name in inner if os.path.islink(link := os.path.join(folder, name))]
            found += [Path(folder, name) for name in names if _is_image(folder, name)]
    return sorted(found)


def _is_image(folder: str, name: str) -> bool:
    """Tell whether a name is that of an image file, or of one that cannot be looked at; pipes and the like are none."""
    path = os.path.join(folder, name)
    return has_image_ending(Path(name)) and (os.path.isfile(path) or not os.path.exists(path))
