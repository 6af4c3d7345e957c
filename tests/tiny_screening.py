"""Tiny screening package: one branch, two classes, k-means segmentation."""

from dataclasses import replace
from pathlib import Path

from blastlens.domain.labels import SCREENING_LABELS
from blastlens.imaging.kmeans_segmentation import LabSettings
from blastlens.inference.manifest import Branch
from blastlens.inference.package import HEAD_FILE, ModelPackage, write_package
from tests.tiny_graph import tiny_graph
from tests.tiny_package import SIZE, head, head_bytes, manifest

BRANCH = Branch("colours", "segmented")


def write_tiny_screening(folder: Path) -> ModelPackage:
    """Write a whole package."""
    given = head((3, 5, len(SCREENING_LABELS)))
    graph = tiny_graph([BRANCH.input], SIZE, given)
    four_classes = manifest(branches=(BRANCH,), graph=graph)
    screening = replace(four_classes, name="screening", classes=SCREENING_LABELS, segmentation=LabSettings())
    return write_package(folder, screening, graph, {HEAD_FILE: head_bytes(given)})
