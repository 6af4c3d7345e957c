"""Program that prints the targets of the reading engine beside what was measured.

python -m docs.targets [--digest SHA256]
"""

import argparse
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from blastlens.inference.package import SHIPPED, load_package
from docs.evaluations import Run, digest_for_fields, load_audits, load_cells, load_evaluations, load_laboratories
from docs.field_tables import WITHOUT_LEUKEMIA, find_laboratories
from docs.markdown import table

_HEAD = ("on", "reach", "measured", "reached")
_SIX_WIDE = ("mosaic 6 x 6", "mosaic 6 x 5")
_ONLY_CELLS, _NO_CELLS = "all but the cells painted over", "cells painted over"
_AS_TAKEN = "images as they are"
_SHIFTED = ("hue turned by", "brightness")


@dataclass(frozen=True)
class Target:
    """One figure beside its target.

    Attributes:
        on: the images, and what is measured.
        limit: the value to reach.
        value: as measured.
        at_least: whether the value is to be at least the limit; otherwise at most.
        where: the worst of several, by name; empty for one.
    """

    on: str
    limit: float
    value: float
    at_least: bool = True
    where: str = ""

    @property
    def reached(self) -> bool:
        """Whether the target is reached."""
        return self.value >= self.limit if self.at_least else self.value <= self.limit

    def cells(self) -> list[str]:
        """Return the target as cells of a table."""
        sign = "at least" if self.at_least else "at most"
        value = f"{self.value:.4f}" if self.limit else f"{self.value:g}"  # a limit of zero is one of a count
        where = f" ({self.where})" if self.where else ""
        return [self.on, f"{sign} {self.limit:g}", f"{value}{where}", "yes" if self.reached else "**no**"]


@dataclass(frozen=True)
class Measured:
    """The runs of one package; None or empty where it was not measured."""

    evaluation: Run | None
    audits: Sequence[Run]
    laboratories: Run | None
    cells: Run | None


def find_measured(digest: str) -> Measured:
    """Return the runs of a package in docs/runs; the evaluation is that of its validation part."""
    evaluations = [
        run
        for run in load_evaluations()
        if run["part"] == "validation" and [each["digest"] for each in run["packages"]] == [digest]
    ]
    return Measured(
        evaluations[0] if evaluations else None,
        [audit for audit in load_audits() if audit["package"]["digest"] == digest],
        find_laboratories(load_laboratories(), digest),
        find_laboratories(load_cells(), digest),
    )


def list_targets(measured: Measured) -> list[Target]:
    """Return every target that something was measured for."""
    targets: list[Target] = []
    if measured.evaluation:
        targets += _on_home(measured.evaluation["scores"])
    for audit in measured.audits:
        targets += _on_fields(audit.get("fields", []))
        targets += _on_colour(audit["rows"])
    if measured.laboratories:
        targets += _on_laboratories(measured.laboratories["laboratories"])
    if measured.cells:
        targets += _on_cells(measured.cells)
    return targets


def targets_table(measured: Measured) -> str:
    """Return the targets as Markdown."""
    rows = [target.cells() for target in list_targets(measured)]
    return table(_HEAD, rows) if rows else "Not measured yet."


def _on_home(scores: Mapping[str, Any]) -> Iterator[Target]:
    recalls = {name: of["recall"]["value"] for name, of in scores["classes"].items()}
    worst = min(recalls, key=lambda name: float(recalls[name]))
    yield Target("validation part: accuracy", 0.99, scores["accuracy"]["value"])
    yield Target("validation part: every recall", 0.97, recalls[worst], where=worst)
    yield Target("validation part: calibration error", 0.02, scores["calibration_error"]["value"], at_least=False)
    yield Target("validation part: sets that hold the true class", 0.99, scores["set_coverage"]["value"])
    yield Target("validation part: labels in a set", 1.1, scores["set_size"]["value"], at_least=False)


