"""Whether a split made anew is the one that a package learned by: by its name it cannot be told.

A plan and the same files are not enough: a split by group follows the group file, a random one the files' names, and
every one the class folders.
"""

import hashlib
from collections import Counter
from collections.abc import Mapping
from typing import Any

from blastlens.training.splits import Split, SplitPlan

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


def known_to_be_same(trained: Mapping[str, Any], split: Split) -> bool:
    """Tell whether a split of the data is surely the one that a package learned by.

    Args:
        trained: `training_data` of the package's manifest.
        split: of the same data by the same plan.
    """
    return _told(trained) == parts_sha256(split)


def objection(trained: Mapping[str, Any], plan: SplitPlan, split: Split) -> str | None:
    """Return what speaks against a split being the one that a package learned by, as half a sentence; None for nothing.

    Packages made before manifests told what lies in each part are taken at their word where the numbers agree and,
    since almost any group file gives the same numbers, groups were given at all.

    Args:
        trained: `training_data` of the package's manifest.
        plan: by which the package learned.
        split: of the same data by that plan.
    """
    if _told(trained) is not None:
        if known_to_be_same(trained, split):
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
