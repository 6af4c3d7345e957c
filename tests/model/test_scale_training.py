"""Training of the scale model on drawn smears."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from blastlens.cli.main import cli
from blastlens.domain.errors import InvalidData
from blastlens.domain.labels import Label
from blastlens.imaging.overlay import encode_png
from blastlens.imaging.synthetic import draw_smear
from blastlens.inference.scale import CROP_SIDE, MIDDLE_WIDTH, ScaleModel
from blastlens.training.data.splits import SplitPlan
from blastlens.training.progress import NoReporter
from blastlens.training.recipes.toml import recipe_names
from blastlens.training.scale.calibration import remove_bias
from blastlens.training.scale.crops import CropSources, cut_crop, draw_batch, draw_negative, draw_sized
from blastlens.training.scale.evaluation import measure_errors
from blastlens.training.scale.fitting import fit_scale
from blastlens.training.scale.network import build_network
from blastlens.training.scale.recipe import ScaleRecipe, load_scale_recipe
from blastlens.training.scale.red_cells import width_from_boxes, width_from_middles
from blastlens.training.scale.sources import SizedImage, list_laboratories, read_sized
from blastlens.training.scale.train import GRAPH_FILE, ScaleTraining, train_scale
from tests.effort import in_soak
from tests.model.folders import draw_data

SMALL = ScaleRecipe("for tests", steps=2, batch=4, widths=(4, 4, 4, 4, 4, 4, 4))
WHOLE_CELL = "1 0.5 0.5 0.2 0.1\n"


def draw_discs(width: float, side: int = 300) -> np.ndarray:
    """A field of dark discs of a width in px, apart from each other."""
    axis = np.arange(side) % (2 * width) - width
    inside = np.hypot(axis[:, None], axis[None, :]) < width / 2
    return np.where(inside[..., None], np.uint8(90), np.uint8(230)) * np.ones(3, np.uint8)


def draw_labs(folder: Path) -> Path:
    """Write a folder of two other laboratories, one with boxes and one with marked middles."""
    for name in ("raabin", "chula"):
        (folder / name).mkdir(parents=True)
    middles = np.stack(np.meshgrid(np.arange(20, 300, 40), np.arange(20, 300, 40)), axis=-1).reshape(-1, 2)
    for number in range(3):
        (folder / f"raabin/{number}.png").write_bytes(encode_png(draw_smear(number, Label.BENIGN, (96, 96)).image))
        (folder / f"raabin/{number}.boxes.txt").write_text("".join(f"1 0.{n} 0.5 0.1 0.1\n" for n in range(2, 8)))
        (folder / f"chula/{number}.png").write_bytes(encode_png(draw_discs(20)))
        (folder / f"chula/{number}.cells.txt").write_text("".join(f"{x} {y} 0\n" for x, y in middles))
    return folder


@pytest.mark.parametrize(
    ("lines", "width"),
    [
        (WHOLE_CELL * 3, 30.0),
        (WHOLE_CELL * 2, None),
        (WHOLE_CELL * 3 + "0 0.5 0.5 0.8 0.8\n", 30.0),
        (WHOLE_CELL * 3 + "1 0.05 0.5 0.1 0.1\n" * 9, 30.0),
        ("", None),
    ],
    ids=["whole cells", "too few", "a white cell too", "cells cut by the border too", "none"],
)
def test_the_width_of_red_cells_is_the_median_of_whole_boxes(tmp_path, lines, width):
    (tmp_path / "boxes.txt").write_text(lines)
    assert width_from_boxes(tmp_path / "boxes.txt", 200, 200) == pytest.approx(width)


def test_the_width_of_red_cells_is_measured_where_middles_are_marked(tmp_path):
    folder = draw_labs(tmp_path / "labs")
    width = width_from_middles(folder / "chula/0.cells.txt", draw_discs(20))
    assert width == pytest.approx(20, abs=3)


def test_a_crop_shows_red_cells_at_the_width_that_its_target_states():
    source = SizedImage(Path("none.png"), draw_discs(20), 20.0, "chula")
    crop = cut_crop([source], source, 40.0, 1.0, np.random.default_rng(1))
    assert crop.shape == (CROP_SIDE, CROP_SIDE, 3)
    _, _, boxes, _ = cv2.connectedComponentsWithStats((crop[..., 0] < 160).astype(np.uint8))
    assert max(box[2] for box in boxes[1:]) == pytest.approx(40, abs=2)


@pytest.mark.parametrize("width", [6.0, 15.0, 60.0])
@pytest.mark.parametrize("seed", range(4))
def test_an_image_too_small_for_a_crop_is_continued(width, seed):
    small = [SizedImage(Path("none.png"), draw_discs(20, 70 + 10 * n), 20.0, "chula") for n in range(3)]
    assert cut_crop(small, small[0], width, 0.8, np.random.default_rng(seed)).shape == (CROP_SIDE, CROP_SIDE, 3)


@pytest.fixture(scope="module")
def sources() -> CropSources:
    images = [SizedImage(Path("none.png"), draw_smear(seed).image, 15.0, "taleqani") for seed in range(2)]
    other = [SizedImage(Path("none.png"), draw_discs(40), 40.0, "chula")]
    return CropSources({"taleqani": images, "chula": other}, [draw_discs(5)], [draw_discs(30)])


def test_targets_state_the_width_and_whether_it_can_be_read(sources):
    generator = np.random.default_rng(0)
    sized = [draw_sized(sources, SMALL, generator)[1] for _ in range(200)]
    widths = MIDDLE_WIDTH * 2 ** np.array([target.octaves for target in sized])
    assert widths.min() < 7 and widths.max() > 50
    readable = {target.readable for target, width in zip(sized, widths, strict=True) if 6 < width < 60}
    assert readable == {1.0}
    negatives = [draw_negative(sources, SMALL, generator)[1] for _ in range(40)]
    assert {(target.has_width, target.readable) for target in negatives} == {(0.0, 0.0)}


def test_a_batch_depends_on_its_seed_alone(sources):
    first, again, other = (draw_batch(sources, SMALL, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert np.array_equal(first[0], again[0]) and np.array_equal(first[1], again[1])
    assert not np.array_equal(first[0], other[0])


def request_in(folder: Path, left_out: tuple[str, ...] = ()) -> ScaleTraining:
    data, labs = draw_data(folder / "data", 10), draw_labs(folder / "labs")
    plan = SplitPlan("group", 0)
    return ScaleTraining(data, None, labs, None, None, SMALL, plan, 0, folder / "work", folder / "package", left_out)


@in_soak
@pytest.mark.slow
def test_a_training_writes_a_graph_with_its_errors_on_what_it_did_not_see(tmp_path):
    request = request_in(tmp_path, left_out=("raabin",))
    described = train_scale(request, NoReporter())
    assert json.loads((request.package / "scale.json").read_text()) == json.loads(json.dumps(described))
    assert described["images"].keys() == {"taleqani", "chula"}
    assert abs(described["removed_bias"]) < 10
    assert described["measured"]["raabin"]["as taken"]["images"] == 3
    model = ScaleModel(request.package / GRAPH_FILE, threads=1)
    errors = measure_errors(model, list_laboratories(request.labs, None)["chula"])
    assert errors.images == 3


@in_soak
@pytest.mark.slow
def test_a_training_that_was_interrupted_continues(sources, tmp_path):
    weights = [fit_scale(sources, SMALL, 0, "data", tmp_path / work, NoReporter()).get_weights() for work in ("a", "a")]
    assert all(np.array_equal(first, again) for first, again in zip(weights[0], weights[1], strict=True))
    with pytest.raises(InvalidData, match="another recipe, seed or data"):
        fit_scale(sources, SMALL, 1, "data", tmp_path / "a", NoReporter())


@pytest.mark.slow
def test_a_bias_on_plain_crops_is_removed(sources):
    model = build_network(SMALL, 0)
    first = remove_bias(model, sources, 0)
    assert abs(first) > 0.05  # an untrained network
    assert remove_bias(model, sources, 0) == pytest.approx(0, abs=1e-5)


def test_a_laboratory_that_does_not_exist_cannot_be_left_out(tmp_path):
    with pytest.raises(InvalidData, match="no laboratory is called mars"):
        train_scale(request_in(tmp_path, left_out=("mars",)), NoReporter())


def test_images_without_red_cells_of_known_width_are_refused(tmp_path):
    (tmp_path / "labs" / "empty").mkdir(parents=True)
    with pytest.raises(InvalidData, match="boxes of red cells"):
        list_laboratories(tmp_path / "labs", None)


def test_wide_red_cells_are_shrunk_when_read(tmp_path):
    (tmp_path / "a.png").write_bytes(encode_png(draw_discs(100)))
    (image,) = read_sized([(tmp_path / "a.png", 100.0)], "chula")
    assert image.width == pytest.approx(72)
    assert image.image.shape[:2] == (216, 216)


def test_the_command_trains_the_scale_model_where_laboratories_are_named(tmp_path):
    assert "scale" not in recipe_names()
    assert load_scale_recipe().about
    command = ["train", "--recipe", "scale", "--data", str(draw_data(tmp_path / "data", 5)), "--package", "p"]
    refused = CliRunner().invoke(cli, command)
    assert refused.exit_code == 2
    assert "--labs" in refused.output
