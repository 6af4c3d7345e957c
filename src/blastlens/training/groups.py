"""The group file: which images show overlapping fields, and so must stay together."""

import csv
from pathlib import Path

from blastlens.domain.errors import InvalidData


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
