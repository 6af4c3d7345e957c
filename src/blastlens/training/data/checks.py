"""Checks before a training: images, split, and the package to start from."""

from collections.abc import Iterable
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
    """Split a data folder, after checking its images and the package to start from.

    Args:
        data: folder with one folder of images for each class.
        groups: its group file; None only keeps exact copies together.
        plan: rule of the split.
        start: the package to start from, if any.
        reporter: shows progress.

    Raises:
        InvalidData: the data cannot be used or split by the plan, a part lacks a class of the data, or the package may
            have been trained on images of another part.
    """
    examples = find_examples(data, groups)
    reporter.message(f"Checking that all {len(examples)} images can be read.")
    check_readable(examples, reporter.track)
    split = plan.split(examples, reporter.track)
    _check_classes(plan, split)
    if start is not None:
        _check_start(start, plan, examples, split, reporter)
    return split


def _check_classes(plan: SplitPlan, split: Split) -> None:
    """Check that each part has images of every class, which scores do not show."""
    labels = {example.label for part in vars(split).values() for example in part}
    for name, part in vars(split).items():
        if missing := sorted(labels - {example.label for example in part}):
            raise InvalidData(
                f"no image of {', '.join(missing)} is left for {name} ({plan}, shares {plan.shares}). Add images of "
                "other groups of the class, or choose another --split, --seed or number of --folds, or a recipe with "
                "a larger share for that part."
            )


def _check_start(
    start: ModelPackage, plan: SplitPlan, examples: tuple[Example, ...], split: Split, reporter: ProgressReporter
) -> None:
    """Check that a package was trained with the same split."""
    trained = start.manifest.training_data
    remedy = "Take one that was trained with the same --split, --seed and data, or train from scratch with --scratch."
    if trained.get("split") != plan.plain() or trained.get("data_sha256") != data_sha256(examples):
        raise InvalidData(
            f"the package {start.folder} was trained with another split or other images ({trained.get('split')}), so "
            f"it may have been trained on images of the validation part. {remedy}"
        )
    if mismatch := split_mismatch(trained, plan, split):
        raise InvalidData(
            f"the package {start.folder} may have been trained on images of the validation part: {mismatch}. Name the "
            "group file that it was trained with by --groups, or train from scratch with --scratch."
        )
    if not is_same_split(trained, split):
        reporter.message(
            f"The package {start.folder} records how many images it was trained on, but not which. The numbers agree "
            "with this split, so the images are taken to be the same."
        )


def check_left_out(left_out: Iterable[str], known: Iterable[str]) -> None:
    """Check that every laboratory to leave out is one of those in the data.

    Raises:
        InvalidData: one is not; nothing would be left out, and its figures would be of images that were trained on.
    """
    names = sorted(set(known))
    unknown = sorted(set(left_out) - set(names))
    if unknown:
        raise InvalidData(f"no laboratory is called {', '.join(unknown)}; known are {', '.join(names)}.")
