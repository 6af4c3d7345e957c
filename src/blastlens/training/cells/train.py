"""The complete training of the cell model, from folders to a graph."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from blastlens.domain.errors import InvalidData
from blastlens.imaging.cell_crops import CROP_SIDE
from blastlens.imaging.thumbnail import HOME_PIXEL_SIZE_UM
from blastlens.imaging.white_cells import ProposalSettings
from blastlens.inference.cells import CELL_CLASSES, CellModel
from blastlens.training.cells.crop_set import make_crop_set
from blastlens.training.cells.evaluation import measure_boxes, measure_elsewhere, measure_home, read_images
from blastlens.training.cells.export import BATCH, export_cells
from blastlens.training.cells.fitting import fit_network
from blastlens.training.cells.recipe import CellRecipe
from blastlens.training.cells.sources import CellSource, find_sources_elsewhere, home_sources
from blastlens.training.data.checks import check_left_out
from blastlens.training.data.dataset import find_examples
from blastlens.training.data.splits import Split, SplitPlan, data_sha256
from blastlens.training.files import make_writable
from blastlens.training.progress import NamedTrack, Progress

GRAPH_FILE, DESCRIPTION_FILE = "cells.tflite", "cells.json"


@dataclass(frozen=True)
class CellTraining:
    """What to train the cell model on, and where to write it.

    Attributes:
        data: folder with one folder for each class.
        groups: CSV with the group of each image; None for none.
        labs: folder with `index.csv` of other laboratories.
        boxed: folder of one more laboratory, with boxes; None for none.
        recipe: network and amounts.
        plan: of the split of `data`.
        seed: of every draw.
        work: folder for crops and checkpoints.
        package: folder for the graph and its description.
        left_out: laboratories that are not trained on, to be evaluated on.
    """

    data: Path
    groups: Path | None
    labs: Path
    boxed: Path | None
    recipe: CellRecipe
    plan: SplitPlan
    seed: int
    work: Path
    package: Path
    left_out: tuple[str, ...] = ()


def train_cells(request: CellTraining, report: Callable[[Progress], None], track: NamedTrack) -> dict[str, Any]:
    """Train, export and evaluate the cell model, and write `cells.tflite` and `cells.json`.

    Returns:
        What is written to `cells.json`.

    Raises:
        InvalidData: the data cannot be used, or the work folder holds the checkpoints of another training.
        InvalidSettings: nothing can be written to the work folder or the package's folder.
    """
    for folder in (request.work, request.package):
        make_writable(folder)
    split = request.plan.split(find_examples(request.data, request.groups))
    elsewhere = find_sources_elsewhere(request.labs, request.boxed)
    check_left_out(request.left_out, (source.laboratory for source in elsewhere))
    sources = home_sources(split.training) + elsewhere
    crops = make_crop_set(sources, request.recipe, request.seed, request.work / "crops", track)
    kept = crops.select(~np.isin(crops.laboratories, request.left_out))
    if not len(kept):
        raise InvalidData(f"no crops of white cells were found in {request.data}: check that it holds smears.")
    model = fit_network(kept, request.recipe, request.seed, request.work / "checkpoints", report)
    graph = export_cells(model)
    (request.package / GRAPH_FILE).write_bytes(graph)
    measured = _evaluate(request, split, elsewhere, track)
    description = _describe(request, split, elsewhere, graph, measured)
    (request.package / DESCRIPTION_FILE).write_text(json.dumps(description, indent=2) + "\n", "utf-8")
    return description


def _evaluate(
    request: CellTraining, split: Split, elsewhere: tuple[CellSource, ...], track: NamedTrack
) -> dict[str, Any]:
    run = CellModel(request.package / GRAPH_FILE, threads=1).run
    parts = {"calibration": split.calibration, "validation": split.validation}
    homes = {name: home_sources(part) for name, part in parts.items() if part}
    others = read_images(run, elsewhere, track)
    return {
        **{name: measure_home(read_images(run, part, track)) for name, part in homes.items()},
        **{f"{name}_cells_alone": measure_home(read_images(run, part, track, True)) for name, part in homes.items()},
        "elsewhere": measure_elsewhere(others),
        "boxes": measure_boxes(others),
    }


def _describe(
    request: CellTraining, split: Split, elsewhere: tuple[CellSource, ...], graph: bytes, measured: dict[str, Any]
) -> dict[str, Any]:
    files = "".join(hashlib.sha256(source.path.read_bytes()).hexdigest() for source in elsewhere)
    return {
        "classes": list(CELL_CLASSES),
        "crop_side": CROP_SIDE,
        "batch": BATCH,
        "pixel_size_um": HOME_PIXEL_SIZE_UM,
        "sha256": hashlib.sha256(graph).hexdigest(),
        "proposals": asdict(ProposalSettings()),
        "recipe": asdict(request.recipe),
        "seed": request.seed,
        "split": request.plan.plain(),
        "parts_sha256": {name: data_sha256(part) for name, part in vars(split).items()},
        "elsewhere_sha256": hashlib.sha256(files.encode()).hexdigest(),
        "left_out": list(request.left_out),
        "measured": measured,
    }
