"""Training of the cell model on drawn smears."""

import csv
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest

from blastlens.domain.errors import DamagedPackage, InvalidData
from blastlens.domain.labels import LABELS, Label
from blastlens.imaging.overlay import encode_png
from blastlens.imaging.synthetic import draw_smear
from blastlens.imaging.white_cells import CellBox, Proposal
from blastlens.inference.cells import CELL_CLASSES, NOT_WHITE, OTHER_WHITE, CellModel
from blastlens.training.cells.batches import mix_colours
from blastlens.training.cells.evaluation import ReadImage, measure_boxes, measure_home, pool_cells
from blastlens.training.cells.network import any_right_answer
from blastlens.training.cells.recipe import CellRecipe, load_cell_recipe
from blastlens.training.cells.sources import CellSource, find_sources_elsewhere, measure_red_cells, working_factor
from blastlens.training.cells.targets import one_class, soften_targets, targets_of
from blastlens.training.cells.train import GRAPH_FILE, CellTraining, train_cells
from blastlens.training.data.checks import check_left_out
from blastlens.training.data.splits import SplitPlan
from blastlens.training.progress import Progress
from tests.effort import in_soak
from tests.model.folders import draw_data

SMALL = CellRecipe("for tests", renderings=1, renderings_elsewhere=4, crops_per_epoch=32, epochs=2, batch=16)
WHITE_SQUARE = np.array([[10, 10], [40, 10], [40, 40], [10, 40]], np.int32)


def draw_labs(folder: Path) -> Path:
    """Write a folder of two other laboratories: one with boxes, one without nuclei."""
    (folder / "raabin").mkdir(parents=True)
    rows = []
    for number in range(4):
        name = f"raabin/{number}.png"
        (folder / name).write_bytes(encode_png(draw_smear(number, Label.BENIGN, (96, 96)).image))
        (folder / f"raabin/{number}.boxes.txt").write_text("0 0.5 0.5 1 1\n1 0.3 0.3 0.16 0.16\n")
        rows.append({"file": name, "laboratory": "raabin", "truth": "normal"})
    with (folder / "index.csv").open("w", newline="") as lines:
        writer = csv.DictWriter(lines, ["file", "laboratory", "truth"])
        writer.writeheader()
        writer.writerows(rows)
    return folder


def proposal(x: float, y: float, diameter: float = 20.0) -> Proposal:
    """Return a square proposal."""
    outline = WHITE_SQUARE - 25 + np.array([round(x), round(y)], np.int32)
    return Proposal((x, y), CellBox(round(x) - 15, round(y) - 15, 31, 31), outline, diameter)


def source(laboratory: str, truth: str, boxes: np.ndarray | None = None) -> CellSource:
    """Return a source without a file."""
    return CellSource(Path("none.png"), laboratory, truth, red_cell=0.1, boxes=boxes)


def request_in(folder: Path, **values: object) -> CellTraining:
    """Return a small training on drawn smears."""
    plan = SplitPlan("group", 0, (0.5, 0.25, 0.25))
    made = CellTraining(
        folder / "data", None, folder / "labs", None, SMALL, plan, 0, folder / "work", folder / "package"
    )
    return replace(made, **values)  # type: ignore[arg-type]


@in_soak
@pytest.mark.slow
def test_a_training_writes_a_graph_that_answers_and_resumes_from_its_checkpoint(tmp_path: Path) -> None:
    draw_data(tmp_path / "data", 4)
    draw_labs(tmp_path / "labs")
    seen: list[Progress] = []
    first = train_cells(request_in(tmp_path), seen.append, lambda items, _: items)
    model = CellModel(tmp_path / "package" / GRAPH_FILE, 1)
    crops = np.random.default_rng(0).integers(0, 256, (11, 48, 48, 4), np.uint8)
    answers = model.run(crops)
    assert answers.shape == (11, len(CELL_CLASSES))
    assert answers.sum(axis=1) == pytest.approx(np.ones(11), abs=1e-5)
    assert model.run(crops[:0]).shape == (0, len(CELL_CLASSES))
    assert [step.epoch for step in seen] == sorted(step.epoch for step in seen)
    seen.clear()
    again = train_cells(request_in(tmp_path, package=tmp_path / "again"), seen.append, lambda items, _: items)
    assert not seen
    assert again["sha256"] == first["sha256"]
    assert first["measured"]["validation"]["images"] == 4


def test_a_file_that_is_no_cell_model_is_refused(tmp_path: Path) -> None:
    (tmp_path / "cells.tflite").write_bytes(b"nothing")
    with pytest.raises(DamagedPackage):
        CellModel(tmp_path / "cells.tflite", 1)


def test_the_shipped_recipe_can_be_read_and_unknown_keys_are_refused(tmp_path: Path) -> None:
    assert load_cell_recipe().epochs >= 1
    file = tmp_path / "cells.toml"
    file.write_text('[cells]\nabout = "x"\nepoch = 3\n')
    with pytest.raises(InvalidData, match="unknown keys: epoch"):
        load_cell_recipe(file)


def test_a_folder_without_an_index_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidData, match="index"):
        find_sources_elsewhere(tmp_path)


