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
