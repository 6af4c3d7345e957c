"""Golden values: answers of both packages, splits, draws and small trainings.

A refactoring must not change them. `python -m tests.model.golden_values` writes them anew; a commit that does so says
which value changes and why.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import keras
import numpy as np

from blastlens.domain.labels import LABELS
from blastlens.domain.prediction import Prediction
from blastlens.imaging.synthetic import draw_smear
from blastlens.inference.classifier import Classifier
from blastlens.inference.package import SCREENING, SHIPPED, load_package
from blastlens.training.data.arrays import Pixels, read_pixels
from blastlens.training.data.augmentation import cut_out, mirror_and_turn
from blastlens.training.data.dataset import Example, find_examples
from blastlens.training.data.leakage import parts_sha256
from blastlens.training.data.splits import SplitPlan
from blastlens.training.fitting.pipeline import train_model
from blastlens.training.fitting.run import TrainingRun
from blastlens.training.models.features import predict
from blastlens.training.recipes.recipe import Augmentation, BranchRecipe, Recipe, Stage
from tests.model.folders import draw_data

FOLDER = Path(__file__).parent / "golden"
PACKAGES = (SHIPPED, SCREENING)
PLANS = (
    SplitPlan("random", 0),
    SplitPlan("random", 1, fold=1, folds=5),
    SplitPlan("group", 0),
    SplitPlan("group", 2, fold=0, folds=4),
    SplitPlan("staining", 0),
)
ALL_CHANGES = Augmentation(
    flips=True,
    quarter_turns=True,
    rotation=30,
    zoom=0.2,
    brightness=0.1,
    exposure=0.1,
    contrast=0.1,
    hue=5,
    saturation=0.2,
    stain=0.1,
    shading=0.1,
    blur=0.5,
    motion=2,
    jpeg=60,
    no_bar=0.5,
    bar=0.5,
    corner=0.2,
)
_ONE, _SLOW = Stage(32, 2), Stage(32, 1, learning_rate=1e-4, warm_up=0.5, cosine=True, strength=0.5)
_NARROW = (4, 4, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8)
WHOLE = Recipe(
    name="golden-whole",
    branches=(
        BranchRecipe(
            "vgg16", "original", "scratch", stages=(Stage(48, 1, crop=32), _ONE), batch_norm=True, widths=_NARROW
        ),
        BranchRecipe("mobilenet", "segmented", "scratch", stages=(_ONE,), consistency_stages=(_SLOW,)),
    ),
    stages=(_SLOW, _ONE),
    head_stages=(Stage(32, 3, learning_rate=1e-2, redraw_every=2),),
    branch_dropout=0.3,
    outlier_exposure=0.2,
    frozen=False,
    batch=8,
    balanced=True,
    redraw_every=2,
    head_widths=(8, 4),
    colour="standardised",
    augmentation=ALL_CHANGES,
)
APART = replace(
    WHOLE,
    name="golden-apart",
    branches=(
        BranchRecipe("mobilenet", "original", "scratch", stages=(_ONE,)),
        BranchRecipe("mobilenet", "segmented", "scratch"),
    ),
    stages=(),
    heads="separate",
    head_widths=(),
    branch_dropout=0.0,
    frozen=True,
)


def answers_on_drawn_smears() -> dict[str, Any]:
    """Return what each package answers for 16 drawn smears, by the package's name."""
    images = [draw_smear(seed, label, (224, 224)).image for label in LABELS for seed in range(3)]
    images += [draw_smear(7, label, (300, 400), blasts=0 if label is LABELS[0] else None).image for label in LABELS]
    return {
        folder.name: [_plain(Classifier(load_package(folder), 1).classify(each)) for each in images]
        for folder in PACKAGES
    }


def real_images(data_folder: Path) -> tuple[Path, ...]:
    """Return 50 real images: 40 of our laboratory, five smears of another one, five that show no smear."""
    counts = {"taleqani-all": 40, "other-smears": 5, "not-smears": 5}
    chosen: list[Path] = []
    for name, count in counts.items():
        files = sorted(file for file in (data_folder / name).rglob("*.jpg"))
        chosen += [files[index] for index in np.linspace(0, len(files) - 1, count).round().astype(int)]
    return tuple(chosen)


def answers_on_real_images(data_folder: Path) -> dict[str, Any]:
    """Return what each package answers for the real images, by the package's name, then by the file's."""
    found = {}
    for folder in PACKAGES:
        classifier = Classifier(load_package(folder), os.cpu_count() or 1)
        found[folder.name] = {
            file.relative_to(data_folder).as_posix(): _plain(classifier.read_bytes(file.read_bytes()).answer)
            for file in real_images(data_folder)
        }
    return found


