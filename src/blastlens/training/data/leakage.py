"""Leak checks: selects images for evaluation by the split of the training."""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from blastlens.domain.errors import InvalidData
from blastlens.training.data.dataset import Example
from blastlens.training.data.splits import (
    PartName,
    Split,
    SplitKind,
    SplitPlan,
    count_overlap_with_training,
    data_sha256,
)
from blastlens.training.progress import Track

SubsetName = Literal[PartName, "all"]

_USES_GROUPS = ("group", "staining")
_SHIPPED_PARTS = {
    "training": "d0f95dd8751b732c283b66e73435157cf12d09a581c910aa6ac75b911e73b38e",
    "calibration": "875cddc315938c130e092fa4ae8fa9115a9f1aabbbe3689c1e3f09e663748335",
    "validation": "fc0567cdb8954d89b624fdc5541e2b45aa75db29d8f4279554b1fe629a5978f7",
}
# By the SHA-256 of a package's float weights: the shipped packages were made before manifests recorded `parts_sha256`,
# and stay as they are. On this calibration part their graphs give their manifests' temperatures and thresholds exactly.
_PARTS_BY_WEIGHTS = {
    "4c3befb338d3f815426807bdfc6ff7831d95a81f69a966fffb4223f45ecdf4ab": _SHIPPED_PARTS,  # fusion 0.8.1
    "7509b614cd544d010b7b729fa8e55f263c85ae06df89cc143059ca623c8deec6": _SHIPPED_PARTS,  # screening 0.3.0
}


@dataclass(frozen=True)
class EvaluationSubset:
    """The images that a user asks to evaluate on.

    Attributes:
        part: of the split, or "all" images whatever they were used for.
        how: the kind of split; None for the one that the package was trained with.
        allow_leak: evaluate on images that the package may have been trained on; the report states it.
    """

    part: SubsetName = "validation"
    how: SplitKind | None = None
    allow_leak: bool = False


@dataclass(frozen=True)
class EvaluationSet:
    """The images that a package is evaluated on.

    Attributes:
        examples: in the order of the split.
        plan: the split that they are a part of; None for all images.
        split: of the data folder by that plan; None for all images.
        overlap_with_training: how many are training images of the package, exact copies of such or overlapping
            fields; None where it is unknown.
    """

    examples: tuple[Example, ...]
    plan: SplitPlan | None
    split: Split | None
    overlap_with_training: int | None


def select_examples(
    training_data: Mapping[str, Any],
    examples: Sequence[Example],
    subset: EvaluationSubset,
    track: Track = lambda items: items,
) -> EvaluationSet:
    """Select the images to evaluate a package on.

    Args:
        training_data: of the package's manifest; it records the data and their split.
        examples: all images of the data folder.
        subset: which of them.
        track: shows progress where a split by staining reads every image.

    Raises:
        InvalidData: the part may hold images that the package was trained on, and neither "all" nor a leak was asked
            for; or the examples cannot be split.
    """
    trained_plan = SplitPlan.of_plain(training_data["split"]) if training_data.get("split") else None
    same_data = training_data.get("data_sha256") == data_sha256(examples)
    trained_split = trained_plan.split(examples, track) if trained_plan and same_data else None
    verified = trained_split if trained_split and is_same_split(training_data, trained_split) else None
    if subset.part == "all":
        return _evaluation_set(tuple(examples), None, None, verified)
    if not subset.allow_leak:
        _check_for_leaks(training_data, trained_plan, trained_split, subset)
    plan = _choose_plan(trained_plan, subset.how)
    # Equal plans split equal datasets alike: measuring the staining of the images once is enough.
    split = trained_split if trained_split and plan == trained_plan else plan.split(examples, track)
    return _evaluation_set(getattr(split, subset.part), plan, split, verified)


