"""Folders that something shall be written to when hours have been spent: tried before."""

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
