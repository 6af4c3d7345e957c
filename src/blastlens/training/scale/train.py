"""The complete training of the scale model, from folders to a graph."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from blastlens.imaging.segmentation import SegmentationSettings, segment
from blastlens.imaging.stain import standardise_colour
from blastlens.inference.scale import RED_CELL_UM, ScaleModel
from blastlens.training.audit.perturbations import background_colour
from blastlens.training.data.checks import check_left_out
from blastlens.training.data.dataset import find_examples
from blastlens.training.data.splits import Split, SplitPlan, data_sha256
from blastlens.training.files import make_writable
from blastlens.training.progress import ProgressReporter
from blastlens.training.scale.calibration import remove_bias
from blastlens.training.scale.crops import CropSources
from blastlens.training.scale.evaluation import measure_photographs, measure_sizes
from blastlens.training.scale.export import export_scale
from blastlens.training.scale.fitting import fit_scale
from blastlens.training.scale.recipe import ScaleRecipe
from blastlens.training.scale.sources import (
    HOME,
    SizedImage,
    list_home,
    list_laboratories,
    read_photographs,
    read_sized,
)

GRAPH_FILE, DESCRIPTION_FILE = "scale.tflite", "scale.json"

_PAINTED = 60  # home images of which the surroundings of the cells are painted over

Listed = list[tuple[Path, float]]


@dataclass(frozen=True)
class ScaleTraining:
    """What to train the scale model on, and where to write it.

    Attributes:
        data: folder with one folder for each class.
        groups: CSV with the group of each image; None for none.
        labs: folder with one folder for each other laboratory.
        boxed: folder of one more laboratory, with boxes; None for none.
        photographs: folder of images that are not smears, of which every second one is trained on; None for none.
        recipe: network and amounts.
        plan: of the split of `data`.
        seed: of every draw.
        work: folder for checkpoints and the float weights.
        package: folder for the graph and its description.
        left_out: laboratories that are not trained on, to be evaluated on.
    """

    data: Path
    groups: Path | None
    labs: Path
    boxed: Path | None
    photographs: Path | None
    recipe: ScaleRecipe
    plan: SplitPlan
    seed: int
    work: Path
    package: Path
    left_out: tuple[str, ...] = ()


def train_scale(request: ScaleTraining, reporter: ProgressReporter) -> dict[str, Any]:
    """Train, export and evaluate the scale model, and write `scale.tflite` and `scale.json`.

    Returns:
        What is written to `scale.json`.

    Raises:
        InvalidData: the data cannot be used, or the work folder holds the checkpoints of another training.
        InvalidSettings: nothing can be written to the work folder or the package's folder.
    """
    for folder in (request.work, request.package):
        make_writable(folder)
    split = request.plan.split(find_examples(request.data, request.groups))
    elsewhere = list_laboratories(request.labs, request.boxed)
    check_left_out(request.left_out, elsewhere)
    listed = {HOME: list_home(split.training)} | {k: v for k, v in elsewhere.items() if k not in request.left_out}
    photographs = [] if request.photographs is None else read_photographs(request.photographs)
    sized = {name: read_sized(files, name) for name, files in listed.items()}
    sources = CropSources(sized, photographs[::2], [paint_surroundings(each) for each in _spread(sized[HOME])])
    model = fit_scale(sources, request.recipe, request.seed, _digest(listed), request.work / "checkpoints", reporter)
    bias = remove_bias(model, sources, request.seed)
    model.save(request.work / "scale.keras")
    graph = export_scale(model)
    (request.package / GRAPH_FILE).write_bytes(graph)
    reporter.message("Measuring the graph on images that it was not trained on.")
    measured = _evaluate(request, split, elsewhere, photographs[1::2])
    counts = {name: len(files) for name, files in listed.items()}
    described = {**_describe(request, split, graph, counts, measured), "removed_bias": bias}
    (request.package / DESCRIPTION_FILE).write_text(json.dumps(described, indent=2) + "\n", "utf-8")
    return described


def paint_surroundings(source: SizedImage) -> NDArray[np.uint8]:
    """Return an image with everything but its stained cells in the colour of the background."""
    mask = segment(standardise_colour(source.image), SegmentationSettings())
    return np.where(mask[..., None], source.image, background_colour(source.image)).astype(np.uint8)


def _evaluate(
    request: ScaleTraining, split: Split, elsewhere: Mapping[str, Listed], photographs: Sequence[NDArray[np.uint8]]
) -> dict[str, Any]:
    model = ScaleModel(request.package / GRAPH_FILE, threads=1)
    parts: dict[str, Listed] = {name: list_home(getattr(split, name)) for name in ("calibration", "validation")}
    parts |= {name: elsewhere[name] for name in request.left_out}
    sizes = {
        name: {size: asdict(errors) for size, errors in measure_sizes(model, files).items()}
        for name, files in parts.items()
    }
    return {**sizes, "photographs": measure_photographs(model, photographs)}


def _describe(
    request: ScaleTraining, split: Split, graph: bytes, counts: Mapping[str, int], measured: Mapping[str, Any]
) -> dict[str, Any]:
    return {
        "sha256": hashlib.sha256(graph).hexdigest(),
        "red_cell_um": RED_CELL_UM,
        "recipe": asdict(request.recipe),
        "seed": request.seed,
        "split": request.plan.plain(),
        "training_sha256": data_sha256(split.training),
        "images": dict(counts),
        "left_out": list(request.left_out),
        "measured": dict(measured),
    }


def _spread(images: Sequence[SizedImage]) -> Sequence[SizedImage]:
    return images[:: max(1, len(images) // _PAINTED)]


def _digest(listed: Mapping[str, Listed]) -> str:
    """Return the SHA-256 of the names and widths of all images."""
    names = {name: [(file.name, round(width, 3)) for file, width in files] for name, files in listed.items()}
    return hashlib.sha256(json.dumps(names, sort_keys=True).encode()).hexdigest()
