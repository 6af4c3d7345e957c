"""Which images a package may be judged by: those of its own split that it did not learn from."""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from blastlens.domain.errors import InvalidData
from blastlens.training.data.dataset import Example
from blastlens.training.data.splits import Split, SplitKind, SplitPlan, count_overlap_with_training, data_sha256
from blastlens.training.progress import Track

PartName = Literal["training", "calibration", "validation", "all"]


@dataclass(frozen=True)
class EvaluationSubset:
    """What a person asked a package to be judged by.

    Attributes:
        part: of the split, or "all" images whatever they were used for.
        how: the kind of split; None for the one that the package was trained with.
        allow_leak: judge by images that the package may have learned from, and say so.
    """

    part: PartName = "validation"
    how: SplitKind | None = None
    allow_leak: bool = False


@dataclass(frozen=True)
class EvaluationSet:
    """The images that a package is judged by.

    Attributes:
        examples: in the order of the split.
        plan: the split they are a part of; None for all images.
        split: what that plan makes of the data folder; None likewise.
        overlap_with_training: how many have an exact copy or an overlapping field among the images that the package
            learned from, or are such an image; None where that cannot be known.
    """

    examples: tuple[Example, ...]
    plan: SplitPlan | None
    split: Split | None
    overlap_with_training: int | None


def select_examples(
    trained: Mapping[str, Any],
    examples: Sequence[Example],
    choice: EvaluationSubset,
    track: Track = lambda items: items,
) -> EvaluationSet:
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
    recorded = again if again and is_same_split(trained, again) else None
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
) -> EvaluationSet:
    return EvaluationSet(examples, plan, split, count_overlap_with_training(recorded, examples) if recorded else None)


def _refuse_leaks(
    trained: Mapping[str, Any], learned: SplitPlan | None, again: Split | None, choice: EvaluationSubset
) -> None:
    ways_out = 'take "--part all" for images it never saw, or "--allow-leak" to judge by it all the same'
    if learned is None:
        raise InvalidData(f"the package does not say how its training set was parted: {ways_out}.")
    if again is None:
        raise InvalidData(
            f"the data folder is not the one that the package was trained with (its SHA-256 differs), so that nobody "
            f"can tell which of its images are new to the package: {ways_out}."
        )
    if fault := split_mismatch(trained, learned, again):
        raise InvalidData(
            f"{fault}, so that nobody can tell which of the images are new to the package: name the group file that "
            f"it was trained with by --groups, {ways_out}."
        )
    if choice.how not in (None, learned.how):
        raise InvalidData(
            f"the package was trained with another split ({learned}): the {choice.part} part of a {choice.how} split "
            f"holds images that it learned from. Leave out --split, or take --allow-leak."
        )


def _plan(learned: SplitPlan | None, how: SplitKind | None) -> SplitPlan:
    if learned is None:
        return SplitPlan(how or "group", 0)
    if how in (None, learned.how):
        return learned
    return replace(learned, how=how, fold=None, folds=None)


_FOLLOWS_GROUPS = ("group", "staining")
_AS_SHIPPED = {
    "training": "d0f95dd8751b732c283b66e73435157cf12d09a581c910aa6ac75b911e73b38e",
    "calibration": "875cddc315938c130e092fa4ae8fa9115a9f1aabbbe3689c1e3f09e663748335",
    "validation": "fc0567cdb8954d89b624fdc5541e2b45aa75db29d8f4279554b1fe629a5978f7",
}
# The packages that ship were made before manifests told their parts, and stay as they are. By the SHA-256 of their
# float weights; on this calibration part their graphs give their manifests' temperatures and thresholds to every digit.
_EARLIER = {
    "4c3befb338d3f815426807bdfc6ff7831d95a81f69a966fffb4223f45ecdf4ab": _AS_SHIPPED,  # fusion 0.8.1
    "7509b614cd544d010b7b729fa8e55f263c85ae06df89cc143059ca623c8deec6": _AS_SHIPPED,  # screening 0.3.0
}


def parts_sha256(split: Split) -> dict[str, str]:
    """Return one SHA-256, in hexadecimal, of each part by its name: of its files' hashes with their classes, sorted.

    Files may be called anything, and groups too; which image lies in which part, under which class, is what counts.
    """
    lines = {
        name: sorted(f"{example.sha256} {example.label}" for example in part) for name, part in vars(split).items()
    }
    return {name: hashlib.sha256("\n".join(of_part).encode()).hexdigest() for name, of_part in lines.items()}


def is_same_split(trained: Mapping[str, Any], split: Split) -> bool:
    """Tell whether a split of the data is surely the one that a package learned by.

    Args:
        trained: `training_data` of the package's manifest.
        split: of the same data by the same plan.
    """
    return _told(trained) == parts_sha256(split)


def split_mismatch(trained: Mapping[str, Any], plan: SplitPlan, split: Split) -> str | None:
    """Return what speaks against a split being the one that a package learned by, as half a sentence; None for nothing.

    Packages made before manifests told what lies in each part are taken at their word where the numbers agree and,
    since almost any group file gives the same numbers, groups were given at all.

    Args:
        trained: `training_data` of the package's manifest.
        plan: by which the package learned.
        split: of the same data by that plan.
    """
    if _told(trained) is not None:
        if is_same_split(trained, split):
            return None
        return (
            "its images are those that the package was trained with, but are parted otherwise now: the group file is "
            "another one, or images are called otherwise or lie in other class folders"
        )
    if any(trained.get(name, now) != now for name, now in _numbers(split).items()):
        return "the parts have other numbers of images than when the package was trained"
    if plan.how in _FOLLOWS_GROUPS and not _grouped(split):
        return (
            "the package was trained by groups and does not tell which image lay in which part, and there is no group "
            "file here"
        )
    return None


def _told(trained: Mapping[str, Any]) -> Mapping[str, str] | None:
    return trained.get("parts_sha256") or _EARLIER.get(trained.get("float_weights_sha256", ""))


def _numbers(split: Split) -> dict[str, Any]:
    """Return how many images the split has, as manifests tell it."""
    of_class = Counter(str(example.label) for example in split.training)
    return {"parts": [len(part) for part in vars(split).values()], "images": dict(of_class)}


def _grouped(split: Split) -> bool:
    """Tell whether there was a group file: without one a group is called as its image's hash."""
    return any(example.group != example.sha256 for part in vars(split).values() for example in part)
