"""Reader and writer of manifest.json."""

import json
from typing import Any

from blastlens.domain.errors import DamagedPackage
from blastlens.domain.examination_answer import ExaminationConstants
from blastlens.domain.labels import Label
from blastlens.imaging.segmentation import BlastSettings
from blastlens.inference.aggregation import AggregationSettings
from blastlens.inference.manifest import (
    FORMAT,
    SEGMENTATIONS,
    Branch,
    Calibration,
    DistanceLimit,
    FieldGraph,
    Manifest,
    Weights,
    digest_of,
    to_plain,
)


def to_json(manifest: Manifest) -> str:
    """Format a manifest with its digest as indented JSON."""
    return json.dumps({**to_plain(manifest), "digest": digest_of(manifest)}, indent=2, sort_keys=True) + "\n"


def from_json(text: str) -> Manifest:
    """Parse a manifest.

    Raises:
        DamagedPackage: invalid JSON, another format, a missing or invalid value, or a digest that does not match.
    """
    try:
        values = json.loads(text)
        found_format = values.pop("format")
        digest = values.pop("digest")
    except (ValueError, AttributeError, KeyError, TypeError) as error:
        raise DamagedPackage(f"manifest.json cannot be read: {error!r}") from error
    if found_format != FORMAT:
        raise DamagedPackage(
            f"manifest.json has format {found_format}; this version of blastlens reads format {FORMAT}."
        )
    manifest = to_manifest(values)
    if digest_of(manifest) != digest:
        raise DamagedPackage(
            "manifest.json was changed after it was written: its digest does not match. Use the original package."
        )
    return manifest


def to_manifest(values: dict[str, Any]) -> Manifest:
    """Return the manifest of JSON values without format and digest.

    Raises:
        DamagedPackage: a missing or invalid value.
    """
    try:
        distance = values["distance"]
        typed = {
            "classes": tuple(Label(label) for label in values["classes"]),
            "branches": tuple(Branch(**branch) for branch in values["branches"]),
            "segmentation": _to_settings(**values["segmentation"]),
            "calibration": Calibration(**values["calibration"]),
            "distance": None if distance is None else DistanceLimit(**distance),
            "weights": Weights(**values["weights"]),
            "files": {str(name): str(sha256) for name, sha256 in values["files"].items()},
            **_to_field_values(values),
        }
        return Manifest(**{**values, **typed})
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise DamagedPackage(f"manifest.json has a missing or invalid value: {error!r}") from error


def _to_field_values(values: dict[str, Any]) -> dict[str, Any]:
    """Return the typed values of a manifest that only packages for fields have."""
    typed: dict[str, Any] = {name: FieldGraph(**values[name]) for name in ("scale", "cells") if name in values}
    if "evaluated_um" in values:
        least, greatest = values["evaluated_um"]
        typed["evaluated_um"] = (float(least), float(greatest))
    if "aggregation" in values:
        typed["aggregation"] = AggregationSettings(**values["aggregation"])
    if "examination" in values:
        typed["examination"] = ExaminationConstants(**values["examination"])
    return typed


def _to_settings(method: str, **settings: Any) -> BlastSettings:
    return SEGMENTATIONS[method](**settings)
