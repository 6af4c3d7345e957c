"""Which images a package may be judged by: those of its own split that it did not learn from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from blastlens.domain.errors import InvalidData
from blastlens.training.dataset import Example
from blastlens.training.same_split import known_to_be_same, objection
from blastlens.training.splits import How, Split, SplitPlan, data_sha256, shared_with_training
from blastlens.training.staining import Track

PartName = Literal["training", "calibration", "validation", "all"]


@dataclass(frozen=True)
class Choice:
    """What a person asked a package to be judged by.

    Attributes:
        part: of the split, or "all" images whatever they were used for.
        how: the kind of split; None for the one that the package was trained with.
        allow_leak: judge by images that the package may have learned from, and say so.
    """

    part: PartName = "validation"
    how: How | None = None
    allow_leak: bool = False


@dataclass(frozen=True)
class JudgedBy:
    """The images that a package is judged by.

    Attributes:
        examples: in the order of the split.
        plan: the split they are a part of; None for all images.
        split: what that plan makes of the data folder; None likewise.
        like_training: how many have an exact copy or an overlapping field among the images that the package
            learned from, or are such an image; None where that cannot be known.
    """

    examples: tuple[Example, ...]
    plan: SplitPlan | None
    split: Split | None
    like_training: int | None


def part_of(
    trained: Mapping[str, Any], examples: Sequence[Example], choice: Choice, track: Track = lambda items: items
) -> JudgedBy:
    """Choose the images that a package is judged by.

    Args:
        trained: `training_data` of the package's manifest; what it tells of its data and their split is looked at.
        examples: all images of the data folder.
        choice: which of them.
        track: shows progress where a split by staining reads every image.

    Raises:
        InvalidData: the part would hold images that the package learned from, or nobody can tell, and neither
            "all" nor a leak was asked for; or the examples cannot be parted.
    """
    learned = SplitPlan.of_plain(trained["split"]) if trained.get("split") else None
    known = trained.get("data_sha256") == data_sha256(examples)
    again = learned.split(examples, track) if learned and known else None
    recorded = again if again and known_to_be_same(trained, again) else None
    if choice.part == "all":
        return _judged_by(tuple(examples), None, None, recorded)
    if not choice.allow_leak:
        _refuse_leaks(trained, learned, again, choice)
    plan = _plan(learned, choice.how)
    # Equal plans part equal sets alike: reading the images' staining once is enough.
    split = again if again and plan == learned else plan.split(examples, track)
    return _judged_by(getattr(split, choice.part), plan, split, recorded)


def _judged_by(
    examples: tuple[Example, ...], plan: SplitPlan | None, split: Split | None, recorded: Split | None
) -> JudgedBy:
    return JudgedBy(examples, plan, split, shared_with_training(recorded, examples) if recorded else None)


def _refuse_leaks(trained: Mapping[str, Any], learned: SplitPlan | None, again: Split | None, choice: Choice) -> None:
    ways_out = 'take "--part all" for images it never saw, or "--allow-leak" to judge by it all the same'
    if learned is None:
        raise InvalidData(f"the package does not say how its training set was parted: {ways_out}.")
    if again is None:
        raise InvalidData(
            f"the data folder is not the one that the package was trained with (its SHA-256 differs), so that nobody "
            f"can tell which of its images are new to the package: {ways_out}."
        )
    if fault := objection(trained, learned, again):
        raise InvalidData(
            f"{fault}, so that nobody can tell which of the images are new to the package: name the group file that "
            f"it was trained with by --groups, {ways_out}."
        )
    if choice.how not in (None, learned.how):
        raise InvalidData(
            f"the package was trained with another split ({learned}): the {choice.part} part of a {choice.how} split "
            f"holds images that it learned from. Leave out --split, or take --allow-leak."
        )


def _plan(learned: SplitPlan | None, how: How | None) -> SplitPlan:
    if learned is None:
        return SplitPlan(how or "group", 0)
    if how in (None, learned.how):
        return learned
    return replace(learned, how=how, fold=None, folds=None)
