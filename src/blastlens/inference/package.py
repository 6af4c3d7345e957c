"""Model packages: folders with manifest.json and the files that it lists."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from blastlens.domain.errors import DamagedPackage
from blastlens.domain.labels import LABEL_SETS
from blastlens.domain.prediction import ModelIdentity
from blastlens.inference.manifest import Manifest
from blastlens.inference.manifest_json import from_json, to_json

MANIFEST_FILE = "manifest.json"
CARD_FILE = "card.md"
"""The model card, in packages that ship with blastlens. It is not part of the digest."""
HEAD_FILE = "head.npz"
"""The dense layers, for Grad-CAM (inference/explanation.py). Every package has it."""
DISTANCE_FILE = "distance.npz"
"""Statistics of the training data (inference/distance.py), in packages with a limit of the distance."""

MODELS = Path(__file__).parent.parent / "models"
"""Folder of the packages that ship with blastlens."""
SHIPPED = MODELS / "fusion"
"""The default package."""
SCREENING = MODELS / "screening"
"""The small package with the labels benign and malignant only."""

_LABEL_SETS = tuple(frozenset(labels) for labels in LABEL_SETS)


@dataclass(frozen=True)
class ModelPackage:
    """A package whose files were checked."""

    folder: Path
    manifest: Manifest

    @property
    def identity(self) -> ModelIdentity:
        """Name, version and digest."""
        return self.manifest.identity

    @property
    def graph(self) -> Path:
        """The LiteRT flatbuffer of the windows."""
        return self.folder / self.manifest.weights.file

    @property
    def scale_graph(self) -> Path | None:
        """The flatbuffer that estimates the pixel size; None without one."""
        return None if self.manifest.scale is None else self.folder / self.manifest.scale.file

    @property
    def cell_graph(self) -> Path | None:
        """The flatbuffer that classifies white cells; None without one."""
        return None if self.manifest.cells is None else self.folder / self.manifest.cells.file

    @property
    def reads_fields(self) -> bool:
        """Whether it has the graphs to read fields of any scale; other packages read an image as one window."""
        return self.manifest.scale is not None and self.manifest.cells is not None


def load_package(folder: Path) -> ModelPackage:
    """Load a package and check the SHA-256 of each file.

    Raises:
        DamagedPackage: a file is missing, cannot be read or was changed, or the classes are unknown.
    """
    try:
        return _check_package(ModelPackage(folder, from_json(_manifest_text(folder))))
    except OSError as error:
        raise DamagedPackage(f"{error.filename or folder} cannot be read: {error.strerror or error}.") from error


def shipped_digests() -> frozenset[str]:
    """Return the digests of the packages that ship with blastlens, as their manifests state them.

    Raises:
        OSError, KeyError, ValueError: a manifest is missing or damaged.
    """
    texts = (folder.joinpath(MANIFEST_FILE).read_text("utf-8") for folder in (SHIPPED, SCREENING))
    return frozenset(json.loads(text)["digest"] for text in texts)


def check_reads_fields(package: ModelPackage) -> ModelPackage:
    """Return a package that may be served.

    Raises:
        DamagedPackage: it reads every image as one window, whatever its scale, and is for research only.
    """
    if not package.reads_fields:
        raise DamagedPackage(
            f"{package.folder} has no graphs of scale and cells, so it reads images of any magnification alike. "
            "Join them with `blastlens assemble`, and serve that package."
        )
    return package


def write_package(folder: Path, manifest: Manifest, graph: bytes, files: Mapping[str, bytes]) -> ModelPackage:
    """Write a package, and load it again to check it.

    Args:
        folder: target folder; created if missing.
        manifest: its `files` are replaced by the hashes of those written here.
        graph: what `manifest.weights` describes.
        files: further files by name: `HEAD_FILE`, and `DISTANCE_FILE` where the manifest has a limit.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in {manifest.weights.file: graph, **files}.items():
        (folder / name).write_bytes(data)
    hashes = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    return write_manifest(folder, replace(manifest, files=hashes))


def write_manifest(folder: Path, manifest: Manifest) -> ModelPackage:
    """Replace the manifest of a package, and load the package again."""
    (folder / MANIFEST_FILE).write_text(to_json(manifest))
    return load_package(folder)


def _manifest_text(folder: Path) -> str:
    file = folder / MANIFEST_FILE
    if not file.is_file():
        raise DamagedPackage(f"{folder} is not a model package: {MANIFEST_FILE} is missing.")
    try:
        return file.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise DamagedPackage(f"{file} is not UTF-8 text from byte {error.start} on: copy the package again.") from error


def _check_package(package: ModelPackage) -> ModelPackage:
    folder = package.folder
    classes = package.manifest.classes
    if sorted(classes) not in [sorted(known) for known in LABEL_SETS]:
        raise DamagedPackage(
            f"{folder} has the classes {[str(label) for label in classes]}, which blastlens does not know."
        )
    for name, sha256 in _list_files(package.manifest):
        _check_file(folder, name, sha256)
    return package


def _list_files(manifest: Manifest) -> Iterator[tuple[str, str]]:
    """Yield each file and its SHA-256.

    A required file that is not listed has an empty SHA-256.
    """
    yield manifest.weights.file, manifest.weights.sha256
    yield from ((graph.file, graph.sha256) for graph in manifest.graphs)
    needed = [HEAD_FILE] if manifest.distance is None else [HEAD_FILE, DISTANCE_FILE]
    yield from {**dict.fromkeys(needed, ""), **manifest.files}.items()


def _check_file(folder: Path, name: str, sha256: str) -> None:
    file = folder / name
    if file.parent != folder or not file.is_file():
        raise DamagedPackage(f"{folder} has no file {name}: copy the package again.")
    with file.open("rb") as stream:
        found = hashlib.file_digest(stream, "sha256").hexdigest()
    if found != sha256:
        raise DamagedPackage(
            f"{file} was changed after the package was made: its SHA-256 does not match. Copy the package again."
        )
