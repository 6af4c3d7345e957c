"""Manifest of a model package as typed records."""

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from blastlens.domain.examination_answer import ExaminationConstants
from blastlens.domain.labels import Label
from blastlens.domain.prediction import ModelIdentity
from blastlens.imaging.kmeans_segmentation import LabSettings
from blastlens.imaging.segmentation import BlastSettings, SegmentationSettings
from blastlens.imaging.thumbnail import HOME_PIXEL_SIZE_UM
from blastlens.imaging.windows import WINDOW_UM
from blastlens.inference.aggregation import AggregationSettings

FORMAT = 3
"""Version of the manifest's format. Packages of other versions are refused."""

SEGMENTATIONS: Mapping[str, type[BlastSettings]] = {"hsv": SegmentationSettings, "lab": LabSettings}
"""Settings of each segmentation method, by the manifest's `method`."""

COLOURS = ("as_taken", "normalised", "standardised")
"""Kinds of colour normalisation (imaging/stain.py)."""

OPTIONAL = ("evaluated_um", "scale", "cells", "aggregation", "examination")
"""Values that a manifest leaves out where a package does not have them."""

FIELDS_AS = "answers_fields_as"
"""Name in `measured`: identity of an older package that answers single fields alike, so that its figures hold."""

INPUTS = ("original", "segmented")
"""Possible inputs of a branch."""


@dataclass(frozen=True)
class Calibration:
    """Calibration of the graph's output.

    Attributes:
        temperature: logits are divided by it (Guo et al. 2017, arXiv 1706.04599).
        set_threshold: labels with at least this calibrated probability are in the prediction set.
        coverage: nominal share of images whose prediction set contains the true label, 0 to 1.
        greatest_white: largest share of white pixels (imaging/quality.py) for which the coverage holds. An image with
            more is brighter than all training images, and its set contains every label. None for no limit.
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
    """The graph's file: name, SHA-256, and quantisation of its weights."""

    file: str
    sha256: str
    quantisation: str


@dataclass(frozen=True)
class FieldGraph:
    """A further graph that reads fields: its file, SHA-256, and constants.

    Constants are what its module in `inference` needs, and its provenance, as JSON can hold them.
    """

    file: str
    sha256: str
    constants: Mapping[str, Any]


@dataclass(frozen=True)
class Branch:
    """One branch of a model.

    A backbone, such as "vgg16", and its input, "original" or "segmented".
    """

    backbone: str
    input: str

    def __post_init__(self) -> None:
        if self.input not in INPUTS:
            raise ValueError(f"the input of a branch is one of {INPUTS}, not {self.input!r}")


@dataclass(frozen=True)
class DistanceLimit:
    """Limits of the distances from the training data (inference/distance.py).

    Attributes:
        mahalanobis: largest distance to the nearest class within the principal components of the training images.
        residual: largest length of the part outside of these components.
    """

    mahalanobis: float
    residual: float

    def __post_init__(self) -> None:
        if not all(math.isfinite(limit) and limit > 0 for limit in (self.mahalanobis, self.residual)):
            raise ValueError(f"distance limits must be positive numbers: {self}")


@dataclass(frozen=True)
class Manifest:
    """Everything needed to run a package, and its provenance.

    Attributes:
        name: its name for `--model`.
        version: of the package.
        classes: labels in the order of the graph's outputs.
        size: side in pixels of the square RGB inputs.
        colour: one of `COLOURS`.
        branches: in the order of the graph's maps.
        segmentation: settings of the blast mask it was trained with.
        calibration: of the graph's output.
        distance: limits of the distance from the training data; None where it was not measured.
        weights: the graph's file.
        files: every further file of the package and its SHA-256.
        training_data: summary of the training data, for people.
        measured: evaluation results, for people and benchmarks.
        pixel_size_um: micrometres in a pixel of the training images.
        window_um: side of a window in micrometres, as in the training.
        evaluated_um: least and greatest pixel size of fields that the package was evaluated on; None where only images
            like the training images were evaluated.
        scale: graph that estimates the pixel size; None in packages that read an image as one window.
        cells: graph that classifies white cells; None in packages that read windows only.
        aggregation: constants of the field's answer; None for the calibration of single windows.
        examination: constants of the answer to all fields of a smear; None in packages that answer single fields only.
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
    pixel_size_um: float = HOME_PIXEL_SIZE_UM
    window_um: float = WINDOW_UM
    evaluated_um: tuple[float, float] | None = None
    scale: FieldGraph | None = None
    cells: FieldGraph | None = None
    aggregation: AggregationSettings | None = None
    examination: ExaminationConstants | None = None

    def __post_init__(self) -> None:
        if self.colour not in COLOURS or not self.branches:
            raise ValueError(f"colour must be one of {COLOURS}, not {self.colour!r}, and branches not {self.branches}")
        lengths = (self.pixel_size_um, self.window_um, *(self.evaluated_um or ()))
        if not all(math.isfinite(length) and length > 0 for length in lengths):
            raise ValueError(f"lengths in micrometres must be positive numbers, not {lengths}")
        if self.evaluated_um is not None and not self.evaluated_um[0] < self.evaluated_um[1]:
            raise ValueError(f"a range of pixel sizes begins with the least one, not {self.evaluated_um}")

    @property
    def graphs(self) -> tuple[FieldGraph, ...]:
        """The further graphs that the package has."""
        return tuple(graph for graph in (self.scale, self.cells) if graph is not None)

    @property
    def identity(self) -> ModelIdentity:
        """Name, version and digest.

        The digest covers the manifest and, through their hashes, all files.
        """
        return ModelIdentity(self.name, self.version, digest_of(self))


def digest_of(manifest: Manifest) -> str:
    """Return the SHA-256, in hexadecimal, of the manifest in canonical JSON."""
    canonical = json.dumps(to_plain(manifest), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def to_plain(manifest: Manifest) -> dict[str, Any]:
    """Convert a manifest to JSON types.

    With its format, without its digest, and without absent limits, graphs and constants.
    """
    method = next(name for name, settings in SEGMENTATIONS.items() if isinstance(manifest.segmentation, settings))
    values = asdict(manifest)
    absent = [name for name in OPTIONAL if values[name] is None]
    return {
        **{name: value for name, value in values.items() if name not in absent},
        **({} if manifest.evaluated_um is None else {"evaluated_um": list(manifest.evaluated_um)}),
        "calibration": {name: value for name, value in asdict(manifest.calibration).items() if value is not None},
        "classes": [str(label) for label in manifest.classes],
        "segmentation": {"method": method, **asdict(manifest.segmentation)},
        "format": FORMAT,
    }
