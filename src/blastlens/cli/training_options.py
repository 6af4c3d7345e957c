"""Options that `train`, `tune` and `assemble` share, and their checks."""

from pathlib import Path

import click

from blastlens.cli.data_folder import FOLDER, tell_left_out

package_option = click.option(
    "--package",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    help="Folder to write the model package to.",
)
overwrite_option = click.option("--overwrite", is_flag=True, help="Replace the package in that folder.")
version_option = click.option(
    "--package-version", default="0.1.0", show_default=True, help="Version to give the package."
)
start_option = click.option(
    "--start",
    type=FOLDER,
    default=None,
    help="Package to start from, for recipes that need one; by default the shipped one.",
)
unfamiliar_option = click.option(
    "--unfamiliar",
    type=FOLDER,
    default=None,
    callback=tell_left_out,
    help="Folder of smears of other laboratories, for recipes with outlier exposure.",
)
labs_option = click.option(
    "--labs",
    type=FOLDER,
    default=None,
    help="Folder of other laboratories with an index.csv, for the recipes cells and scale.",
)
left_out_option = click.option(
    "--left-out",
    metavar="LABORATORY[,LABORATORY]",
    default=None,
    help="Laboratories to evaluate on without training on them, for the recipes cells and scale.",
)
photographs_option = click.option(
    "--not-smears",
    "photographs",
    type=FOLDER,
    default=None,
    callback=tell_left_out,
    help="Folder of images that are not smears, for the recipe scale.",
)


def refuse_to_overwrite(package: Path, overwrite: bool) -> None:
    """Refuse a folder that holds files, unless they may be replaced.

    Raises:
        click.UsageError: it holds files.
    """
    if not overwrite and package.is_dir() and any(package.iterdir()):
        raise click.UsageError(
            f"The folder {package} is not empty. Name another one with --package, or replace the package in it with "
            "--overwrite."
        )


def choose_laboratories(recipe: str, labs: Path | None, left_out: str | None) -> tuple[Path, tuple[str, ...]]:
    """Return the folder of other laboratories, and those that are not trained on.

    Raises:
        click.UsageError: the folder is not named.
    """
    if labs is None:
        raise click.UsageError(
            f"the recipe {recipe} needs images of other laboratories: name their folder with --labs."
        )
    return labs, tuple(left_out.split(",")) if left_out else ()
