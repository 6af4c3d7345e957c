"""From a folder of images to a model package: the whole way, in order."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from blastlens.domain.labels import LABELS
from blastlens.imaging.model_input import segmented_input
from blastlens.inference.engine import Engine
from blastlens.inference.manifest import Manifest, Weights
from blastlens.inference.package import ModelPackage, write_package
from blastlens.inference.uncertainty import apply_temperature
from blastlens.training.architectures import build_fusion
from blastlens.training.calibration import calibrate
from blastlens.training.dataset import Example, Split, find_examples, split_by_group
from blastlens.training.evaluate import evaluate
from blastlens.training.export import export_graph
from blastlens.training.fit import Progress, fit
from blastlens.training.normalisation import recalibrate
from blastlens.training.pixels import Pixels, read_pixels
from blastlens.training.predict import predict
from blastlens.training.quantise import quantise
from blastlens.training.recipes import Recipe
from blastlens.training.rounding import round_weights

Item = TypeVar("Item")

GRAPH_FILE = "model.tflite"
INTEGER_SCOPE = ".*vgg16.*"
QUANTISATION = "int8 weights; VGG16 computed in integers with dynamic ranges, the rest in float32"


@dataclass(frozen=True)
class Request:
    """What to train on, how, and where the outcome goes.

    Attributes:
        data: folder with one folder of images a class.
        groups: CSV with the columns `file` and `group`; None keeps exact copies together and no more.
        recipe: how to train.
        seed: of the split, the weights and every augmentation.
        work: folder for checkpoints.
        package: folder the package is written to.
        version: of the package.
        source: a line about the data for the manifest: whose it is and under what terms.
    """

    data: Path
    groups: Path | None
    recipe: Recipe
    seed: int
    work: Path
    package: Path
    version: str
    source: str


class Watcher(Protocol):
    """Shows a person how far a training is."""

    def say(self, sentence: str) -> None:
        """Tell what begins now."""

    def track(self, items: Sequence[Item]) -> Iterable[Item]:
        """Show progress over what is being worked through."""

    def step(self, progress: Progress) -> None:
        """Show one finished training step."""


def train(request: Request, watcher: Watcher) -> ModelPackage:
    """Train a model and write its package.

    Raises:
        InvalidData: the data cannot be used, or the work folder holds another training.
    """
    examples = find_examples(request.data, request.groups)
    split = split_by_group(examples, request.seed)
    watcher.say(f"{_count(split)} images to train on, calibrate with and judge by; reading them.")
    training, calibration, validation = (
        read_pixels(part, request.recipe.size, request.recipe.segmentation, watcher.track)
        for part in (split.training, split.calibration, split.validation)
    )
    watcher.say(f"Training {request.recipe.epochs} epochs; an interrupted run goes on from {request.work}.")
    build = partial(build_fusion, request.recipe.backbones, request.seed)
    run = _run_id(request, examples)
    model = fit(request.recipe, build, training, request.seed, request.work, run, watcher.step)
    watcher.say("Rounding weights to what ships, and bringing batch-norm statistics up to date.")
    round_weights(model)
    recalibrate(model, training, request.seed, track=watcher.track)
    watcher.say("Exporting, calibrating and judging the graph that ships.")
    graph = quantise(export_graph(model, request.recipe.size), INTEGER_SCOPE)
    return _package(request, split, graph, calibration, validation, predict(model, validation))


def _package(
    request: Request, split: Split, graph: bytes, calibration: Pixels, validation: Pixels, keras: NDArray[np.float64]
) -> ModelPackage:
    """Calibrate and judge the exported graph itself, and write both beside it."""
    fitted = calibrate(_run_graph(graph, calibration), calibration.classes)
    raw = _run_graph(graph, validation)
    probabilities = apply_temperature(raw, fitted.temperature)
    reference = apply_temperature(keras, fitted.temperature)
    measured: dict[str, Any] = {
        "split": f"by group, seed {request.seed}: {_count(split)} training/calibration/validation",
        "validation": evaluate(probabilities, validation.classes, fitted).plain(),
        "label_agreement": float((raw.argmax(axis=1) == keras.argmax(axis=1)).mean()),
        "largest_difference": float(np.abs(probabilities - reference).max()),
    }
    weights = Weights(GRAPH_FILE, hashlib.sha256(graph).hexdigest(), QUANTISATION)
    manifest = Manifest(
        name=request.recipe.name,
        version=request.version,
        classes=LABELS,
        size=request.recipe.size,
        segmentation=request.recipe.segmentation,
        calibration=fitted,
        weights=weights,
        training_data=_summary(request, split),
        measured=measured,
    )
    return write_package(request.package, manifest, graph)


def _run_graph(graph: bytes, pixels: Pixels) -> NDArray[np.float64]:
    """Return what the runtime that serves says of every example, (N, 4)."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / GRAPH_FILE
        file.write_bytes(graph)
        engine = Engine(file, pixels.images.shape[1], len(LABELS), threads=2)
        segmented = segmented_input(pixels.images, pixels.mask_shares)
        return np.stack([engine.run(*pair) for pair in zip(pixels.images, segmented, strict=True)])


def _summary(request: Request, split: Split) -> dict[str, Any]:
    recipe = request.recipe
    return {
        "source": request.source,
        "images": {str(label): sum(example.label == label for example in split.training) for label in LABELS},
        "recipe": recipe.name,
        "backbones": recipe.backbones,
        "stages": [f"{stage.epochs} epochs at {stage.size} px" for stage in recipe.stages],
        "seed": request.seed,
    }


def _run_id(request: Request, examples: Sequence[Example]) -> str:
    text = repr((request.recipe, request.seed, [(example.sha256, example.group) for example in examples]))
    return hashlib.sha256(text.encode()).hexdigest()


def _count(split: Split) -> str:
    return f"{len(split.training)}/{len(split.calibration)}/{len(split.validation)}"
