"""`blastlens audit`: shortcuts in the data and in models."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.progress import track
from rich.table import Column, Table

from blastlens.cli.data_folder import FOLDER, data_option, groups_of, groups_option
from blastlens.cli.printed_commands import install_command
from blastlens.cli.runtime_log import hide_runtime_notes, verbose_option
from blastlens.inference.classifier import Classifier
from blastlens.inference.package import load_package

if TYPE_CHECKING:
    from blastlens.training.audit.results import Audit
    from blastlens.training.data.dataset import Example
    from blastlens.training.data.splits import PartName


@click.command()
@click.option(
    "--package", "folders", required=True, multiple=True, type=FOLDER, help="Package; name several to compare them."
)
@data_option
@groups_option
@click.option(
    "--part",
    type=click.Choice(["validation", "calibration", "training"]),
    default="validation",
    show_default=True,
    help="Part of the package's split to use.",
)
@click.option("--images", type=click.IntRange(8), default=None, help="Largest number of images, for a quick audit.")
@click.option(
    "--fields",
    type=click.IntRange(0),
    default=12,
    show_default=True,
    help="Fields of each kind and class, made from the part's images; 0 for none.",
)
@click.option("--only-fields", is_flag=True, help="Measure fields only, without the probes.")
@click.option(
    "--laboratories",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Results of benchmarks/other_laboratories.py with --left-out; give one for each fold.",
)
@click.option("--allow-leak", is_flag=True, help="Allow images that the package may have been trained on.")
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path), help="Folder to write to.")
@click.option("--json", "as_json", is_flag=True, help="Print the contents of audit.json instead of a table.")
@verbose_option
def audit(
    folders: tuple[Path, ...],
    data: Path,
    groups: Path | None,
    part: "PartName",
    images: int | None,
    fields: int,
    only_fields: bool,
    laboratories: tuple[Path, ...],
    allow_leak: bool,
    out: Path,
    as_json: bool,
    verbose: bool,
) -> None:
    """Measure shortcuts: classes predicted without blasts, and accuracy without them.

    \b
    blastlens audit --package my-model/ --data images/ --out audit/
    blastlens audit --package published/ --package robust/ --data images/ --out audit/

    First the model on fields as other cameras show them, made from images of one class: larger and smaller fields,
    borders, eyepieces, other pixel sizes, cells alone. Then random forests on colour, corners and scale bars only, and
    the model on grey images, with scale bars masked and swapped, with blasts or everything else masked, and with hue,
    light, saturation, focus and compression changed. Last the share of its Grad-CAM heat inside blasts. A rejected
    image counts as wrong. Writes audit.json, audit.md and audit.png. Takes some minutes for 300 images, and as long
    for 12 fields of each kind and class. Needs the extra "training".
    """
    try:
        from blastlens.training.audit.run import AuditRequest, run_audit, write_audit
    except ImportError as error:
        raise click.UsageError(f"{error}. Auditing needs {install_command('training')}.") from error
    if only_fields and not fields:
        raise click.UsageError("--only-fields needs --fields of at least 1: without both nothing is measured.")
    packages = tuple(load_package(folder) for folder in folders)
    with hide_runtime_notes(verbose):
        Classifier(packages[0], threads=1)  # The runtime writes its note once, with the first graph.
    request = AuditRequest(
        packages, data, groups_of(data, groups), part, images, allow_leak, not only_fields, fields, laboratories
    )
    audits = run_audit(request, _track)
    plain = write_audit(audits, out)
    if as_json:
        click.echo(json.dumps(plain))
    else:
        _print_audits(audits, out)


def _track(examples: Sequence["Example"], name: str) -> Iterable["Example"]:
    return track(examples, name, console=Console(stderr=True), transient=True)


def _print_audits(audits: Sequence["Audit"], out: Path) -> None:
    from blastlens.training.audit.report import conclusions

    console = Console(highlight=False)
    for each in audits:
        if each.fields:
            _print_fields(each, console)
    if audits[0].rows:
        _print_probes(audits, console)
    for each in audits:
        console.print(f"\n{each.package.name} {each.package.version}", markup=False)
        for sentence in conclusions(each):
            console.print(f"  {sentence}", markup=False)
    console.print(f"\nWritten to {out}.", markup=False)


def _print_fields(audit: "Audit", console: Console) -> None:
    """Print fields in a table that fits 80 columns; audit.md has the reasons of rejections too."""
    from blastlens.training.audit.field_report import short_field_cells

    figures = [Column(name, justify="right", no_wrap=True) for name in ("right", "missed", "refused", "set")]
    caption = "missed: leukemia as benign alone; refused: rejected fields; set: labels in a prediction set"
    table = Table(
        "field", *figures, title=f"{audit.package.name} {audit.package.version} ({audit.recipe})", caption=caption
    )
    for row in audit.fields:
        table.add_row(*short_field_cells(row))
    console.print(table)


def _print_probes(audits: Sequence["Audit"], console: Console) -> None:
    from blastlens.training.audit.report import HEAT, format_heat, format_row

    table = Table("probe", *(f"{each.package.name} {each.package.version} ({each.recipe})" for each in audits))
    for index, row in enumerate(audits[0].rows):
        table.add_row(row.probe, *(_dim_rejected(format_row(each.rows[index])) for each in audits))
    table.add_row(HEAT, *(format_heat(each.heat) for each in audits))
    console.print(table)


def _dim_rejected(cell: str) -> str:
    """Grey out the share of rejected images, and the accuracy where all were rejected."""
    accuracy, bracket, rest = cell.partition(" (")
    if not bracket:
        return cell
    return f"[dim]{cell}[/]" if rest.startswith("100%") else f"{accuracy}[dim]{bracket}{rest}[/]"