def _on_fields(fields: Sequence[Mapping[str, Any]]) -> Iterator[Target]:
    if not fields:
        return
    readable = [row for row in fields if row["readable"]]
    yield _worst("fields as cameras show them: accuracy of each kind", 0.97, readable, _accuracy)
    most = max(fields, key=lambda row: row["leukemia_as_benign_alone"])
    missed = sum(row["leukemia_as_benign_alone"] for row in fields)
    yield Target("fields: leukemia as benign alone", 0, missed, False, f"most in {most['kind']}" if missed else "")
    wide = [row for row in readable if row["kind"] in _SIX_WIDE]
    rest = [row for row in readable if row not in wide]
    for rows, limit, name in ((rest, 0.02, "share rejected of each kind"), (wide, 0.1, "share rejected, six wide")):
        if rows:
            yield _worst(f"fields as cameras show them: {name}", limit, rows, _rejected, False)
    for row in fields:
        if row["kind"] in (_ONLY_CELLS, _NO_CELLS):
            only = row["kind"] == _ONLY_CELLS
            yield Target(f"{row['kind']}: accuracy", 0.85 if only else 0.4, _accuracy(row), at_least=only)


def _on_colour(rows: Sequence[Mapping[str, Any]]) -> Iterator[Target]:
    usual = next((row["accuracy"] for row in rows if row["probe"] == _AS_TAKEN), None)
    shifted = [row for row in rows if row["probe"].startswith(_SHIFTED)]
    if usual is not None and shifted:
        least = min(shifted, key=lambda row: row["accuracy"])
        yield Target("hue and brightness: fall of accuracy", 0.03, usual - least["accuracy"], False, least["probe"])


def _on_laboratories(laboratories: Mapping[str, Mapping[str, Any]]) -> Iterator[Target]:
    for name in WITHOUT_LEUKEMIA:
        if name in laboratories:
            share = laboratories[name]["malignant_without_benign"]["value"]
            yield Target(f"{name}: malignant without benign", 0.02, share, at_least=False)
    for name, row in laboratories.items():
        if area := row.get("ill_against_well"):
            missed = row["leukemia_as_benign_alone"]
            yield Target(f"{name}: leukemia as benign alone", 0, missed, at_least=False)
            if area["value"] is not None:
                yield Target(f"{name}: ill against well, area under the curve", 0.85, area["value"])
    if smears := laboratories.get("not-smears"):
        yield Target("not-smears: share rejected", 0.97, _rejected(smears))


def _on_cells(cells: Mapping[str, Any]) -> Iterator[Target]:
    for name, row in cells.items():
        if not isinstance(row, dict) or "images" not in row:
            continue
        for figure in ("recall", "precision"):
            if figure in row and row[figure]["value"] is not None:
                yield Target(f"{name}: {figure} of white cells", 0.95, row[figure]["value"])
        if isinstance(size := row.get("pixel_size"), dict):
            yield Target(f"{name}: pixel size, median error", 0.1, size["median_error"], at_least=False)
            yield Target(f"{name}: pixel size within a quarter", 0.95, size["within_quarter"]["value"])
        if "white_cells_per_ten_fields" in row:
            yield Target(f"{name}: white cells in ten fields", 1, row["white_cells_per_ten_fields"], at_least=False)
        if "nucleus_recall" in row:
            yield Target(f"{name}: nuclei inside the mask", 0.95, row["nucleus_recall"])
            yield Target(f"{name}: mask inside cells", 0.9, row["cell_precision"])


def _worst(
    on: str,
    limit: float,
    rows: Sequence[Mapping[str, Any]],
    value: Callable[[Mapping[str, Any]], float],
    at_least: bool = True,
) -> Target:
    row = (min if at_least else max)(rows, key=value)
    return Target(on, limit, value(row), at_least, row["kind"])


def _accuracy(row: Mapping[str, Any]) -> float:
    return float(row["accuracy"]["value"])


def _rejected(row: Mapping[str, Any]) -> float:
    return float(row["rejected"] / row["images"])


def main() -> None:
    """Print the targets of the shipped package, or of the one with a digest."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--digest", default=None, help="of the package; by default the shipped fusion")
    options = parser.parse_args()
    print(targets_table(find_measured(options.digest or digest_for_fields(load_package(SHIPPED).manifest))))


if __name__ == "__main__":
    main()
