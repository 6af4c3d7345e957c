"""Folders of images as a training set: which image is which class, and which part it belongs to."""

import csv
import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from blastlens.domain.errors import InvalidData
from blastlens.domain.labels import LABELS, WORDS, Label
from blastlens.domain.upload import EXTENSIONS


@dataclass(frozen=True)
class Example:
    """An item of a training set.

    Attributes:
        path: the image file.
        label: its class.
        group: images of one group never lie in two parts of a split.
        sha256: of the file's bytes, in hexadecimal.
    """

    path: Path
    label: Label
    group: str
    sha256: str


@dataclass(frozen=True)
class Split:
    """Three parts without a common group: fit on the first, calibrate on the second, judge on the third."""

    training: tuple[Example, ...]
    calibration: tuple[Example, ...]
    validation: tuple[Example, ...]


def find_examples(data: Path, groups_file: Path | None = None) -> tuple[Example, ...]:
    """List the images under `data`, one folder a class, sorted by path.

    Without a group file, exact copies share a group and every other image is alone.

    Raises:
        InvalidData: a class folder is missing or empty, a folder has a foreign name, the group file
            lacks an image or puts two copies of one image into two groups.
    """
    _check_folders(data)
    groups = _read_groups(groups_file) if groups_file else None
    examples = [_example(data, path, label, groups) for label in LABELS for path in _images(data / WORDS[label].folder)]
    _check_copies(examples)
    return tuple(examples)


def split_by_group(examples: Sequence[Example], seed: int, calibration: float = 0.1, validation: float = 0.1) -> Split:
    """Deal whole groups into three parts, class by class, at random by `seed`.

    Args:
        examples: all examples.
        seed: equal seeds give equal splits.
        calibration: share of each class to calibrate on, 0 to 1.
        validation: share of each class to judge on, 0 to 1.
    """
    parts: dict[str, list[Example]] = {"training": [], "calibration": [], "validation": []}
    generator = np.random.default_rng(seed)
    for label in LABELS:
        by_group: dict[str, list[Example]] = defaultdict(list)
        for example in examples:
            if example.label == label:
                by_group[example.group].append(example)
        total = sum(len(members) for members in by_group.values())
        owed = {"validation": validation * total, "calibration": calibration * total}
        names = sorted(by_group)
        for index in generator.permutation(len(names)):
            members = by_group[names[index]]
            part = next((name for name, count in owed.items() if count >= len(members)), "training")
            if part in owed:
                owed[part] -= len(members)
            parts[part].extend(members)
    return Split(*(tuple(sorted(parts[name], key=lambda example: example.path)) for name in parts))


def _check_folders(data: Path) -> None:
    wanted = {WORDS[label].folder for label in LABELS}
    found = {path.name for path in data.iterdir() if path.is_dir()} if data.is_dir() else set()
    if found != wanted:
        raise InvalidData(
            f"{data} must hold exactly the folders {sorted(wanted)}; "
            f"missing: {sorted(wanted - found) or 'none'}, unknown: {sorted(found - wanted) or 'none'}."
        )


def _images(folder: Path) -> list[Path]:
    images = sorted(path for path in folder.iterdir() if path.suffix.lower().lstrip(".") in EXTENSIONS)
    if not images:
        raise InvalidData(f"the class folder {folder} holds no image ({', '.join(EXTENSIONS)}).")
    return images


def _read_groups(groups_file: Path) -> dict[str, str]:
    with groups_file.open(newline="") as lines:
        reader = csv.DictReader(lines)
        if not {"file", "group"} <= set(reader.fieldnames or ()):
            raise InvalidData(f"{groups_file} must have the columns 'file' and 'group', not {reader.fieldnames}.")
        return {row["file"]: row["group"] for row in reader}


def _example(data: Path, path: Path, label: Label, groups: dict[str, str] | None) -> Example:
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    name = path.relative_to(data).as_posix()
    if groups is not None and name not in groups:
        raise InvalidData(f"the group file does not name {name}; give every image a group, or none.")
    return Example(path, label, groups[name] if groups is not None else sha256, sha256)


def _check_copies(examples: Sequence[Example]) -> None:
    first: dict[str, Example] = {}
    for example in examples:
        twin = first.setdefault(example.sha256, example)
        if twin.group != example.group or twin.label != example.label:
            raise InvalidData(
                f"{twin.path} and {example.path} are copies of one image but differ in group or class: "
                "one of them would leak into the part that judges the model."
            )
