"""`blastlens assemble`: join graphs of windows, scale and cells to one package."""

import json
import os
from pathlib import Path

import click
from rich.console import Console

from blastlens.cli.data_folder import FOLDER, data_option, groups_of, groups_option
from blastlens.cli.printed_commands import install_command
from blastlens.cli.progress_display import TerminalProgress
from blastlens.cli.training_options import overwrite_option, package_option, refuse_to_overwrite, version_option


@click.command()
@click.option("--windows", required=True, type=FOLDER, help="Package of the window model, as `train` writes it.")
@click.option("--scale", required=True, type=FOLDER, help="Folder with scale.tflite and scale.json.")
@click.option("--cells", required=True, type=FOLDER, help="Folder with cells.tflite and cells.json.")
@data_option
@groups_option
@package_option
@overwrite_option
@version_option
@click.option(
    "--pixel-sizes",
    nargs=2,
    type=click.FloatRange(0, min_open=True),
    default=(0.03, 1.0),
    show_default=True,
    help="Least and greatest pixel size, in micrometres, that the package is evaluated on.",
)
@click.option(
    "--constants",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    default=None,
    help="JSON object with constants of the aggregation that are not fitted.",
)
@click.option(
    "--samples",
    type=click.Path(dir_okay=False, path_type=Path),
    default=None,
    help="File (.npz) to keep the calibration samples in.",
)
@click.option(
    "--examinations",
    type=click.Path(dir_okay=False, path_type=Path),
    default=None,
    help="File (.json) to keep the scores of examinations in.",
)
def assemble(
    windows: Path,
    scale: Path,
    cells: Path,
    data: Path,
    groups: Path | None,
    package: Path,
    overwrite: bool,
    package_version: str,
    pixel_sizes: tuple[float, float],
    constants: Path | None,
    samples: Path | None,
    examinations: Path | None,
) -> None:
    """Join the graphs of windows, scale and cells, calibrate the answer to fields, and write a package.

    \b
    blastlens assemble --windows windows/ --scale scale/ --cells cells/ --data images/ --package-version 1.0.0 \\
        --package fusion/

    The answer is calibrated on the calibration part of the window model's split: on its images, and on mosaics, crops
    and other fields made of them. The answer to all fields of a smear is calibrated on examinations drawn from the same
    part; its scores are of the validation part. Takes some minutes. Needs the extra "training".
    """
    refuse_to_overwrite(package, overwrite)
    try:
        from blastlens.training.packaging.assemble import AssemblyRequest
        from blastlens.training.packaging.assemble import assemble as run
    except ImportError as error:
        raise click.UsageError(f"{error}. Assembling needs {install_command('training')}.") from error
    request = AssemblyRequest(
        windows=windows,
        scale=scale,
        cells=cells,
        data=data,
        groups=groups_of(data, groups),
        package=package,
        version=package_version,
        evaluated_um=pixel_sizes,
        samples=samples,
        examinations=examinations,
        constants=json.loads(constants.read_text("utf-8")) if constants else {},
        threads=os.cpu_count() or 1,
    )
    written = run(request, TerminalProgress(Console(highlight=False)))
    for name, title in (("calibration_fields", "Calibration fields"), ("validation_examinations", "Examinations")):
        click.echo(f"{title}:")
        for kind, scores in written.manifest.measured[name].items():
            click.echo(f"  {kind}: {', '.join(f'{name} {_format(value)}' for name, value in scores.items())}")
    click.echo(f"Package written to {package}.")


def _format(value: float) -> str:
    return str(value) if isinstance(value, int) else f"{value:.4f}"
