"""Outlier exposure: training of equal probabilities on other laboratories."""

import json
from dataclasses import replace

import keras
import numpy as np
import pytest
from click.testing import CliRunner

from blastlens.cli.main import cli
from blastlens.domain.errors import InvalidData
from blastlens.domain.labels import LABELS
from blastlens.imaging.overlay import encode_png
from blastlens.inference.package import load_package
from blastlens.training.data.arrays import NO_CLASS, Pixels, Variation
from blastlens.training.data.outlier_exposure import compose, find_outliers, read_outliers, sha256_of
from blastlens.training.fitting.feature_cache import ImageSources
from blastlens.training.fitting.heads import fit_head
from blastlens.training.fitting.loop import Phase
from blastlens.training.fitting.pipeline import train_model
from blastlens.training.fitting.run import TrainingRun
from blastlens.training.fitting.supervised import train_on_images
from blastlens.training.models.features import equalise_branches
from blastlens.training.recipes.recipe import BranchRecipe, Stage
from blastlens.training.recipes.toml import load_recipe, to_toml
from tests.effort import in_soak
from tests.model.folders import draw_data
from tests.model.small_model import BRANCHES, NAMES, SMALL, build_small, repeat, small_backbone

RECIPE = replace(SMALL, head_stages=(Stage(32, 10, learning_rate=1e-2, redraw_every=10),))


@pytest.fixture
def folder(tmp_path):
    generator = np.random.default_rng(0)
    for number in range(3):
        image = generator.integers(0, 256, (80, 100, 3), np.uint8)
        (tmp_path / f"{number}.png").write_bytes(encode_png(image))
    (tmp_path / "0_mask.png").write_bytes(encode_png(np.zeros((80, 100), np.uint8)))
    (tmp_path / "notes.txt").write_text("of another laboratory")
    return tmp_path


def test_masks_and_notes_beside_the_images_are_left_out(folder):
    assert [file.name for file in find_outliers(folder)] == ["0.png", "1.png", "2.png"]


def test_a_folder_without_images_is_refused(tmp_path):
    with pytest.raises(InvalidData, match="holds no image"):
        find_outliers(tmp_path)


