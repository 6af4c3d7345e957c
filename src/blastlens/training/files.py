"""Folders that a training writes to, and files that survive a power cut."""

import os
from pathlib import Path
from tempfile import TemporaryFile

from blastlens.domain.errors import InvalidSettings


def make_writable(folder: Path) -> None:
    """Make a folder where it is missing, and check that a file can be written to it.

    Raises:
        InvalidSettings: the folder cannot be made, or nothing can be written to it.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=folder) as file:
            file.write(b"\0")
    except OSError as error:
        raise InvalidSettings(
            f"nothing can be written to the folder {folder} ({error.strerror}): name another folder, or change its "
            "permissions."
        ) from error


def sync_to_disk(path: Path) -> None:
    """Wait until a file's content, or a folder's list of names, is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
