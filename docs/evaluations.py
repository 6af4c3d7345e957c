"""Evaluations and audits in docs/runs, and their figures for pages and CSV."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from blastlens.inference.manifest import FIELDS_AS, Manifest

RUNS = Path(__file__).parent / "runs"

Run = Mapping[str, Any]

_OTHER_RUNS = ("audit-", "performance-", "laboratories-", "cells-", "examinations-")
"""First letters of files that hold no evaluation."""

_SCALE_BAR_SWAPPED = "scale bar of another class"
SCORES = ("accuracy", "calibration_error", "set_coverage", "set_size")
"""Scores that have an interval."""


def load_evaluations(folder: Path = RUNS) -> list[Run]:
    """Return every evaluation of a folder and its archive, sorted by name; those of the archive are `archived`.

    Raises:
        ValueError: a file does not have the name of the run in it.
    """
    found: list[Run] = []
    for file in _files(folder, "*.json"):
        if file.name.startswith(_OTHER_RUNS):
            continue
        run = json.loads(file.read_text("utf-8"))
        if file.stem != run["name"]:
            raise ValueError(f"{file.name} holds the run {run['name']}: name the file like the run.")
        found.append({**run, "archived": file.parent != folder})
    return found


def load_audits(folder: Path = RUNS) -> list[Run]:
    """Return the audit of every package, from files that hold one or several; those of the archive are `archived`."""
    files = [(json.loads(file.read_text("utf-8")), file) for file in _files(folder, "audit-*.json")]
    return [
        {**audit, "archived": file.parent != folder} for held, file in files for audit in held.get("packages", [held])
    ]


def load_laboratories(folder: Path = RUNS) -> list[Run]:
    """Return every result of `benchmarks/other_laboratories.py`."""
    return [json.loads(file.read_text("utf-8")) for file in _files(folder, "laboratories-*.json")]


def load_cells(folder: Path = RUNS) -> list[Run]:
    """Return every result of `benchmarks/cells.py`."""
    return [json.loads(file.read_text("utf-8")) for file in _files(folder, "cells-*.json")]


def load_examinations(folder: Path = RUNS) -> list[Run]:
    """Return the scores of examinations of every package, as `blastlens assemble --examinations` writes them."""
    return [json.loads(file.read_text("utf-8")) for file in _files(folder, "examinations-*.json")]


def digest_for_fields(manifest: Manifest) -> str:
    """Return the digest of the package whose measurements of single fields hold for a package.

    It is the package's own, unless only the constants of its examinations differ from those of an older one.
    """
    return str(manifest.measured.get(FIELDS_AS, {}).get("digest", manifest.identity.digest))


def _files(folder: Path, pattern: str) -> list[Path]:
    """Return the files of a folder and of its archive, sorted by name."""
    return sorted([*folder.glob(pattern), *(folder / "archive").glob(pattern)], key=lambda file: file.name)


def figures_of(run: Run) -> dict[str, float | int]:
    """Return the figures by which a run is compared, by the names that a recipe's `[measured]` uses."""
    scores = run["scores"]
    recalls = [of["recall"]["value"] for of in scores["classes"].values() if of["recall"]["value"] is not None]
    values = {name: scores[name]["value"] for name in SCORES}
    return {**values, "least_recall": min(recalls), "images": scores["images"], "rejected": scores["rejected"]}


def informative_rows(audit: Run) -> Sequence[Mapping[str, Any]]:
    """Return an audit's rows without the swapped scale bar of screening: there both classes show every style."""
    package = audit["package"]
    screening = "screening" in (package.get("recipe") or package["name"])
    return [row for row in audit["rows"] if not (screening and row["probe"] == _SCALE_BAR_SWAPPED)]


def split_of(run: Run) -> str:
    """Return in words by which split and on which part a package was evaluated."""
    plans = [package["split"] for package in run["packages"]]
    if plans[0] is None:
        return f"all of {run['data']}"
    part = "" if run["part"] == "validation" else f", {run['part']}"
    folds = f", {len(plans)} of {plans[0]['folds']} folds" if plans[0]["folds"] else ""
    leak = ", **not its own split**" if run["allow_leak"] else ""
    return f"{plans[0]['how']}, seed {plans[0]['seed']}{folds}{part}{leak}"


def is_fitted(run: Run) -> bool:
    """Return whether temperature and set threshold were fitted to the images of a run."""
    return run["part"] == "calibration" and not run["allow_leak"]


def interval(estimate: Mapping[str, float | None]) -> str:
    """Return an estimate with its 95 % interval."""
    if estimate["value"] is None:
        return "none"
    return f"{estimate['value']:.4f} [{estimate['low']:.4f}, {estimate['high']:.4f}]"


def overlap_of(run: Run) -> str:
    """Return how many images of a run are copies of training images or overlap them."""
    overlap = run["images_like_training"]
    return "unknown" if overlap is None else f"{overlap}"
