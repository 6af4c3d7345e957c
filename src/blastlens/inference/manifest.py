"""What a model package says of itself, as typed records; `manifest.json` is their only other form."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from blastlens.domain.errors import DamagedPackage
from blastlens.domain.labels import Label
from blastlens.domain.prediction import ModelIdentity
from blastlens.imaging.segmentation import SegmentationSettings

FORMAT = 1
"""Version of the manifest's form. Code refuses a package of another form by name."""


@dataclass(frozen=True)
class Calibration:
    """Turns the graph's output into honest probabilities.

    Attributes:
        temperature: logits are divided by it (Guo et al. 2017, arXiv 1706.04599).
        set_threshold: labels with at least this calibrated probability are in the prediction set.
        coverage: share of images whose true label the set is meant to hold, 0 to 1.
    """

    temperature: float
    set_threshold: float
    coverage: float

    def __post_init__(self) -> None:
        if self.temperature <= 0 or not 0 <= self.set_threshold <= 1 or not 0 < self.coverage < 1:
            raise ValueError(f"calibration out of range: {self}")


@dataclass(frozen=True)
class Weights:
    """The graph's file: its name inside the package, SHA-256, and how its numbers are kept."""

    file: str
    sha256: str
    quantisation: str


@dataclass(frozen=True)
class Manifest:
    """Everything needed to run a package, and where it comes from.

    Attributes:
        name: what `--model` calls it.
        version: of the package.
        classes: labels in the order of the graph's outputs.
        size: side in pixels of both square RGB inputs.
        segmentation: thresholds of the blast mask it was trained with.
        calibration: from the graph's output to probabilities.
        weights: the graph's file.
        training_data: summary of what it learned from, for people.
        measured: what it scored, on what, for people and benchmarks.
    """

    name: str
    version: str
    classes: tuple[Label, ...]
    size: int
    segmentation: SegmentationSettings
    calibration: Calibration
    weights: Weights
    training_data: Mapping[str, Any]
    measured: Mapping[str, Any]

    @property
    def identity(self) -> ModelIdentity:
        """Name, version and digest; the digest covers the manifest and, through its hash, the weights."""
        return ModelIdentity(self.name, self.version, digest_of(self))


def to_json(manifest: Manifest) -> str:
    """Write a manifest, its digest included, as indented JSON."""
    return json.dumps({**_plain(manifest), "digest": digest_of(manifest)}, indent=2, sort_keys=True) + "\n"


def from_json(text: str) -> Manifest:
    """Read a manifest.

    Raises:
        DamagedPackage: no JSON, another form, a missing or impossible value, or a digest that does not fit.
    """
    try:
        values = json.loads(text)
        form = values.pop("format")
        digest = values.pop("digest")
    except (ValueError, AttributeError, KeyError, TypeError) as error:
        raise DamagedPackage(f"manifest.json cannot be read: {error!r}") from error
    if form != FORMAT:
        raise DamagedPackage(f"manifest.json has format {form}; this version of blastlens reads format {FORMAT}.")
    manifest = _typed(values)
    if digest_of(manifest) != digest:
        raise DamagedPackage("manifest.json was changed after it was written: its digest does not fit.")
    return manifest


def digest_of(manifest: Manifest) -> str:
    """Return the SHA-256, in hexadecimal, of the manifest in canonical JSON."""
    canonical = json.dumps(_plain(manifest), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def _plain(manifest: Manifest) -> dict[str, Any]:
    return {**asdict(manifest), "classes": [str(label) for label in manifest.classes], "format": FORMAT}


def _typed(values: dict[str, Any]) -> Manifest:
    try:
        typed = {
            "classes": tuple(Label(label) for label in values["classes"]),
            "segmentation": SegmentationSettings(**values["segmentation"]),
            "calibration": Calibration(**values["calibration"]),
            "weights": Weights(**values["weights"]),
        }
        return Manifest(**{**values, **typed})
    except (KeyError, TypeError, ValueError) as error:
        raise DamagedPackage(f"manifest.json lacks a value or holds an impossible one: {error!r}") from error
