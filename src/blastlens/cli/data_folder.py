"""Options for a data folder and its group file, shared by several commands."""

from pathlib import Path

import click

GROUPS_FILE = "overlap_groups.csv"
FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)

data_option = click.option(
    "--data", required=True, type=FOLDER, help="Folder with the class folders Benign, Early, Pre and Pro."
)
groups_option = click.option(
    "--groups",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    default=None,
    help=f"CSV with columns file and group; by default DATA/{GROUPS_FILE} if it exists.",
)


def groups_of(data: Path, named: Path | None) -> Path | None:
    """Return the group file that is named, or that of the data folder, or None."""
    default = data / GROUPS_FILE
    return named or (default if default.exists() else None)
