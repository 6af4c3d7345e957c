"""From a folder of images to a model package: the whole way, in order."""

from blastlens.inference.package import ModelPackage
from blastlens.training.data.arrays import read_pixels
from blastlens.training.data.checks import check_and_split
from blastlens.training.data.splits import Split
from blastlens.training.files import make_writable
from blastlens.training.fitting.pipeline import train_model
from blastlens.training.fitting.run import TrainingRequest, TrainingRun
from blastlens.training.packaging.package import SplitPixels, build_package
from blastlens.training.progress import ProgressReporter


def train(request: TrainingRequest, watcher: ProgressReporter) -> ModelPackage:
    """Train a model and write its package.

    Raises:
        InvalidData: the data cannot be used, or the work folder holds another training.
        InvalidSettings: nothing can be written to the work folder or to the package's.
    """
    recipe = request.recipe
    for folder in (request.work, request.package):
        make_writable(folder)
    split = check_and_split(request.data, request.groups, request.plan, request.start, watcher)
    watcher.say(f"Split {request.plan}: {count(split)} to train on, calibrate with and judge by.")
    lesson = TrainingRun(
        recipe, split.training, request.seed, request.work, request.start, split.calibration, request.outliers
    )
    model = train_model(lesson, watcher)
    watcher.say("Exporting, calibrating and judging the graph that ships.")
    parts = SplitPixels(*(read_pixels(part, recipe, recipe.size, track=watcher.track) for part in vars(split).values()))
    return build_package(model, parts, request, split, watcher)


def count(split: Split) -> str:
    """Return how many images each part has."""
    return "/".join(str(len(part)) for part in vars(split).values())
