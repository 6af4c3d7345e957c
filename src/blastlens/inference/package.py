"""A model package: a folder with `manifest.json` and the graph it describes."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from blastlens.domain.errors import DamagedPackage
from blastlens.domain.labels import LABELS
from blastlens.domain.prediction import ModelIdentity
from blastlens.inference.manifest import Manifest, from_json, to_json

MANIFEST_FILE = "manifest.json"
SHIPPED = Path(__file__).parent.parent / "models" / "fusion"
"""The package that ships with blastlens."""


@dataclass(frozen=True)
class ModelPackage:
    """A package whose files were found whole."""

    folder: Path
    manifest: Manifest

    @property
    def identity(self) -> ModelIdentity:
        """Name, version and digest."""
        return self.manifest.identity

    @property
    def graph(self) -> Path:
        """The LiteRT flatbuffer."""
        return self.folder / self.manifest.weights.file


def load_package(folder: Path) -> ModelPackage:
    """Open a package and check every byte of it.

    Raises:
        DamagedPackage: a file is missing or was changed, or the classes are not ours.
    """
    manifest_file = folder / MANIFEST_FILE
    if not manifest_file.is_file():
        raise DamagedPackage(f"{folder} is no model package: {MANIFEST_FILE} is missing.")
    package = ModelPackage(folder, from_json(manifest_file.read_text()))
    if set(package.manifest.classes) != set(LABELS):
        raise DamagedPackage(f"{folder} knows the classes {package.manifest.classes}, not {LABELS}.")
    if package.graph.parent != folder or not package.graph.is_file():
        raise DamagedPackage(f"{folder} lacks its graph {package.manifest.weights.file}.")
    if _sha256(package.graph) != package.manifest.weights.sha256:
        raise DamagedPackage(f"{package.graph} was changed after the package was made: its SHA-256 does not fit.")
    return package


def write_package(folder: Path, manifest: Manifest, graph: bytes) -> ModelPackage:
    """Write a package and open it again, so that nothing is written that could not be read."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / manifest.weights.file).write_bytes(graph)
    (folder / MANIFEST_FILE).write_text(to_json(manifest))
    return load_package(folder)


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
