"""Benchmark on images of other laboratories, and of no smears at all.

    python benchmarks/other_laboratories.py [--package FOLDER] [--data FOLDER] [--images N] [--laboratory NAME ...]
        [--files FILE] [--left-out NAME ...] [--answers CSV] [--json]

FOLDER, by default ../shared/data beside the repository, holds labs/ (with index.csv), other-smears/ and not-smears/
(both flat). Shares have Wilson's 95 % intervals. The last line of --json, as docs/runs/laboratories-NAME.json, is what
docs/make_model_card.py reads; `blastlens audit --laboratories` reads it where --left-out names a laboratory.
"""

import argparse
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from blastlens.domain.prediction import Answer
from blastlens.inference.classifier import Classifier
from blastlens.inference.package import SHIPPED, load_package
from blastlens.training.audit.laboratories import (
    LaboratoryImage,
    answer_images,
    find_laboratory_images,
    sample_images,
    to_results,
    write_answers,
)
from output import make_parser

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


def choose_images(options: argparse.Namespace) -> tuple[LaboratoryImage, ...]:
    """Return the images that the options ask for."""
    images = find_laboratory_images(options.data)
    if options.laboratory:
        images = tuple(image for image in images if image.laboratory in options.laboratory)
    if options.files:
        named = set(options.files.read_text("utf-8").split())
        images = tuple(image for image in images if image.name in named)
    return sample_images(images, options.images)


def describe(row: Mapping[str, Any]) -> str:
    """Return one laboratory's counts as a sentence."""
    reasons = ", ".join(f"{count} {reason}" for reason, count in row["refused"].items())
    few = row["benign_alone_of_few_cells"]
    parts = [
        f"{row['images'] - row['rejected']} of {row['images']} answered",
        f"rejected: {reasons}" if reasons else "",
        f"malignant without benign {_share(row['malignant_without_benign'])}",
        f"benign alone {_share(row['benign_alone'])}" + (f", {few} of them with few white cells" if few else ""),
        "labels in a set {:.2f}".format(row["set_size"]) if row["set_size"] else "",
        f"leukemia as benign alone {row['leukemia_as_benign_alone']} of {row['leukemias']}" if row["leukemias"] else "",
    ]
    if area := row.get("ill_against_well"):
        parts.append("ill against well: area under the curve " + _area(area))
    return "; ".join(filter(None, parts))


def _share(share: Mapping[str, Any]) -> str:
    return "{count} ({value:.3f} [{low:.3f}, {high:.3f}])".format(**share)


def _area(area: Mapping[str, Any]) -> str:
    if area["value"] is None:
        return "not defined"
    return "{value:.3f} [{low:.3f}, {high:.3f}] of {ill} ill and {well} well".format(**area)


def _track(items: Sequence[Any], _: str) -> Iterable[Any]:
    return items


def main() -> None:
    """Measure and print."""
    parser = make_parser(__doc__)
    parser.add_argument(
        "--package", type=Path, default=SHIPPED, help="package to measure; the shipped fusion by default"
    )
    parser.add_argument("--data", type=Path, default=DATA, help="folder of real images")
    parser.add_argument("--images", type=int, default=None, help="largest number for each laboratory and truth")
    parser.add_argument("--laboratory", nargs="+", metavar="NAME", help="measure these only")
    parser.add_argument("--files", type=Path, help="list of the images to measure, as index.csv names them")
    parser.add_argument("--left-out", nargs="+", default=[], metavar="NAME", help="no training of the package saw them")
    parser.add_argument("--answers", type=Path, help="also write the answer to each image as CSV")
    options = parser.parse_args()
    images = choose_images(options)
    if not images:
        print(f"skipped: there are no real images in {options.data}. Name their folder with --data.")
        return
    package = load_package(options.package)
    classifier = Classifier(package, threads=os.cpu_count() or 1)

    def read(data: bytes) -> Answer:
        return classifier.read_bytes(data).answer

    answered = answer_images(images, read, _track)
    if options.answers:
        write_answers(answered, options.answers)
    results = to_results(package.identity, answered, options.left_out)
    for name, row in results["laboratories"].items():
        print(f"{name}: {describe(row)}")
    if options.json:
        print(json.dumps(results))


if __name__ == "__main__":
    main()
