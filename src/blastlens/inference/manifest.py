"""What a model package says of itself, as typed records; manifest_json.py writes and reads their other form."""

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from blastlens.domain.labels import Label
from blastlens.domain.prediction import ModelIdentity
from blastlens.imaging.kmeans_segmentation import LabSettings
from blastlens.imaging.segmentation import BlastSettings, SegmentationSettings

FORMAT = 2
"""Version of the manifest's form. Code refuses a package of another form by name."""

SEGMENTATIONS: Mapping[str, type[BlastSettings]] = {"hsv": SegmentationSettings, "lab": LabSettings}
"""Each way to find blasts, by the `method` that the manifest names, and the settings it takes."""

COLOURS = ("as_taken", "normalised", "standardised")
"""Whether colours are brought to one standard (imaging/stain.py) before anything reads them."""

INPUTS = ("original", "segmented")
"""What a branch may look at."""


@dataclass(frozen=True)
class Calibration:
    """Turns the graph's output into honest probabilities.

    Attributes:
        temperature: logits are divided by it (Guo et al. 2017, arXiv 1706.04599).
        set_threshold: labels with at least this calibrated probability are in the prediction set.
        coverage: share of images whose true label the set is meant to hold, 0 to 1.
        greatest_white: share of white pixels (imaging/measuring.py) up to which sets are as promised. An image with
            more is lit as none was that the model learned from, and its set holds every label. None for no such limit.
    """

    temperature: float
    set_threshold: float
    coverage: float
    greatest_white: float | None = None

    def __post_init__(self) -> None:
        shares = (self.set_threshold, self.greatest_white or 0.0)
        if self.temperature <= 0 or not all(0 <= share <= 1 for share in shares) or not 0 < self.coverage < 1:
            raise ValueError(f"calibration out of range: {self}")


@dataclass(frozen=True)
class Weights:
    """The graph's file: its name inside the package, SHA-256, and how its numbers are kept."""

    file: str
    sha256: str
    quantisation: str


@dataclass(frozen=True)
class Branch:
    """One eye of a model: a backbone, such as "vgg16", and the input it looks at, "original" or "segmented"."""

    backbone: str
    input: str

    def __post_init__(self) -> None:
        if self.input not in INPUTS:
            raise ValueError(f"a branch looks at one of {INPUTS}, not at {self.input!r}")


@dataclass(frozen=True)
class DistanceLimit:
    """How far from the training data an image may lie (inference/distance.py measures both, in its own units).

    Attributes:
        mahalanobis: greatest distance to the nearest class within the directions in which training images differ.
        residual: greatest length of what those directions leave over.
    """

    mahalanobis: float
    residual: float

    def __post_init__(self) -> None:
        if not all(math.isfinite(limit) and limit > 0 for limit in (self.mahalanobis, self.residual)):
            raise ValueError(f"distance limits must be positive numbers: {self}")


@dataclass(frozen=True)
class Manifest:
    """Everything needed to run a package, and where it comes from.

    Attributes:
        name: what `--model` calls it.
        version: of the package.
        classes: labels in the order of the graph's outputs.
        size: side in pixels of the square RGB inputs.
        colour: one of `COLOURS`.
        branches: in the order of the graph's maps.
        segmentation: settings of the blast mask it was trained with.
        calibration: from the graph's output to probabilities.
        distance: how unlike the training data an image may be; None where nothing was measured.
        weights: the graph's file.
        files: every further file of the package and its SHA-256.
        training_data: summary of what it learned from, for people.
        measured: what it scored, on what, for people and benchmarks.
    """

    name: str
    version: str
    classes: tuple[Label, ...]
    size: int
    colour: str
    branches: tuple[Branch, ...]
    segmentation: BlastSettings
    calibration: Calibration
    distance: DistanceLimit | None
    weights: Weights
    files: Mapping[str, str]
    training_data: Mapping[str, Any]
    measured: Mapping[str, Any]

    def __post_init__(self) -> None:
        if self.colour not in COLOURS or not self.branches:
            raise ValueError(f"colour must be one of {COLOURS}, not {self.colour!r}, and branches not {self.branches}")

    @property
    def identity(self) -> ModelIdentity:
        """Name, version and digest; the digest covers the manifest and, through their hashes, all files."""
        return ModelIdentity(self.name, self.version, digest_of(self))


def digest_of(manifest: Manifest) -> str:
    """Return the SHA-256, in hexadecimal, of the manifest in canonical JSON."""
    canonical = json.dumps(plain(manifest), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def plain(manifest: Manifest) -> dict[str, Any]:
    """Return the manifest as what JSON can hold: with its format, without its digest and limits that it lacks."""
    method = next(name for name, settings in SEGMENTATIONS.items() if isinstance(manifest.segmentation, settings))
    return {
        **asdict(manifest),
        "calibration": {name: value for name, value in asdict(manifest.calibration).items() if value is not None},
        "classes": [str(label) for label in manifest.classes],
        "segmentation": {"method": method, **asdict(manifest.segmentation)},
        "format": FORMAT,
    }
