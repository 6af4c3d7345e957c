"""Package of a trained model: exports, calibrates and evaluates its graph."""

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from blastlens.imaging.model_input import segmented_input
from blastlens.inference.engine import Engine
from blastlens.inference.manifest import Branch, Calibration, Manifest, Weights
from blastlens.inference.package import DISTANCE_FILE, HEAD_FILE, ModelPackage, write_package
from blastlens.inference.uncertainty import apply_temperature
from blastlens.training.data.arrays import Pixels
from blastlens.training.data.splits import Split
from blastlens.training.evaluation.calibration import calibrate, fit_white_limit
from blastlens.training.evaluation.metrics import summarise
from blastlens.training.fitting.run import TrainingRequest
from blastlens.training.models.features import predict
from blastlens.training.packaging.export import export_graph, export_head
from blastlens.training.packaging.ood_statistics import fit_distance
from blastlens.training.packaging.provenance import training_provenance
from blastlens.training.packaging.quantise import quantise
from blastlens.training.progress import ProgressReporter
from blastlens.training.recipes.recipe import Recipe

GRAPH_FILE = "model.tflite"
INTEGER_SCOPE = ".*vgg16.*"
QUANTISATION = "int8 weights; VGG16, where there is one, in integers with dynamic ranges, the rest in float32"


@dataclass(frozen=True)
class SplitPixels:
    """The three parts of a split as pixels, without augmentation."""

    training: Pixels
    calibration: Pixels
    validation: Pixels


@dataclass(frozen=True)
class GraphOutputs:
    """Outputs of a graph for N images.

    Attributes:
        probabilities: (N, C) float64 softmax outputs.
        features: (N, F) float32.
    """

    probabilities: NDArray[np.float64]
    features: NDArray[np.float32]


def build_package(
    model: keras.Model, parts: SplitPixels, request: TrainingRequest, split: Split, reporter: ProgressReporter
) -> ModelPackage:
    """Export a model, calibrate and evaluate it, and write its package.

    Args:
        model: as `train_model` returns it.
        parts: pixels of the split.
        request: recipe, seed, and folder of the package.
        split: the examples of `parts`.
        reporter: shows progress.
    """
    recipe = request.recipe
    branches = _branches(recipe)
    graph = quantise(export_graph(model, recipe.size, branches), INTEGER_SCOPE)
    training, calibration, validation = (
        run_graph(graph, recipe, pixels, reporter) for pixels in (parts.training, parts.calibration, parts.validation)
    )
    calibrated = calibrate(calibration.probabilities, parts.calibration.classes)
    if recipe.white_limit:
        calibrated = replace(calibrated, greatest_white=fit_white_limit(split.training, reporter.track))
    statistics, limit = fit_distance(training.features, parts.training.classes, calibration.features)
    manifest = Manifest(
        name=recipe.model or recipe.name,
        version=request.version,
        classes=recipe.classes,
        size=recipe.size,
        colour=recipe.colour,
        branches=branches,
        segmentation=recipe.segmentation,
        calibration=calibrated,
        distance=limit,
        weights=Weights(GRAPH_FILE, hashlib.sha256(graph).hexdigest(), QUANTISATION),
        files={},
        training_data={**training_provenance(request, split), "float_weights_sha256": weights_sha256(model)},
        measured=_measure(validation, predict(model, parts.validation), parts.validation, calibrated, recipe),
    )
    return write_package(request.package, manifest, graph, {HEAD_FILE: export_head(model), DISTANCE_FILE: statistics})


def run_graph(graph: bytes, recipe: Recipe, pixels: Pixels, reporter: ProgressReporter) -> GraphOutputs:
    """Return the outputs of a graph for every image, by the runtime that serves."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / GRAPH_FILE
        file.write_bytes(graph)
        engine = Engine(file, recipe.size, len(recipe.classes), _branches(recipe), threads=2)
        outputs = [
            engine.run(pixels.images[index], segmented_input(pixels.images[index], pixels.mask_shares[index]))
            for index in reporter.track(range(len(pixels)))
        ]
    return GraphOutputs(
        np.stack([each.probabilities for each in outputs]), np.stack([each.features for each in outputs])
    )


def weights_sha256(model: keras.Model) -> str:
    """Return the SHA-256 of all float weights, in hexadecimal.

    Equal seeds, data and processors give equal ones.
    """
    digest = hashlib.sha256()
    for values in model.get_weights():
        digest.update(np.ascontiguousarray(values).tobytes())
    return digest.hexdigest()


def _branches(recipe: Recipe) -> tuple[Branch, ...]:
    return tuple(Branch(branch.backbone, branch.input) for branch in recipe.branches)


def _measure(
    outputs: GraphOutputs,
    keras_outputs: NDArray[np.float64],
    pixels: Pixels,
    calibration: Calibration,
    recipe: Recipe,
) -> dict[str, Any]:
    """Evaluate the exported graph, and measure how far it is from the Keras model."""
    probabilities = apply_temperature(outputs.probabilities, calibration.temperature)
    reference = apply_temperature(keras_outputs, calibration.temperature)
    return {
        "validation": summarise(probabilities, pixels.classes, calibration, recipe.classes).plain(),
        "label_agreement": float((outputs.probabilities.argmax(axis=1) == keras_outputs.argmax(axis=1)).mean()),
        "largest_difference": float(np.abs(probabilities - reference).max()),
    }
