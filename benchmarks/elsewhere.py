"""Benchmark on images outside of the training data, and of each input's effect.

    python benchmarks/elsewhere.py [--package FOLDER] [--data FOLDER] [--json] [--record]

FOLDER, by default ../shared/data beside the repository, holds not-smears/, other-smears/ (both flat) and taleqani-all/
(one folder a class). With --record, the result is written into the package's manifest, which
docs/make_model_card.py reads.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np

from blastlens.domain.labels import LABELS, WORDS
from blastlens.domain.prediction import Prediction
from blastlens.imaging.decode import decode
from blastlens.imaging.model_input import segmented_input, shrink
from blastlens.imaging.segmentation import segment
from blastlens.imaging.stain import prepare_colour
from blastlens.inference.classifier import Classifier
from blastlens.inference.engine import Engine
from blastlens.inference.package import SHIPPED, ModelPackage, load_package, write_manifest
from output import make_parser, report

FOLDERS = {
    "not-smears": "photographs, patterns and blank frames",
    "other-smears": "blood smears of another laboratory without leukemia",
}
EVERY = 20
"""Every 20th image of the data set is used to measure the effect of an input."""
GREY = 200
DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


def measure_folder(classifier: Classifier, folder: Path) -> str:
    """Return a sentence with the counts of answers to a folder's images."""
    answers = [classifier.read_bytes(file.read_bytes()).answer for file in sorted(folder.glob("*.jpg"))]
    predicted = [answer for answer in answers if isinstance(answer, Prediction)]
    malignant = [answer for answer in predicted if answer.is_malignant]
    certain = sum(answer.is_certain for answer in malignant)
    return (
        f"{len(answers) - len(predicted)} of {len(answers)} rejected; {len(predicted)} classified, {len(malignant)} of "
        f"them as most likely malignant, {certain} with a malignant label alone in the prediction set"
    )


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
    if not options.data.is_dir():
        print(f"skipped: there are no real images in {options.data}. Name their folder with --data.")
        return
    package = load_package(options.package)
    classifier = Classifier(package, threads=1)
    elsewhere = {text: measure_folder(classifier, options.data / name) for name, text in FOLDERS.items()}
    two_inputs, data = len({branch.input for branch in package.manifest.branches}) > 1, options.data / "taleqani-all"
    if two_inputs and not data.is_dir():
        print(f"skipped: the effect of each input, because there is no folder {data}")
    inputs = {"change_without_input": measure_inputs(package, data)} if two_inputs and data.is_dir() else {}
    if options.record:
        measured = {**package.manifest.measured, "elsewhere": elsewhere, **inputs}
        write_manifest(options.package, replace(package.manifest, measured=measured))
    report({**elsewhere, **inputs}, options.json)


if __name__ == "__main__":
    main()
