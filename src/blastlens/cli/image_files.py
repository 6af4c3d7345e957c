"""Image files in the paths of a command line."""

import os
import unicodedata
from collections import deque
from collections.abc import Sequence
from pathlib import Path

import click

from blastlens.domain.upload import MAX_BYTES, has_image_suffix


def find_image_files(paths: Sequence[Path]) -> tuple[list[Path], int]:
    """Return every given file, and all image files below every folder.

    Image files of a folder are in order of name.

    Linked folders are followed, but no folder is read twice for one of `paths`. A broken link is returned like a file;
    opening it raises the error.

    Returns:
        The files, and how many folders could not be read; each is printed on stderr.
    """
    found, unread = list[Path](), list[OSError]()
    for path in paths:
        found += _find_below(path, unread) if path.is_dir() else [path]
    for error in unread:
        click.echo(f"{printable_path(error.filename)}: {error.strerror}", err=True)
    return found, len(unread)


def read_image_file(path: Path) -> bytes:
    """Read a file, at most one byte more than the accepted size.

    So no file can fill the memory.
    """
    with path.open("rb") as stream:
        return stream.read(MAX_BYTES + 1)


def printable_path(path: Path | str) -> str:
    """Return a path with unprintable characters escaped, as in `\\x1b`."""
    return "".join(
        letter if _is_printable(letter) else letter.encode("unicode_escape").decode() for letter in str(path)
    )


def _is_printable(letter: str) -> bool:
    return letter.isprintable() or unicodedata.category(letter) == "Zs"  # spaces of every width


def _find_below(top: Path, unread: list[OSError]) -> list[Path]:
    found, visited, folders = list[Path](), set[str](), deque([str(top)])
    while folders:
        for folder, inner, names in os.walk(folders.popleft(), onerror=unread.append):
            place = os.path.realpath(folder)
            if place in visited:
                inner.clear()
                continue
            visited.add(place)
            # Links come last: a folder that also exists below `top` itself is found by its own path.
            folders += [link for name in inner if os.path.islink(link := os.path.join(folder, name))]
            found += [Path(folder, name) for name in names if _is_image(folder, name)]
    return sorted(found)


def _is_image(folder: str, name: str) -> bool:
    """Check whether a name belongs to an image file or a broken link.

    Pipes and the like are excluded.
    """
    path = os.path.join(folder, name)
    return has_image_suffix(Path(name)) and (os.path.isfile(path) or not os.path.exists(path))