def parts_sha256(split: Split) -> dict[str, str]:
    """Return one SHA-256 of each part, in hexadecimal, by the part's name.

    It is of the hashes of the part's files with their classes, sorted. Names of files and groups do not count: only
    which image lies in which part, under which class.
    """
    lines = {
        name: sorted(f"{example.sha256} {example.label}" for example in part) for name, part in vars(split).items()
    }
    return {name: hashlib.sha256("\n".join(of_part).encode()).hexdigest() for name, of_part in lines.items()}


def is_same_split(training_data: Mapping[str, Any], split: Split) -> bool:
    """Return whether a split is surely the one that a package was trained with.

    Args:
        training_data: of the package's manifest.
        split: of the same data by the same plan.
    """
    return _recorded_parts(training_data) == parts_sha256(split)


def split_mismatch(training_data: Mapping[str, Any], plan: SplitPlan, split: Split) -> str | None:
    """Return why a split cannot be the one that a package was trained with.

    For packages made before manifests recorded the images of each part, only the number of images can be compared.
    Since almost any group file gives the same numbers, such a package also needs that a group file was given.

    Args:
        training_data: of the package's manifest.
        plan: that the package was trained with.
        split: of the same data by that plan.

    Returns:
        Half a sentence, or None if it can be that split.
    """
    if _recorded_parts(training_data) is not None:
        if is_same_split(training_data, split):
            return None
        return (
            "the images are those that the package was trained with, but they are split differently: with another "
            "group file, other file names or other class folders"
        )
    if any(training_data.get(name, now) != now for name, now in _part_counts(split).items()):
        return "the parts have other numbers of images than when the package was trained"
    if plan.how in _USES_GROUPS and not _has_groups(split):
        return (
            "the package was trained by groups and does not record which image lay in which part, and no group file "
            "was given"
        )
    return None


def _evaluation_set(
    examples: tuple[Example, ...], plan: SplitPlan | None, split: Split | None, verified: Split | None
) -> EvaluationSet:
    return EvaluationSet(examples, plan, split, count_overlap_with_training(verified, examples) if verified else None)


def _check_for_leaks(
    training_data: Mapping[str, Any], plan: SplitPlan | None, split: Split | None, subset: EvaluationSubset
) -> None:
    remedy = 'Take "--part all" if the package was not trained on these images, or "--allow-leak" to evaluate anyway.'
    if plan is None:
        raise InvalidData(f"the package does not record how its training data was split. {remedy}")
    if split is None:
        raise InvalidData(
            "the data folder is not the one that the package was trained with (its SHA-256 differs), so it is unknown "
            f"which images the package was trained on. {remedy}"
        )
    if mismatch := split_mismatch(training_data, plan, split):
        raise InvalidData(
            f"{mismatch}; so it is unknown which images the package was trained on. Name the group file that it was "
            f"trained with by --groups, or take --part all or --allow-leak."
        )
    if subset.how not in (None, plan.how):
        raise InvalidData(
            f"the package was trained with another split ({plan}): the {subset.part} part of a {subset.how} split "
            "holds images that it was trained on. Leave out --split, or take --allow-leak."
        )


def _choose_plan(trained_plan: SplitPlan | None, how: SplitKind | None) -> SplitPlan:
    if trained_plan is None:
        return SplitPlan(how or "group", 0)
    if how in (None, trained_plan.how):
        return trained_plan
    return replace(trained_plan, how=how, fold=None, folds=None)


def _recorded_parts(training_data: Mapping[str, Any]) -> Mapping[str, str] | None:
    return training_data.get("parts_sha256") or _PARTS_BY_WEIGHTS.get(training_data.get("float_weights_sha256", ""))


def _part_counts(split: Split) -> dict[str, Any]:
    """Return numbers of images, under the keys of a manifest's `training_data`."""
    of_class = Counter(str(example.label) for example in split.training)
    return {"parts": [len(part) for part in vars(split).values()], "images": dict(of_class)}


def _has_groups(split: Split) -> bool:
    """Return whether a group file was given: without one, groups are named by hash."""
    return any(example.group != example.sha256 for part in vars(split).values() for example in part)