def splits_of_drawn_smears() -> dict[str, Any]:
    """Return `parts_sha256` of each kind of split of 160 drawn smears; three in a row share a group."""
    with TemporaryDirectory() as folder:
        found = find_examples(draw_data(Path(folder) / "data", images=40))
        grouped = [replace(each, group=f"{each.label}-{index // 3}") for index, each in enumerate(found)]
        return _splits(grouped, PLANS)


def splits_of_real_images(data_folder: Path) -> dict[str, Any]:
    """Return `parts_sha256` of each kind of split; the one by staining is of every tenth image."""
    data = data_folder / "taleqani-all"
    examples = find_examples(data, data / "overlap_groups.csv")
    return {**_splits(examples, PLANS[:-1]), **_splits(examples[::10], PLANS[-1:])}


def draws() -> dict[str, Any]:
    """Return the mean grey value of each image that is drawn from seeds, by what is drawn."""
    with _training() as run:
        pairs = run.loader.load_pairs(1, _ONE)
        drawn = {
            "varied": run.loader.load_augmented(3, _SLOW),
            "changed": pairs.changed,
            "plain": pairs.plain,
            "outliers": run.loader.load_outliers(2, _ONE),
        }
        means = {name: _means(pixels) for name, pixels in drawn.items()}
        generator = np.random.default_rng(5)
        image, share = pairs.plain.images[0], pairs.plain.mask_shares[0]
        steps = [
            mirror_and_turn(image, share, run.recipe.augmentation, generator)[0][:8],
            cut_out(image, share, 16, generator)[0],
        ]
        return {**means, "each step": [float(step.mean()) for step in steps]}


def small_trainings() -> dict[str, Any]:
    """Return the probabilities that models of two small recipes end with, on the images they were trained on."""
    found = {}
    for recipe in (WHOLE, APART):
        with _training(recipe) as run:
            model = train_model(run)
            pixels = read_pixels(run.examples, recipe, recipe.size)
            found[recipe.name] = np.round(predict(model, pixels), 6).tolist()
        keras.backend.clear_session()
    return found


@contextmanager
def _training(recipe: Recipe = WHOLE) -> Iterator[TrainingRun]:
    """Give a small training on drawn smears, in a folder that is gone afterwards."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        examples = find_examples(draw_data(folder / "data", images=5))
        others = tuple(example.path for example in examples[::3])
        yield TrainingRun(recipe, examples, 3, folder / "work", None, examples[::2], others)


def _plain(answer: object) -> dict[str, Any]:
    if isinstance(answer, Prediction):
        return {
            "label": str(answer.label),
            "set": sorted(map(str, answer.prediction_set)),
            "probabilities": [round(value, 6) for value in answer.probabilities.values()],
        }
    return {"reason": str(answer.reason)}  # type: ignore[attr-defined]


def _splits(examples: Sequence[Example], plans: Sequence[SplitPlan]) -> dict[str, Any]:
    return {str(plan): parts_sha256(plan.split(examples)) for plan in plans}


def _means(pixels: Pixels) -> list[float]:
    return [round(float(image.mean()), 3) for image in pixels.images]


def everything(data_folder: Path) -> Iterator[tuple[str, Any]]:
    """Yield each file's name and what it holds."""
    yield "answers_on_drawn_smears", answers_on_drawn_smears()
    yield "answers_on_real_images", answers_on_real_images(data_folder)
    yield "splits_of_drawn_smears", splits_of_drawn_smears()
    yield "splits_of_real_images", splits_of_real_images(data_folder)
    yield "draws", draws()
    yield "small_trainings", small_trainings_in_two_threads()


def stored(name: str) -> Any:
    """Return a golden value."""
    return json.loads((FOLDER / f"{name}.json").read_text())


def small_trainings_in_two_threads() -> dict[str, Any]:
    """Return `small_trainings` from a process with two threads: sums differ by their number, and add up in training."""
    threads = {"TF_NUM_INTRAOP_THREADS": "2", "TF_NUM_INTEROP_THREADS": "2"}
    program = "import json; from tests.model import golden_values; print(json.dumps(golden_values.small_trainings()))"
    environment = {**os.environ, **threads, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


if __name__ == "__main__":
    from tests.conftest import REPOSITORY

    data = Path(os.environ.get("BLASTLENS_DATA", REPOSITORY.parent / "shared" / "data"))
    for name, values in everything(data):
        (FOLDER / f"{name}.json").write_text(json.dumps(values, indent=1) + "\n")
        print(f"wrote {name}")
