"""A model package: a folder with `manifest.json` and the files it describes."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from blastlens.domain.errors import DamagedPackage
from blastlens.domain.labels import LABEL_SETS
from blastlens.domain.prediction import ModelIdentity
from blastlens.inference.manifest import Manifest
from blastlens.inference.manifest_json import from_json, to_json

MANIFEST_FILE = "manifest.json"
HEAD_FILE = "head.npz"
"""The dense layers, for Grad-CAM (inference/explanation.py). Every package has it."""
DISTANCE_FILE = "distance.npz"
"""What the distance from the training data is measured with (inference/distance.py), where it has a limit."""

MODELS = Path(__file__).parent.parent / "models"
"""The packages that ship with blastlens, each in a folder of its name."""
SHIPPED = MODELS / "fusion"
"""The package that answers unless another is asked for."""
SCREENING = MODELS / "screening"
"""The small one beside it, which says benign or malignant alone."""

_LABEL_SETS = tuple(frozenset(labels) for labels in LABEL_SETS)


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
        DamagedPackage: a file is missing, cannot be read or was changed, or the classes are not ours.
    """
    try:
        return _checked(ModelPackage(folder, from_json(_manifest_text(folder))))
    except OSError as error:
        raise DamagedPackage(f"{error.filename or folder} cannot be read: {error.strerror or error}.") from error


def write_package(folder: Path, manifest: Manifest, graph: bytes, files: Mapping[str, bytes]) -> ModelPackage:
    """Write a package and open it again, so that nothing is written that could not be read.

    Args:
        folder: where; made when missing.
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
    """Put another manifest beside the files of a package, and open the package again."""
    (folder / MANIFEST_FILE).write_text(to_json(manifest))
    return load_package(folder)


def _manifest_text(folder: Path) -> str:
    file = folder / MANIFEST_FILE
    if not file.is_file():
        raise DamagedPackage(f"{folder} is no model package: {MANIFEST_FILE} is missing.")
    try:
        return file.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise DamagedPackage(
            f"{file} is no text in UTF-8, from byte {error.start} on: get the package anew."
        ) from error


def _checked(package: ModelPackage) -> ModelPackage:
    folder = package.folder
    classes = package.manifest.classes
    if sorted(classes) not in [sorted(known) for known in LABEL_SETS]:
        raise DamagedPackage(f"{folder} knows the classes {[str(label) for label in classes]}, which are not ours.")
    for name, sha256 in _promised_files(package.manifest):
        _check_file(folder, name, sha256)
    return package


def _promised_files(manifest: Manifest) -> Iterator[tuple[str, str]]:
    """Yield each file and its SHA-256; a file that is needed but not listed has none."""
    yield manifest.weights.file, manifest.weights.sha256
    needed = [HEAD_FILE] if manifest.distance is None else [HEAD_FILE, DISTANCE_FILE]
    yield from {**dict.fromkeys(needed, ""), **manifest.files}.items()


def _check_file(folder: Path, name: str, sha256: str) -> None:
    file = folder / name
    if file.parent != folder or not file.is_file():
        raise DamagedPackage(f"{folder} lacks its file {name}.")
    with file.open("rb") as stream:
        found = hashlib.file_digest(stream, "sha256").hexdigest()
    if found != sha256:
        raise DamagedPackage(f"{file} was changed after the package was made: its SHA-256 does not fit.")
