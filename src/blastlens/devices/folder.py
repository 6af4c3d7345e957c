"""Watched folder: discovery of completely written files."""

import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from blastlens.domain.folder_filter import FolderFilter

END_FILE = "complete"
"""Name, in small letters, of the file that says that a folder holds all images of its examinations."""

_UNFINISHED = "~"


@dataclass(frozen=True)
class FoundFile:
    """A file below the folder: path with slashes, size, and last change.

    The size is in bytes, the time in nanoseconds.
    """

    path: str
    size: int
    modified_ns: int


@dataclass
class WatchedFolder:
    """Scans a folder repeatedly, and never writes to it.

    Attributes:
        folder: the watched folder, with its subfolders.
        settle_seconds: time without a change after which a file is settled.
        monotonic: monotonic clock, in seconds.
        misnamed: files of the last scan whose names are not Unicode, with replacement characters. The spool cannot
            store such names, so these files are not sent.
        rule: which files are images, with counts of what the last scan left out.
        unknown: the unknown files of the last scan, with the time by `monotonic` since which they have not changed.
        end_files: folder, as a path with slashes -> its file `COMPLETE` in the last scan, with the same time.
    """

    folder: Path
    settle_seconds: float
    monotonic: Callable[[], float]
    misnamed: set[str] = field(default_factory=set)
    rule: FolderFilter = field(default_factory=FolderFilter)
    unknown: dict[FoundFile, float] = field(default_factory=dict)
    end_files: dict[str, tuple[FoundFile, float]] = field(default_factory=dict)
    _end_files_now: list[FoundFile] = field(default_factory=list)

    def find_settled(self, is_known: Callable[[FoundFile], bool]) -> list[tuple[FoundFile, float]]:
        """Return unknown files that are settled, oldest first.

        Each comes with the seconds since its last change.

        Raises:
            OSError: the folder itself cannot be read.
        """
        now = self.monotonic()
        os.scandir(self.folder).close()
        self.misnamed, self.rule, self._end_files_now = set(), FolderFilter(), []
        found = [one for one in self._files(self.folder) if not is_known(one)]
        # Files that changed or disappeared are dropped.
        self.unknown = {one: self.unknown.get(one, now) for one in found}
        earlier = dict(self.end_files.values())
        self.end_files = {_folder_of(one): (one, earlier.get(one, now)) for one in self._end_files_now}
        settled = [(one, now - since) for one, since in self.unknown.items() if now - since >= self.settle_seconds]
        return sorted(settled, key=lambda pair: (pair[0].modified_ns, pair[0].path))

    def _files(self, folder: Path) -> Iterator[FoundFile]:
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError:
            return  # the folder disappeared or is not readable
        for entry in entries:
            if entry.name.startswith(_UNFINISHED):
                continue
            if entry.is_dir(follow_symlinks=False):
                if self.rule.admits_folder(entry.name):
                    yield from self._files(Path(entry.path))
            elif entry.name.lower() == END_FILE:
                self._end_files_now.extend(filter(None, [self._describe(entry)]))
            elif self.rule.admits_file(entry.name) and (found := self._describe(entry)):
                yield found

    def _describe(self, entry: os.DirEntry[str]) -> FoundFile | None:
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


def _folder_of(found: FoundFile) -> str:
    return found.path.rpartition("/")[0]


def is_unchanged(folder: Path, path: str, size: int, modified_ns: int) -> bool:
    """Check whether a file still has the same size and time of last change."""
    try:
        status = (folder / path).stat(follow_symlinks=False)
    except OSError:
        return False
    return (status.st_size, status.st_mtime_ns) == (size, modified_ns)
