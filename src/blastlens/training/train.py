"""From a folder of images to a model package: the whole way, in order."""

from blastlens.domain.errors import InvalidData
from blastlens.inference.package import ModelPackage
from blastlens.training.dataset import check_readable, find_examples
from blastlens.training.learn import learn
from blastlens.training.lesson import Lesson, Watcher
from blastlens.training.packing import Parts, pack
from blastlens.training.pixels import read_pixels
from blastlens.training.request import Request
from blastlens.training.splits import Split, data_sha256


def train(request: Request, watcher: Watcher) -> ModelPackage:
    """Train a model and write its package.

    Raises:
        InvalidData: the data cannot be used, or the work folder holds another training.
    """
    recipe = request.recipe
    examples = find_examples(request.data, request.groups)
    watcher.say(f"{len(examples)} images; looking whether all of them can be read.")
    check_readable(examples, watcher.track)
    split = request.plan.split(examples, watcher.track)
    _refuse_foreign_start(request, data_sha256(examples))
    watcher.say(f"Split {request.plan}: {count(split)} to train on, calibrate with and judge by.")
    lesson = Lesson(
        recipe, split.training, request.seed, request.work, request.start, split.calibration, request.unfamiliar
    )
    model = learn(lesson, watcher)
    watcher.say("Exporting, calibrating and judging the graph that ships.")
    parts = Parts(*(read_pixels(part, recipe, recipe.size, track=watcher.track) for part in vars(split).values()))
    return pack(model, parts, request, split, watcher)


def _refuse_foreign_start(request: Request, data: str) -> None:
    """A package that learned from another part of the data knows images that this split judges by."""
    if request.start is None:
        return
    learned = request.start.manifest.training_data
    if learned.get("split") != request.plan.plain() or learned.get("data_sha256") != data:
        raise InvalidData(
            f"the package {request.start.folder} learned from another split or other images ({learned.get('split')}), "
            "so it may know those that this training is judged by. Take one that was trained with the same --split, "
            "--seed and data, or start from nothing with --scratch."
        )


def count(split: Split) -> str:
    """Return how many images each part has."""
    return "/".join(str(len(part)) for part in vars(split).values())
