"""What hours of work are written to: folders are tried before, files lie on the disk before they bear their name."""

import os
from pathlib import Path
from tempfile import TemporaryFile

from blastlens.domain.errors import InvalidSettings


def make_writable(folder: Path) -> None:
    """Make a folder where it is missing, and write a file into it that is gone afterwards.

    Raises:
        InvalidSettings: the folder cannot be made, or nothing can be written to it.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=folder) as file:
            file.write(b"\0")
    except OSError as error:
        raise InvalidSettings(
            f"nothing can be written to the folder {folder} ({error.strerror}): name another one, or mend it."
        ) from error


def to_disk(path: Path) -> None:
    """Wait until a file, or a folder's list of names, lies on the disk."""
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