def test_an_image_that_cannot_be_read_is_refused_by_name(folder):
    (folder / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    with pytest.raises(InvalidData, match=r"broken\.png"):
        find_outliers(folder)


def test_the_digest_depends_on_the_content_of_the_images_and_not_on_their_names(folder):
    before = sha256_of(find_outliers(folder))
    (folder / "2.png").rename(folder / "3.png")
    assert sha256_of(find_outliers(folder)) == before
    (folder / "3.png").write_bytes(encode_png(np.zeros((80, 100, 3), np.uint8)))
    assert sha256_of(find_outliers(folder)) != before


def test_fields_of_view_are_drawn_anew_and_alike_for_equal_seeds(folder):
    files, recipe = find_outliers(folder), load_recipe("screening")

    def read(seed):
        return read_outliers(files, recipe, 64, Variation(recipe.augmentation, (seed,)), 5)

    first, again, other = read(0), read(0), read(1)
    assert first.images.shape == (5, 64, 64, 3) and set(first.classes) == {NO_CLASS}
    assert np.array_equal(first.images, again.images) and not np.array_equal(first.images, other.images)


def test_a_field_of_view_shows_one_image_or_four_or_one_from_further_away():
    image = np.zeros((90, 120, 3), np.uint8)
    image[30:60, 40:80] = 255  # a cell
    shapes, cells = set(), set()
    for seed in range(30):
        field = compose(lambda: image, np.random.default_rng(seed))
        shapes.add(field.shape)
        cells.add(round(float(np.count_nonzero(field[..., 0]) / (30 * 40)), 1))
    assert shapes == {(90, 120, 3), (180, 240, 3)}
    assert {1.0, 4.0} <= cells and len(cells) > 3  # from further away a cell covers less of the field


@in_soak
def test_a_head_trained_with_outliers_is_less_confident_on_them_only(tmp_path):
    generator = np.random.default_rng(0)
    classes = np.arange(24) % len(LABELS)
    own = generator.integers(0, 120, (24, 32, 32, 3)) + 30 * classes[:, None, None, None]
    shares = np.full((24, 32, 32), 255, np.uint8)
    known = Pixels(own.astype(np.uint8), shares, classes.astype(np.int64))
    other = own.copy()
    other[..., 2] //= 4  # another laboratory's stain
    outliers = Pixels(other.astype(np.uint8), shares, np.full(24, NO_CLASS, np.int64))

    def confidences(sources, weight):
        keras.utils.set_random_seed(0)
        model = build_small(BRANCHES, head_widths=(16,))
        equalise_branches(model, NAMES, known)
        phase = Phase("head", keras.Model, RECIPE.head_stages, 0, "run", tmp_path / str(weight))
        fit_head(phase, model, replace(RECIPE, outlier_exposure=weight), sources, lambda progress: None)
        answers = [np.asarray(model.predict_on_batch([images.astype(np.float32)] * 2)) for images in (own, other)]
        return [float(each.max(axis=1).mean()) for each in answers]

    _, unexposed = confidences(ImageSources(lambda variation, stage: repeat(known, 20)), 0.0)
    on_own, on_others = confidences(
        ImageSources(lambda variation, stage: repeat(known, 20), lambda variation, stage: outliers), 0.5
    )
    assert on_others < unexposed - 0.1
    assert on_own > on_others + 0.2


def test_the_whole_model_is_trained_on_every_class_of_an_outlier_in_turn():
    batches: list[tuple[np.ndarray, np.ndarray]] = []

    class Model:
        inputs = (keras.Input((None, None, 3), name="original"),)

        def reset_metrics(self):
            pass

        def train_on_batch(self, inputs, classes, sample_weight):
            batches.append((classes, sample_weight))
            return np.zeros(2)

    classes = np.array([0, 1, 2, 3, 3, 3, NO_CLASS, NO_CLASS], np.int64)
    pixels = Pixels(np.zeros((8, 32, 32, 3), np.uint8), np.zeros((8, 32, 32), np.uint8), classes)
    recipe = replace(RECIPE, outlier_exposure=0.5, balanced=True)
    for seed in range(40):
        train_on_images(recipe, Model(), pixels, np.arange(8), Stage(32, 1), np.random.default_rng(seed))
    assert {int(each) for targets, _ in batches for each in targets[6:]} == {0, 1, 2, 3}
    targets, weights = batches[0]
    assert list(targets[:6]) == [0, 1, 2, 3, 3, 3]
    assert weights[6:].sum() == pytest.approx(0.5 * weights[:6].sum())
    assert weights[3:6].sum() == pytest.approx(weights[0])


@pytest.mark.parametrize(
    ("weight", "files", "sentence"),
    [(0.3, (), "name a folder of such images with --unfamiliar"), (0.0, ("any.png",), "leave out --unfamiliar")],
)
def test_outliers_without_exposure_and_exposure_without_outliers_are_refused_before_training(
    tmp_path, weight, files, sentence
):
    recipe = replace(RECIPE, outlier_exposure=weight)
    with pytest.raises(InvalidData, match=sentence):
        train_model(TrainingRun(recipe, (), 0, tmp_path, None, (), tuple(tmp_path / name for name in files)))


@pytest.mark.usefixtures("eager")
def test_the_train_command_records_the_outliers_in_the_manifest(folder, tmp_path):
    data = draw_data(tmp_path / "data", images=10)
    one = (Stage(64, 1),)
    recipe = replace(
        load_recipe("screening"),
        branches=(BranchRecipe("small", "original", "scratch"),),
        stages=(),
        head_stages=one,
        heads="separate",
        outlier_exposure=0.3,
        batch=8,
    )
    (tmp_path / "recipe.toml").write_text(to_toml(recipe))
    options = ["--recipe", str(tmp_path / "recipe.toml"), "--unfamiliar", str(folder), "--work", str(tmp_path / "work")]
    with small_backbone():
        ran = CliRunner().invoke(cli, ["train", "--data", str(data), *options, "--package", str(tmp_path / "package")])
    assert ran.exit_code == 0, ran.output
    recorded = load_package(tmp_path / "package").manifest.training_data["unfamiliar"]
    assert recorded == {"images": 3, "sha256": sha256_of(find_outliers(folder))}
    assert json.loads((tmp_path / "package" / "manifest.json").read_text())["training_data"]["unfamiliar"] == recorded
