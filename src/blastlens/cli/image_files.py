"""Image files in the paths of a command line."""

import os
import unicodedata
from collections import deque
from collections.abc import Sequence
from pathlib import Path

import click

from blastlens.domain.folder_filter import FolderFilter, is_left_by_system
from blastlens.domain.upload import MAX_BYTES


def find_image_files(paths: Sequence[Path]) -> tuple[list[Path], int]:
    """Return every given file, and all image files below every folder.

    Image files of a folder are in order of name.

    Linked folders are followed, but no folder is read twice for one of `paths`. A broken link is returned like a file;
    opening it raises the error.

    Hidden files, files that a system left behind, and files with other endings are left out; one line on stderr counts
    them. A file that is named itself is left out only if a system left it behind, as it comes from a pattern.

    Returns:
        The files, and how many folders could not be read; each is printed on stderr.
    """
    found, unread, rule = list[Path](), list[OSError](), FolderFilter()
    for path in paths:
        if is_left_by_system(path):
            rule.hidden += 1
        else:
            found += _find_below(path, unread, rule) if path.is_dir() else [path]
    for error in unread:
        click.echo(f"{printable_path(error.filename)}: {error.strerror}", err=True)
    if sentence := rule.describe():
        click.echo(sentence, err=True)
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


def _find_below(top: Path, unread: list[OSError], rule: FolderFilter) -> list[Path]:
    found, visited, folders = list[Path](), set[str](), deque([str(top)])
    while folders:
        for folder, inner, names in os.walk(folders.popleft(), onerror=unread.append):
            place = os.path.realpath(folder)
            if place in visited:
                inner.clear()
                continue
            visited.add(place)
            inner[:] = filter(rule.admits_folder, inner)
            # Links come last: a folder that also exists below `top` itself is found by its own path.
            folders += [link for name in inner if os.path.islink(link := os.path.join(folder, name))]
            found += [Path(folder, name) for name in names if rule.admits_file(name) and _is_file(folder, name)]
    return sorted(found)


def _is_file(folder: str, name: str) -> bool:
    """Check whether a name belongs to a file or a broken link.

    Pipes and the like are excluded.
    """
    path = os.path.join(folder, name)
    return os.path.isfile(path) or not os.path.exists(path)
