"""Folder with everything stored about a patient, and checksums."""

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from blastlens.cloud.object_versions import StoredVersion
from blastlens.domain.declared_time import format_instant
from blastlens.domain.patient import PatientId

CHECKSUMS = "SHA256SUMS"
"""Name of the file with the digest of every other file, as `sha256sum --check` reads it."""

OTHER = "other"
"""Folder of objects and records that belong to no examination, because their key violates the contract."""

_UNSAFE = re.compile(r"[^A-Za-z0-9_.-]")
_LONGEST_NAME = 100
_CHUNK_BYTES = 1024**2


@dataclass
class PatientFolder:
    """A folder that is being written.

    Names of files begin with a number: two versions of an image differ by it, also on systems that ignore case.

    Attributes:
        path: the folder, which exists and is empty.
        patient: the patient.
    """

    path: Path
    patient: PatientId
    _folders: dict[str, str] = field(default_factory=dict)
    _files: list[str] = field(default_factory=list)

    def folder_of(self, examination: str) -> str:
        """Return the folder of an examination's files, relative to `path`; `OTHER` for None of them."""
        if examination not in self._folders:
            number = len(self._folders) + 1
            name = OTHER if examination == OTHER else f"examinations/{number:03d}-{_safe(examination)}"
            (self.path / name).mkdir(parents=True)
            self._folders[examination] = name
        return self._folders[examination]

    def add_json(self, name: str, value: Any) -> str:
        """Write a value as JSON; return the file's name."""
        return self.add_text(name, json.dumps(value, indent=2, ensure_ascii=False, default=to_plain) + "\n")

    def add_text(self, name: str, text: str) -> str:
        """Write a text in UTF-8; return the file's name."""
        (self.path / name).write_text(text, "utf-8")
        self._files.append(name)
        return name

    def add_versions(
        self, versions: Sequence[StoredVersion], save: Callable[[StoredVersion, Path], None], report: Callable[[], None]
    ) -> None:
        """Write the bytes of every object version, and a list of the versions for each examination.

        Args:
            versions: object versions and delete markers.
            save: writes the bytes of a version to a file.
            report: is called after each version.
        """
        rows: dict[str, list[dict[str, Any]]] = {}
        for number, version in enumerate(versions, start=1):
            examination = examination_of(version.source.key)
            name = self._save(number, version, examination, save)
            rows.setdefault(examination, []).append(_row(version, name))
            report()
        for examination, listed in rows.items():
            self.add_json(f"{self.folder_of(examination)}/versions.json", listed)

    def add_items(self, name: str, items: Iterable[tuple[str, Mapping[str, Any]]]) -> None:
        """Write items, each with its examination, as one JSON list for each examination."""
        grouped: dict[str, list[Mapping[str, Any]]] = {}
        for examination, item in items:
            grouped.setdefault(examination, []).append(item)
        for examination, listed in grouped.items():
            self.add_json(f"{self.folder_of(examination)}/{name}", listed)

    def finish(self) -> int:
        """Write the checksums of all files; return how many files there are."""
        lines = [f"{_digest(self.path / name)}  {name}" for name in sorted(self._files)]
        self.add_text(CHECKSUMS, "\n".join(lines) + "\n")
        return len(self._files)

    def _save(
        self, number: int, version: StoredVersion, examination: str, save: Callable[[StoredVersion, Path], None]
    ) -> str | None:
        if version.is_marker:
            return None
        first, _, rest = version.source.key.partition("/")
        kind = "images" if first == "uploads" else "artifacts"
        folder = f"{self.folder_of(examination)}/{kind}"
        (self.path / folder).mkdir(exist_ok=True)
        shown = rest.rpartition("/")[2] if kind == "images" else "_".join(rest.split("/")[3:])
        name = f"{folder}/{number:05d}-{_safe(shown)}"
        save(version, self.path / name)
        self._files.append(name)
        return name


def examination_of(key: str) -> str:
    """Return the examination that the key of an image or artifact names; `OTHER` where it is too short.

    The fourth part is the examination, or the name of its only field's file, which begins with the same id.
    """
    parts = key.split("/")
    return parts[3].partition(".")[0] or OTHER if len(parts) > 3 else OTHER


def to_plain(value: Any) -> Any:
    """Return a value of a DynamoDB item that JSON does not know as one that it knows.

    Raises:
        TypeError: it is of another kind.
    """
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, set | frozenset):
        return sorted(value)
    raise TypeError(f"{type(value).__name__} is not a value of an item")


def _row(version: StoredVersion, name: str | None) -> dict[str, Any]:
    return {
        "file": name,
        "key": version.source.key,
        "version_id": version.source.version_id,
        "stored_at": format_instant(version.stored_at),
        "is_current": version.is_current,
        "is_deletion": version.is_marker,
        "bytes": version.source.size,
    }


def _safe(name: str) -> str:
    return _UNSAFE.sub("_", name)[-_LONGEST_NAME:]


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_CHUNK_BYTES):
            digest.update(piece)
    return digest.hexdigest()
