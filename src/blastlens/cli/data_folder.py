"""Options for a data folder and its group file, shared by several commands."""

from pathlib import Path

import click

from blastlens.domain.folder_filter import FolderFilter

GROUPS_FILE = "overlap_groups.csv"
FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


def tell_left_out(context: click.Context, parameter: click.Parameter, folder: Path | None) -> Path | None:
    """Print on stderr what of a folder of images, or of class folders, is left out; return the folder."""
    if folder is None:
        return None
    rule = FolderFilter()
    entries = list(folder.iterdir())
    inner = [path for path in entries if rule.admits_folder(path.name) and path.is_dir()]
    for path in inner or [folder]:
        rule.list_images(path)
    if sentence := rule.describe():
        click.echo(sentence, err=True)
    return folder


data_option = click.option(
    "--data",
    required=True,
    type=FOLDER,
    callback=tell_left_out,
    help="Folder with the class folders Benign, Early, Pre and Pro.",
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
