"""Dataset: image files with class and group, read from a folder and a group file."""

import csv
import hashlib
from collections.abc import Collection, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from blastlens.domain.errors import InvalidData, UploadRefused
from blastlens.domain.folder_filter import FolderFilter
from blastlens.domain.labels import LABELS, WORDS, Label, screening_label
from blastlens.domain.upload import EXTENSIONS
from blastlens.imaging.decode import decode
from blastlens.training.progress import Track
from blastlens.training.threads import in_threads

_NAMED = 10  # unreadable files that a message names


@dataclass(frozen=True)
class Example:
    """An image of a dataset.

    Attributes:
        path: the image file.
        label: its class.
        group: name; images of one group never lie in two parts of a split.
        sha256: of the file's bytes, in hexadecimal.
    """

    path: Path
    label: Label
    group: str
    sha256: str

    @property
    def name(self) -> str:
        """Class folder and file name, without the folders above."""
        return f"{self.path.parent.name}/{self.path.name}"

    def label_in(self, classes: Collection[Label]) -> Label:
        """Return the true label among a model's classes; screening merges the leukemias."""
        return self.label if self.label in classes else screening_label(self.label)


def find_examples(data: Path, groups_file: Path | None = None) -> tuple[Example, ...]:
    """List the images under `data`, sorted by path.

    `data` holds one folder for each class. Without a group file, exact copies share a group and every other image is a
    group of its own.

    Raises:
        InvalidData: a class folder is missing or empty, a folder has an unknown name, the group file cannot be
            read or lacks an image, a group spans two classes, or two copies of one image lie in two groups.
    """
    _check_folders(data)
    groups = read_groups(groups_file) if groups_file else None
    images = {label: images_in(data / WORDS[label].folder) for label in LABELS}
    empty = [WORDS[label].folder for label in LABELS if not images[label]]
    if empty:
        raise InvalidData(
            f"the class folder{'s' * (len(empty) > 1)} {', '.join(empty)} of {data} "
            f"hold{'s' * (len(empty) == 1)} no image ({', '.join(EXTENSIONS)}). Add images of each class."
        )
    examples = [_example(data, path, label, groups) for label in LABELS for path in images[label]]
    _check_copies(examples)
    _check_groups(examples)
    return tuple(examples)


def check_readable(examples: Sequence[Example], track: Track = lambda items: items) -> None:
    """Decode every file once, in threads, so that a bad one is found before training.

    Args:
        examples: the files to decode.
        track: shows progress.

    Raises:
        InvalidData: files cannot be read; the message names the first ten with the reason for each.
    """
    with closing(in_threads(_decoding_error, examples)) as errors:
        results = zip(track(examples), errors, strict=True)
        unreadable = [f"{example.path}: {error}" for example, error in results if error]
    if unreadable:
        more = f"\n  … and {len(unreadable) - _NAMED} more" if len(unreadable) > _NAMED else ""
        raise InvalidData(
            f"{len(unreadable)} of {len(examples)} images cannot be read. Replace or remove them:\n  "
            + "\n  ".join(unreadable[:_NAMED])
            + more
        )


def _decoding_error(example: Example) -> str | None:
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
    found = set(filter(FolderFilter().admits_folder, (path.name for path in folders)))
    if found == wanted:
        return
    hint = "Rename or move folders."
    if len(found) == 1:
        hint = "One class only cannot be trained on: add the others."
    elif not found and data.is_dir() and images_in(data):
        hint = "It holds images itself: name the folder above, or sort them into one folder for each class."
    raise InvalidData(
        f"{data} must hold exactly the folders {sorted(wanted)}; "
        f"missing: {sorted(wanted - found) or 'none'}, unknown: {sorted(found - wanted) or 'none'}. {hint}"
    )


def images_in(folder: Path) -> list[Path]:
    """List the image files of a folder, sorted."""
    return FolderFilter().list_images(folder)


def _example(data: Path, path: Path, label: Label, groups: dict[str, str] | None) -> Example:
    try:
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise InvalidData(f"{path} cannot be opened: {error.strerror}. Repair or remove it.") from error
    name = path.relative_to(data).as_posix()
    if groups is not None and name not in groups:
        raise InvalidData(f"the group file lacks {name}. Give every image a group, or use no group file.")
    return Example(path, label, groups[name] if groups is not None else sha256, sha256)


def _check_copies(examples: Sequence[Example]) -> None:
    first: dict[str, Example] = {}
    for example in examples:
        twin = first.setdefault(example.sha256, example)
        if twin.group != example.group or twin.label != example.label:
            raise InvalidData(
                f"{twin.path} and {example.path} are copies of one image but differ in group or class, so "
                "one could be trained on and the other validated on. Give both one group and class, or remove one."
            )


def _check_groups(examples: Sequence[Example]) -> None:
    first: dict[str, Example] = {}
    for example in examples:
        other = first.setdefault(example.group, example)
        if other.label != example.label:
            raise InvalidData(
                f"{other.path} and {example.path} share the group {example.group} but lie in two class folders. "
                "Move one of them, or correct the group file."
            )


def read_groups(groups_file: Path) -> dict[str, str]:
    """Return the group of each file in a CSV with the columns `file` and `group`.

    Raises:
        InvalidData: the file is not a CSV in UTF-8, has other columns or a line without a value, or puts an image into
            two groups.
    """
    groups: dict[str, str] = {}
    try:
        with groups_file.open(newline="", encoding="utf-8-sig") as lines:
            reader = csv.DictReader(lines)
            if not {"file", "group"} <= set(reader.fieldnames or ()):
                raise InvalidData(f"{groups_file} must have the columns 'file' and 'group', not {reader.fieldnames}.")
            for row in reader:
                if not row["file"] or not row["group"]:
                    raise InvalidData(
                        f"{groups_file}, line {reader.line_num}: the file or the group is empty. Fill it in."
                    )
                if groups.setdefault(row["file"], row["group"]) != row["group"]:
                    raise InvalidData(f"{groups_file} puts {row['file']} into two groups. Keep one of the lines.")
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InvalidData(f"{groups_file} cannot be read as CSV in UTF-8: {error}") from error
    return groups
