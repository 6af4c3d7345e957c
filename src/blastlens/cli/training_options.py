"""Options that `train` and `tune` share: start package and outlier images."""

import click

from blastlens.cli.data_folder import FOLDER, tell_left_out

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
