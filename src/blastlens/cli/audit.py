"""`blastlens audit`: what a model really looks at."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.progress import track
from rich.table import Table

from blastlens.cli.data_folder import FOLDER, data_option, groups_of, groups_option
from blastlens.inference.package import load_package

if TYPE_CHECKING:
    from blastlens.training.audit.results import Audit
    from blastlens.training.data.dataset import Example
    from blastlens.training.data.splits import PartName


@click.command()
@click.option("--package", "folders", required=True, multiple=True, type=FOLDER, help="Package; several: side by side.")
@data_option
@groups_option
@click.option(
    "--part",
    type=click.Choice(["validation", "calibration", "training"]),
    default="validation",
    show_default=True,
    help="Which images judge, of the split that the package was trained with.",
)
@click.option("--images", type=click.IntRange(8), default=None, help="At most so many of them, for a quick look.")
@click.option("--allow-leak", is_flag=True, help="Judge by images that the package may have learned from.")
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path), help="Folder to write to.")
@click.option("--json", "as_json", is_flag=True, help="Print what audit.json holds instead of a table.")
def audit(
    folders: tuple[Path, ...],
    data: Path,
    groups: Path | None,
    part: "PartName",
    images: int | None,
    allow_leak: bool,
    out: Path,
    as_json: bool,
) -> None:
    """Look for shortcuts: what the data gives away, and what each model does when that is taken from it.

    \b
    blastlens audit --package my-model/ --data images/ --out audit/
    blastlens audit --package published/ --package robust/ --data images/ --out audit/

    Colour, corners and scale bars alone; then the model on grey images, on masked and swapped scale bars, with blasts
    or everything else painted over, with hue, light, saturation, focus and compression changed; and how much of its
    Grad-CAM heat lies inside blasts. A rejected image counts as wrong. Writes audit.json, audit.md and audit.png.
    Takes some minutes for 300 images. Needs the extra "training".
    """
    try:
        from blastlens.training.audit.run import AuditRequest, run_audit, write_audit
    except ImportError as error:
        raise click.UsageError(f"{error}. Auditing needs: pip install 'blastlens[training]'") from error
    packages = tuple(load_package(folder) for folder in folders)
    audits = run_audit(AuditRequest(packages, data, groups_of(data, groups), part, images, allow_leak), _shown_progress)
    plain = write_audit(audits, out)
    if as_json:
        click.echo(json.dumps(plain))
    else:
        _tell(audits, out)


def _shown_progress(examples: Sequence["Example"], words: str) -> Iterable["Example"]:
    return track(examples, words, console=Console(stderr=True), transient=True)


def _tell(audits: Sequence["Audit"], out: Path) -> None:
    from blastlens.training.audit.report import HEAT, conclusions, format_heat, format_row

    table = Table("probe", *(f"{each.package.name} {each.package.version} ({each.recipe})" for each in audits))
    for index, row in enumerate(audits[0].rows):
        table.add_row(row.probe, *(format_row(each.rows[index]) for each in audits))
    table.add_row(HEAT, *(format_heat(each.heat) for each in audits))
    console = Console(highlight=False)
    console.print(table)
    for each in audits:
        console.print(f"\n{each.package.name} {each.package.version}", markup=False)
        for sentence in conclusions(each):
            console.print(f"  {sentence}", markup=False)
    console.print(f"\nWritten to {out}.", markup=False)
