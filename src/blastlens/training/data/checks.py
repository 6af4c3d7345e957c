"""What is looked at before any hour is spent: the images, how they are parted, and what a training goes on from."""

from pathlib import Path

from blastlens.domain.errors import InvalidData
from blastlens.inference.package import ModelPackage
from blastlens.training.data.dataset import Example, check_readable, find_examples
from blastlens.training.data.leakage import is_same_split, split_mismatch
from blastlens.training.data.splits import Split, SplitPlan, data_sha256
from blastlens.training.progress import ProgressReporter


def check_and_split(
    data: Path, groups: Path | None, plan: SplitPlan, start: ModelPackage | None, reporter: ProgressReporter
) -> Split:
    """Part a data folder, once all of it can be used and the package to go on from learned by the same split.

    Args:
        data: folder with one folder of images a class.
        groups: its group file; None keeps exact copies together and no more.
        plan: how it is parted.
        start: the package to go on from, if any.
        reporter: shows the progress.

    Raises:
        InvalidData: the data cannot be used or parted so, a part lacks a class of the data, or the package may know
            images of another part.
    """
    examples = find_examples(data, groups)
    reporter.message(f"{len(examples)} images; looking whether all of them can be read.")
    check_readable(examples, reporter.track)
    split = plan.split(examples, reporter.track)
    _check_parts(plan, split)
    if start is not None:
        _refuse_foreign(start, plan, examples, split, reporter)
    return split


def _check_parts(plan: SplitPlan, split: Split) -> None:
    """What a class without an image in a part was calibrated or judged by, nobody would see in the figures."""
    labels = {example.label for part in vars(split).values() for example in part}
    for name, part in vars(split).items():
        if missing := sorted(labels - {example.label for example in part}):
            raise InvalidData(
                f"no image of {', '.join(missing)} is left for {name} ({plan}, shares {plan.shares}): add images of "
                "other groups of the class, or take another --split, --seed or number of --folds, or a recipe with a "
                "larger share for that part."
            )


def _refuse_foreign(
    start: ModelPackage, plan: SplitPlan, examples: tuple[Example, ...], split: Split, reporter: ProgressReporter
) -> None:
    """A package that learned from another part of the data knows images that this split judges by."""
    learned = start.manifest.training_data
    ways_out = "Take one that was trained with the same --split, --seed and data, or start from nothing with --scratch."
    if learned.get("split") != plan.plain() or learned.get("data_sha256") != data_sha256(examples):
        raise InvalidData(
            f"the package {start.folder} learned from another split or other images ({learned.get('split')}), "
            f"so it may know those that this training is judged by. {ways_out}"
        )
    if fault := split_mismatch(learned, plan, split):
        raise InvalidData(
            f"the package {start.folder} may know images that this training is judged by: {fault}. Name the group "
            f"file that it was trained with by --groups. {ways_out}"
        )
    if not is_same_split(learned, split):
        reporter.message(
            f"The package {start.folder} tells how many images it learned from and not which: it is taken at its word "
            "that they are those of this split."
        )
