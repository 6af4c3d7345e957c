"""`manifest.json`: the form in which a manifest is kept."""

import json
from typing import Any

from blastlens.domain.errors import DamagedPackage
from blastlens.domain.labels import Label
from blastlens.imaging.segmentation import BlastSettings
from blastlens.inference.manifest import (
    FORMAT,
    SEGMENTATIONS,
    Branch,
    Calibration,
    DistanceLimit,
    Manifest,
    Weights,
    digest_of,
    plain,
)


def to_json(manifest: Manifest) -> str:
    """Write a manifest, its digest included, as indented JSON."""
    return json.dumps({**plain(manifest), "digest": digest_of(manifest)}, indent=2, sort_keys=True) + "\n"


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


def _typed(values: dict[str, Any]) -> Manifest:
    try:
        distance = values["distance"]
        typed = {
            "classes": tuple(Label(label) for label in values["classes"]),
            "branches": tuple(Branch(**branch) for branch in values["branches"]),
            "segmentation": _segmentation(**values["segmentation"]),
            "calibration": Calibration(**values["calibration"]),
            "distance": None if distance is None else DistanceLimit(**distance),
            "weights": Weights(**values["weights"]),
            "files": {str(name): str(sha256) for name, sha256 in values["files"].items()},
        }
        return Manifest(**{**values, **typed})
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise DamagedPackage(f"manifest.json lacks a value or holds an impossible one: {error!r}") from error


def _segmentation(method: str, **settings: Any) -> BlastSettings:
    return SEGMENTATIONS[method](**settings)
