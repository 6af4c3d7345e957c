"""Benchmark of the effect of each input of a model with two.

    python benchmarks/input_effect.py [--package FOLDER] [--data FOLDER] [--json] [--record]

FOLDER, by default ../shared/data beside the repository, holds taleqani-all/ (one folder a class). With --record, the
result is written into the package's manifest, which docs/make_model_card.py reads.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np

from blastlens.domain.labels import LABELS, WORDS
from blastlens.imaging.decode import decode
from blastlens.imaging.model_input import segmented_input, shrink
from blastlens.imaging.segmentation import segment
from blastlens.imaging.stain import prepare_colour
from blastlens.inference.engine import Engine
from blastlens.inference.package import SHIPPED, ModelPackage, load_package, write_manifest
from output import make_parser, report

EVERY = 20
"""Every 20th image of the data set is used to measure the effect of an input."""
GREY = 200
DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


def measure_inputs(package: ModelPackage, data: Path) -> dict[str, float]:
    """Return the mean change of the probabilities if an input is blanked.

    The change of an image is that of its most changed probability.
    """
    manifest = package.manifest
    engine = Engine(package.graph, manifest.size, len(manifest.classes), manifest.branches, threads=1)
    files = [file for label in LABELS for file in sorted((data / WORDS[label].folder).glob("*.jpg"))[::EVERY]]
    without_original, without_segmented = [], []
    for file in files:
        image = decode(file.read_bytes())
        normalised = prepare_colour(image, manifest.colour)
        original, share = shrink(normalised, segment(normalised, manifest.segmentation), manifest.size)
        segmented = segmented_input(original, share)
        usual = engine.run(original, segmented).probabilities
        blank_original, blank_segmented = np.full_like(original, GREY), np.zeros_like(segmented)
        without_original.append(np.abs(engine.run(blank_original, segmented).probabilities - usual).max())
        without_segmented.append(np.abs(engine.run(original, blank_segmented).probabilities - usual).max())
    return {"original": float(np.mean(without_original)), "segmented": float(np.mean(without_segmented))}


def main() -> None:
    """Measure, print, and write into the manifest with --record."""
    parser = make_parser(__doc__)
    parser.add_argument(
        "--package", type=Path, default=SHIPPED, help="package to measure; the shipped fusion by default"
    )
    parser.add_argument("--data", type=Path, default=DATA, help="folder of real images")
    parser.add_argument("--record", action="store_true", help="write the result into the package's manifest")
    options = parser.parse_args()
    package, data = load_package(options.package), options.data / "taleqani-all"
    if not data.is_dir():
        print(f"skipped: there is no folder {data}. Name the folder of real images with --data.")
        return
    if len({branch.input for branch in package.manifest.branches}) < 2:
        print("skipped: the package has one input")
        return
    inputs = {"change_without_input": measure_inputs(package, data)}
    if options.record:
        write_manifest(options.package, replace(package.manifest, measured={**package.manifest.measured, **inputs}))
    report(inputs, options.json)


if __name__ == "__main__":
    main()
