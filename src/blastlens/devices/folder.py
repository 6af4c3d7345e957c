"""The watched folder: which files in it have come to rest."""

import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from blastlens.domain.upload import EXTENSIONS

_UNFINISHED = (".", "~")


@dataclass(frozen=True)
class FoundFile:
    """A file that lies there: its path below the folder, with slashes, its bytes, and when it was last written."""

    path: str
    size: int
    modified_ns: int


@dataclass
class WatchedFolder:
    """Looks at a folder again and again, and never writes to it.

    Attributes:
        folder: what is watched, with everything below.
        settle_seconds: how long a file must have stayed as it is.
        monotonic: a clock that nobody sets.
        misnamed: files of the last look whose names are no Unicode, as near as they can be shown. What cannot be
            written down cannot be remembered, and so is not sent.
    """

    folder: Path
    settle_seconds: float
    monotonic: Callable[[], float]
    misnamed: set[str] = field(default_factory=set)
    _since: dict[FoundFile, float] = field(default_factory=dict)

    def rested(self, is_known: Callable[[FoundFile], bool]) -> list[tuple[FoundFile, float]]:
        """Return files not yet known that have come to rest, oldest first, each with the seconds it has rested.

        Raises:
            OSError: the folder itself cannot be read.
        """
        now = self.monotonic()
        os.scandir(self.folder).close()
        self.misnamed = set()
        found = [one for one in self._files(self.folder) if not is_known(one)]
        # What changed or went away is forgotten with it.
        self._since = {one: self._since.get(one, now) for one in found}
        rested = [(one, now - since) for one, since in self._since.items() if now - since >= self.settle_seconds]
        return sorted(rested, key=lambda pair: (pair[0].modified_ns, pair[0].path))

    def _files(self, folder: Path) -> Iterator[FoundFile]:
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError:
            return  # a folder that went away, or is somebody else's
        for entry in entries:
            if entry.name.startswith(_UNFINISHED):
                continue
            if entry.is_dir(follow_symlinks=False):
                yield from self._files(Path(entry.path))
            elif entry.name.rpartition(".")[2].lower() in EXTENSIONS and (found := self._found(entry)):
                yield found

    def _found(self, entry: os.DirEntry[str]) -> FoundFile | None:
        try:
            status = entry.stat(follow_symlinks=False)
        except OSError:
            return None
        if not stat.S_ISREG(status.st_mode):
            return None
        path = Path(entry.path).relative_to(self.folder).as_posix()
        shown = os.fsencode(path).decode("utf-8", "replace")
        if shown != path:
            self.misnamed.add(shown)
            return None
        return FoundFile(path, status.st_size, status.st_mtime_ns)


def is_still(folder: Path, path: str, size: int, modified_ns: int) -> bool:
    """Tell whether a file lies there unchanged, as far as size and date tell."""
    try:
        status = (folder / path).stat(follow_symlinks=False)
    except OSError:
        return False
    return (status.st_size, status.st_mtime_ns) == (size, modified_ns)
