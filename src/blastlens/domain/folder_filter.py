"""Filter for the images of a folder, with counts of what it leaves out."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path, PurePath

from blastlens.domain.upload import EXTENSIONS, has_image_suffix

_SYSTEM_NAMES = {"__macosx", "@eadir", "#recycle", "$recycle.bin", "thumbs.db", "ehthumbs.db", "desktop.ini"}
_SYSTEM_HIDDEN = {".ds_store", ".ipynb_checkpoints", ".appledouble", ".spotlight-v100", ".trashes"}
# Only these are named: the ending of any other file could be part of a person's name.
_NAMED_ENDINGS = {
    *("avif", "bif", "cr2", "csv", "czi", "dcm", "dng", "gif", "heic", "heif", "j2k", "jp2", "json", "jxl", "lif"),
    *("md", "mrxs", "nd2", "ndpi", "nef", "oib", "oif", "pdf", "raw", "scn", "svs", "txt", "vsi", "webp", "xlsx"),
    *("xml", "zip"),
}


def is_left_by_system(path: PurePath) -> bool:
    """Check whether a file or a folder above it was left behind by macOS, Windows, a NAS or Jupyter."""
    return any(part.startswith("._") or part.lower() in _SYSTEM_NAMES | _SYSTEM_HIDDEN for part in path.parts)


@dataclass
class FolderFilter:
    """Admits the images of folders, and counts what it leaves out.

    Attributes:
        hidden: files and folders that are hidden or left behind by a system.
        endings: files by an ending that is not read; "other" for endings that are not named.
    """

    hidden: int = 0
    endings: Counter[str] = field(default_factory=Counter)

    def admits_folder(self, name: str) -> bool:
        """Check whether a folder is read."""
        if not _is_hidden(name):
            return True
        self.hidden += 1
        return False

    def admits_file(self, name: str) -> bool:
        """Check whether a file is read as an image."""
        if _is_hidden(name):
            self.hidden += 1
            return False
        path = PurePath(name)
        if has_image_suffix(path):
            return True
        ending = path.suffix.lower().lstrip(".")
        self.endings[f".{ending}" if ending in _NAMED_ENDINGS else "other"] += 1
        return False

    def list_images(self, folder: Path) -> list[Path]:
        """List the images of a folder without its subfolders, sorted.

        Raises:
            OSError: the folder cannot be read.
        """
        return sorted(path for path in folder.iterdir() if not path.is_dir() and self.admits_file(path.name))

    @property
    def total(self) -> int:
        """Number of files and folders that were left out."""
        return self.hidden + self.endings.total()

    def describe(self) -> str:
        """Return a sentence that counts what was left out; nothing if that is nothing."""
        parts = []
        if self.hidden:
            parts.append(f"hidden or system files and folders: {self.hidden}")
        if self.endings:
            of_each = ", ".join(f"{ending} {count}" for ending, count in _sort_endings(self.endings.items()))
            parts.append(f"files whose endings are not read: {self.endings.total()} ({of_each})")
        sentence = "; ".join(parts)
        hint = f" Read are {', '.join(EXTENSIONS)}." if self.endings else ""
        return f"Left out: {sentence}.{hint}" if parts else ""


def _is_hidden(name: str) -> bool:
    return name.startswith(".") or is_left_by_system(PurePath(name))


def _sort_endings(counts: Iterable[tuple[str, int]]) -> list[tuple[str, int]]:
    return sorted(counts, key=lambda pair: (pair[0] == "other", -pair[1], pair[0]))
