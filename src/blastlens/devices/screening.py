"""Screening of files before their upload; each is sent whatever happens to it."""

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Protocol

from blastlens.devices.spooled_file import SpooledFile
from blastlens.devices.spooled_screenings import SpooledScreenings
from blastlens.domain.declared_edge_verdict import EdgeVerdict, make_edge_metadata
from blastlens.domain.errors import BlastlensError

PAUSED = (
    "Images are sent without a screening for a day, because the agent ended during the last screenings: it may lack "
    "memory. Print the unit with `blastlens device unit --screening`, or remove [screening] from the configuration."
)


class Screener(Protocol):
    """Reads image files with a model package; `cli.device_screening` has one."""

    def screen(self, data: bytes) -> EdgeVerdict | None:
        """Return the verdict on an image file; None where the package refuses it."""


@dataclass
class Screening:
    """Screens each file once.

    Its verdict is stored before the upload begins, so that a repeated try sends the same. A file during whose screening
    the agent ended, as for a lack of memory, is sent without a verdict. The package is loaded with the first file: also
    that may end the agent.

    Attributes:
        package: the configured package.
        load: returns what reads files with it.
        folder: the watched folder.
        screenings: of the spool.
        fail: receives a file's path, or nothing, and why there is no verdict.
        clock: seconds since 1970, by this machine.
    """

    package: str
    load: Callable[[], Screener]
    folder: Path
    screenings: SpooledScreenings
    fail: Callable[[str, str], None]
    clock: Callable[[], float] = time.time

    def metadata_of(self, file: SpooledFile) -> dict[str, str]:
        """Return the metadata of a file's verdict; nothing where there is none.

        Raises:
            sqlite3.Error: the spool cannot be written.
        """
        known = self.screenings.metadata_of(file.upload_id)
        if known is not None or self.is_paused:
            return known or {}
        self.screenings.begin(file.upload_id, self.package, self.clock())
        screener = self._screener
        verdict = None if screener is None else self._screen(screener, file)
        metadata = {} if verdict is None else make_edge_metadata(verdict)
        self.screenings.finish(file.upload_id, metadata)
        return metadata

    @property
    def is_paused(self) -> bool:
        """Whether no file is screened, because the agent ended during the last screenings."""
        return self.screenings.is_paused(self.package, self.clock())

    @cached_property
    def _screener(self) -> Screener | None:
        """What reads files; None where the package cannot be loaded, until the agent is started again."""
        try:
            return self.load()
        except Exception as fault:
            self.fail("", f"Images are sent without a screening: {_describe(fault)}")
            return None

    def _screen(self, screener: Screener, file: SpooledFile) -> EdgeVerdict | None:
        try:
            data = (self.folder / file.path).read_bytes()
            # A file that changed is not sent; its verdict must not be that of other bytes.
            is_same = hashlib.sha256(data).hexdigest() == file.sha256
            return screener.screen(data) if is_same else None
        except Exception as fault:
            self.fail(file.path, f"is sent without a screening: {_describe(fault)}")
            return None


def _describe(fault: Exception) -> str:
    """Return what people read of an error; of an unexpected one its kind alone, for its text could repeat content."""
    return str(fault) if isinstance(fault, BlastlensError) else f"an internal error ({type(fault).__name__})"
