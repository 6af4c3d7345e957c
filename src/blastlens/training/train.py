"""The complete training: from a folder of images to a model package."""

from blastlens.inference.package import ModelPackage
from blastlens.training.data.arrays import read_pixels
from blastlens.training.data.checks import check_and_split
from blastlens.training.data.splits import Split
from blastlens.training.files import make_writable
from blastlens.training.fitting.pipeline import train_model
from blastlens.training.fitting.run import TrainingRequest, TrainingRun
from blastlens.training.packaging.package import SplitPixels, build_package
from blastlens.training.progress import ProgressReporter


def train(request: TrainingRequest, reporter: ProgressReporter) -> ModelPackage:
    """Train a model and write its package.

    Raises:
        InvalidData: the data cannot be used, or the work folder holds the checkpoints of another training.
        InvalidSettings: nothing can be written to the work folder or to the package's folder.
    """
    recipe = request.recipe
    for folder in (request.work, request.package):
        make_writable(folder)
    split = check_and_split(request.data, request.groups, request.plan, request.start, reporter)
    reporter.message(f"Split {request.plan}: {count_images(split)} images for training, calibration and validation.")
    run = TrainingRun(
        recipe, split.training, request.seed, request.work, request.start, split.calibration, request.outliers, reporter
    )
    model = train_model(run)
    reporter.message("Exporting, calibrating and evaluating the model that ships.")
    pixels = SplitPixels(
        *(read_pixels(examples, recipe, recipe.size, track=reporter.track) for examples in vars(split).values())
    )
    return build_package(model, pixels, request, split, reporter)


def count_images(split: Split) -> str:
    """Return the number of images of each part, such as "80/10/10"."""
    return "/".join(str(len(examples)) for examples in vars(split).values())
