"""Options of commands that read images: model, pixel size and processor cores."""

from pathlib import Path

import click

from blastlens.cli.data_folder import FOLDER
from blastlens.domain.declared_pixel_size import declare_pixel_size, parse_declared
from blastlens.domain.field import PixelSize
from blastlens.inference.package import MODELS, SCREENING, SHIPPED

MODEL_NAMES = (SHIPPED.name, SCREENING.name)


def _read_pixel_size(context: click.Context, option: click.Parameter, text: str | None) -> PixelSize | None:
    """Return the pixel size of the option.

    Raises:
        click.BadParameter: no microscope has it.
    """
    try:
        return None if text is None else declare_pixel_size(parse_declared(text))
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


model_option = click.option(
    "--model", type=click.Choice(MODEL_NAMES), show_default=SHIPPED.name, help="Model that ships with blastlens."
)
own_package_option = click.option("--package", type=FOLDER, help="Folder of your own model package.")
pixel_size_option = click.option(
    "--pixel-size",
    callback=_read_pixel_size,
    metavar="UM",
    help="Micrometres per pixel of the images, such as 0.25; measured in each image by default.",
)
threads_option = click.option(
    "--threads", type=click.IntRange(1), default=None, help="Processor cores to use; all by default."
)


def choose_package_folder(model: str | None, package: Path | None) -> Path:
    """Return the folder of the chosen model.

    Raises:
        click.UsageError: both options were given.
    """
    if package is None:
        return MODELS / (model or SHIPPED.name)
    if model is not None:
        raise click.UsageError("use either --model for a model of blastlens, or --package for your own.")
    return package
