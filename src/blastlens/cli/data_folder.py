"""The folder of images with known classes, and its group file, as options that several commands share."""

from pathlib import Path

import click

GROUPS_FILE = "overlap_groups.csv"
FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)

data_option = click.option(
    "--data", required=True, type=FOLDER, help="Folder with the folders Benign, Early, Pre and Pro."
)
groups_option = click.option(
    "--groups",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    default=None,
    help=f"CSV with columns file and group; DATA/{GROUPS_FILE} where it exists.",
)


def groups_of(data: Path, named: Path | None) -> Path | None:
    """Return the group file that was named, or the one that lies in the data folder, or None."""
    beside = data / GROUPS_FILE
    return named or (beside if beside.exists() else None)
