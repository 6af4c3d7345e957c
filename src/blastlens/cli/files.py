"""Which image files a command line names."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from blastlens.domain.upload import EXTENSIONS, MAX_BYTES


def image_files(paths: Sequence[Path]) -> list[Path]:
    """Return every named file, and for a folder the image files anywhere below it, in order of name."""
    return [file for path in paths for file in ([path] if not path.is_dir() else _below(path))]


def read_image_file(path: Path) -> bytes:
    """Return a file's bytes, but never more than one past what is accepted, so that no file can fill memory."""
    with path.open("rb") as stream:
        return stream.read(MAX_BYTES + 1)


def _below(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix.lower().lstrip(".") in EXTENSIONS:
            yield path
