"""What a training may be given beside its data, as options that `train` and `tune` share."""

import click

from blastlens.cli.data_folder import FOLDER

start_option = click.option(
    "--start",
    type=FOLDER,
    default=None,
    help="Package to go on from, for recipes that do; by default the one that ships.",
)
unfamiliar_option = click.option(
    "--unfamiliar",
    type=FOLDER,
    default=None,
    help="Folder of smears of other laboratories, for recipes that teach the model not to know them.",
)
