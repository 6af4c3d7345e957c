"""What a training may be given beside its data, as options that `train` and `tune` share."""

from pathlib import Path

import click

start_option = click.option(
    "--start",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=None,
    help="Package to go on from, for recipes that do; by default the one that ships.",
)
unfamiliar_option = click.option(
    "--unfamiliar",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=None,
    help="Folder of smears of other laboratories, for recipes that teach the model not to know them.",
)
