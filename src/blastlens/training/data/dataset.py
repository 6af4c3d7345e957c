"""Folders of images as a training set: which image is which class, and which images belong together."""

import csv
import hashlib
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from blastlens.domain.errors import InvalidData, UploadRefused
from blastlens.domain.labels import LABELS, WORDS, Label
from blastlens.domain.upload import EXTENSIONS, has_image_ending
from blastlens.imaging.decode import decode
from blastlens.training.progress import Track
from blastlens.training.threads import in_threads

_NAMED = 10  # faulty files a message names; a person mends those, runs again and sees the rest


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


def find_examples(data: Path, groups_file: Path | None = None) -> tuple[Example, ...]:
    """List the images under `data`, one folder a class, sorted by path.

    Without a group file, exact copies share a group and every other image is alone.

    Raises:
        InvalidData: a class folder is missing or empty, a folder has a foreign name, the group file cannot be
            read or lacks an image, a group spans two classes, or two copies of one image lie in two groups.
    """
    _check_folders(data)
    groups = read_groups(groups_file) if groups_file else None
    images = {label: images_in(data / WORDS[label].folder) for label in LABELS}
    empty = [WORDS[label].folder for label in LABELS if not images[label]]
    if empty:
        raise InvalidData(
            f"the class folder{'s' * (len(empty) > 1)} {', '.join(empty)} of {data} "
            f"hold{'s' * (len(empty) == 1)} no image ({', '.join(EXTENSIONS)}): put some in."
        )
    examples = [_example(data, path, label, groups) for label in LABELS for path in images[label]]
    _check_copies(examples)
    _check_groups(examples)
    return tuple(examples)


def check_readable(examples: Sequence[Example], track: Track = lambda items: items) -> None:
    """Decode every file once, in threads, before any hour is spent on training.

    Args:
        examples: what will be trained on.
        track: wraps the sequence to show progress.

    Raises:
        InvalidData: files cannot be read; the message names the first ten and what is wrong with each.
    """
    with closing(in_threads(_fault, examples)) as faults_of:
        found = zip(track(examples), faults_of, strict=True)
        faults = [f"{example.path}: {fault}" for example, fault in found if fault]
    if faults:
        more = f"\n  … and {len(faults) - _NAMED} more" if len(faults) > _NAMED else ""
        raise InvalidData(
            f"{len(faults)} of {len(examples)} images cannot be trained on; replace them or take them out:\n  "
            + "\n  ".join(faults[:_NAMED])
            + more
        )


def _fault(example: Example) -> str | None:
    try:
        decode(example.path.read_bytes())
    except UploadRefused as refusal:
        return refusal.message
    except OSError as error:
        return error.strerror or str(error)
    return None


def _check_folders(data: Path) -> None:
    wanted = {WORDS[label].folder for label in LABELS}
    folders = [path for path in data.iterdir() if path.is_dir()] if data.is_dir() else []
    found = {path.name for path in folders if not path.name.startswith(".")}
    if found == wanted:
        return
    hint = "rename or move them"
    if len(found) == 1:
        hint = "with one class alone there is nothing to tell apart"
    elif not found and data.is_dir() and images_in(data):
        hint = "it holds images itself: name the folder above, or sort them into one folder a class"
    raise InvalidData(
        f"{data} must hold exactly the folders {sorted(wanted)}; "
        f"missing: {sorted(wanted - found) or 'none'}, unknown: {sorted(found - wanted) or 'none'}: {hint}."
    )


def images_in(folder: Path) -> list[Path]:
    """List the image files of a folder, sorted."""
    return sorted(filter(has_image_ending, folder.iterdir()))


def _example(data: Path, path: Path, label: Label, groups: dict[str, str] | None) -> Example:
    try:
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise InvalidData(f"{path} cannot be opened: {error.strerror}. Mend it or take it out.") from error
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


def _check_groups(examples: Sequence[Example]) -> None:
    first: dict[str, Example] = {}
    for example in examples:
        other = first.setdefault(example.group, example)
        if other.label != example.label:
            raise InvalidData(
                f"{other.path} and {example.path} share the group {example.group} but lie in two class folders: "
                "one of them is in the wrong place, or the group file is."
            )


def read_groups(groups_file: Path) -> dict[str, str]:
    """Return the group of every image that a CSV with the columns `file` and `group` names.

    Raises:
        InvalidData: no CSV in UTF-8, other columns, a line without a value, or an image in two groups.
    """
    groups: dict[str, str] = {}
    try:
        with groups_file.open(newline="", encoding="utf-8-sig") as lines:
            reader = csv.DictReader(lines)
            if not {"file", "group"} <= set(reader.fieldnames or ()):
                raise InvalidData(f"{groups_file} must have the columns 'file' and 'group', not {reader.fieldnames}.")
            for row in reader:
                if not row["file"] or not row["group"]:
                    raise InvalidData(f"{groups_file}, line {reader.line_num}: an image or its group is not given.")
                if groups.setdefault(row["file"], row["group"]) != row["group"]:
                    raise InvalidData(f"{groups_file} puts {row['file']} into two groups: keep one of its lines.")
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InvalidData(f"{groups_file} cannot be read as CSV in UTF-8: {error}") from error
    return groups
