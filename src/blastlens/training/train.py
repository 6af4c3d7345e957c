"""From a folder of images to a model package: the whole way, in order."""

from blastlens.inference.package import ModelPackage
from blastlens.training.learn import learn
from blastlens.training.lesson import Lesson, Watcher
from blastlens.training.packing import Parts, pack
from blastlens.training.pixels import read_pixels
from blastlens.training.preparation import prepare
from blastlens.training.request import Request
from blastlens.training.splits import Split
from blastlens.training.writable import make_writable


def train(request: Request, watcher: Watcher) -> ModelPackage:
    """Train a model and write its package.

    Raises:
        InvalidData: the data cannot be used, or the work folder holds another training.
        InvalidSettings: nothing can be written to the work folder or to the package's.
    """
    recipe = request.recipe
    for folder in (request.work, request.package):
        make_writable(folder)
    split = prepare(request.data, request.groups, request.plan, request.start, watcher)
    watcher.say(f"Split {request.plan}: {count(split)} to train on, calibrate with and judge by.")
    lesson = Lesson(
        recipe, split.training, request.seed, request.work, request.start, split.calibration, request.unfamiliar
    )
    model = learn(lesson, watcher)
    watcher.say("Exporting, calibrating and judging the graph that ships.")
    parts = Parts(*(read_pixels(part, recipe, recipe.size, track=watcher.track) for part in vars(split).values()))
    return pack(model, parts, request, split, watcher)


def count(split: Split) -> str:
    """Return how many images each part has."""
    return "/".join(str(len(part)) for part in vars(split).values())