def test_a_laboratory_that_does_not_exist_cannot_be_left_out() -> None:
    check_left_out(("raabin",), ["raabin", "snam"])
    with pytest.raises(InvalidData, match="no laboratory is called rabin; known are raabin, snam"):
        check_left_out(("rabin",), ["raabin", "snam"])


def test_red_cells_of_boxes_give_the_scale() -> None:
    boxes = np.array([[1, 0.5, 0.5, 0.1, 0.12], [1, 0.02, 0.5, 0.08, 0.1], [0, 0.5, 0.5, 0.4, 0.4]])
    share = measure_red_cells(boxes)
    assert share == pytest.approx(np.sqrt(0.012))
    factor = working_factor(CellSource(Path("x"), "raabin", "normal", red_cell=share), 600, 600)
    assert factor == pytest.approx(15 / (600 * np.sqrt(0.012)))


def test_of_the_regions_in_a_white_cells_box_the_largest_is_its_nucleus() -> None:
    boxes = np.array([[0, 0.25, 0.25, 0.3, 0.3]])
    regions = [proposal(25, 25, 9.0), proposal(26, 24, 15.0), proposal(80, 80)]
    targets = targets_of(source("raabin", "normal", boxes), np.zeros((100, 100, 3), np.uint8), regions)
    assert not targets[0].any()
    assert (targets[1] == one_class(OTHER_WHITE)).all()
    assert (targets[2] == one_class(NOT_WHITE)).all()


def test_a_purple_region_has_its_images_label_and_a_grey_one_is_no_white_cell() -> None:
    image = np.full((100, 100, 3), 255, np.uint8)
    image[:50] = (105, 85, 200)
    image[50:] = (160, 170, 190)
    home = CellSource(Path("x"), "home", "pro_b")
    purple, grey = targets_of(home, image, [proposal(25, 25), proposal(75, 75)])
    assert (purple == one_class("pro_b")).all()
    assert (grey == one_class(NOT_WHITE)).all()
    softened = soften_targets(np.stack([purple, grey]), SMALL)
    assert softened[0, CELL_CLASSES.index(OTHER_WHITE)] == pytest.approx(SMALL.tolerance)
    assert (softened[1] == grey).all()


def test_acute_leukemia_of_unknown_subtype_is_any_of_three() -> None:
    image = np.full((100, 100, 3), 120, np.uint8)
    (target,) = targets_of(source("snam", "acute_lymphoblastic_leukemia"), image, [proposal(50, 50)])
    assert target[: len(LABELS)].tolist() == [0, 1, 1, 1]


def test_the_loss_is_cross_entropy_where_one_answer_is_right() -> None:
    probabilities = np.array([[0.1, 0.2, 0.3, 0.1, 0.2, 0.1]], np.float32)
    loss = keras.ops.convert_to_numpy(any_right_answer(one_class("pre_b")[None], probabilities))
    assert loss == pytest.approx(-np.log(0.3), rel=1e-5)
    either = keras.ops.convert_to_numpy(any_right_answer(one_class("pre_b", NOT_WHITE)[None], probabilities))
    assert either == pytest.approx(-np.log(0.4), rel=1e-5)


def test_mixing_moves_the_stain_of_a_crop_and_leaves_background_white() -> None:
    crops = np.full((2, 48, 48, 4), 255.0, np.float32)
    crops[..., 3] = 0
    crops[0, 10:30, 10:30] = (100, 80, 200, 255)
    crops[1, 10:30, 10:30] = (200, 180, 220, 255)
    mixed = mix_colours(crops.copy(), np.array([True, True]), 1.0, np.random.default_rng(3))
    assert (mixed[:, :8, :8, :3] == 255).all()
    assert np.abs(mixed - crops).max() > 5


def test_pooled_cells_name_the_label_that_most_white_cells_support() -> None:
    blast, red = [0.05, 0.05, 0.8, 0.05, 0.03, 0.02], [0.0, 0.0, 0.0, 0.01, 0.0, 0.99]
    assert pool_cells(np.array([blast, blast, red])).argmax() == LABELS.index(Label.PRE_B)
    assert (pool_cells(np.array([red])) == 0).all()
    assert (pool_cells(np.zeros((0, 6))) == 0).all()


def test_recall_and_precision_count_centres_in_boxes() -> None:
    boxes = np.array([[0, 0.25, 0.25, 0.3, 0.3], [0, 0.75, 0.75, 0.3, 0.3]])
    white, red = [0.1, 0.1, 0.1, 0.1, 0.5, 0.1], [0.0, 0.0, 0.0, 0.0, 0.1, 0.9]
    centres = np.array([[0.25, 0.25], [0.5, 0.9], [0.75, 0.75]])
    image = ReadImage(source("raabin", "normal", boxes), np.array([white, white, red]), centres)
    assert measure_boxes([image])["raabin"] == {"boxes": 2, "recall": 0.5, "accepted": 2, "precision": 0.5}


def test_accuracy_at_home_counts_each_class() -> None:
    sure = np.eye(6)
    images = [
        ReadImage(CellSource(Path("x"), "home", str(label)), sure[[index]], np.zeros((1, 2)))
        for index, label in enumerate(LABELS)
    ]
    measured = measure_home(images)
    assert measured["accuracy"] == 1
    assert measured["leukemia_as_benign"] == 0
