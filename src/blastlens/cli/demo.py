"""`blastlens demo`: the complete service with examinations of synthetic smears."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from blastlens.cli.embedded_cloud import run_embedded_cloud
from blastlens.cli.stop_signals import end_on_signals
from blastlens.domain.errors import ServiceFault

if TYPE_CHECKING:
    from blastlens.local.demo.examination_demo import ExaminationOutcome

SECONDS_AN_IMAGE = 10
"""Time that the demo waits for each image, in addition to one minute."""

DEMO_NOTE = (
    "Demo setting: the demo signs the first smear itself, as {signer}, so that its patient is notified. Patients are "
    "notified after a clinician has signed."
)


@click.command("demo")
@click.argument("paths", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--template", type=click.Path(path_type=Path), help="The template.yaml of the cloud.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per examination instead of the table.")
@click.option("--seconds", type=click.IntRange(1), help="Time limit; by default one minute plus ten seconds per image.")
@click.option("--devices", type=click.IntRange(1, 20), help="Simulate this number of microscopes on a bad network.")
@click.option(
    "--images",
    default=200,
    show_default=True,
    type=click.IntRange(1),
    help="Number of images that all microscopes send together.",
)
@click.option(
    "--picture",
    type=click.Path(dir_okay=False, path_type=Path),
    help="File of the picture with image, outlines and heat; by default in a new temporary folder.",
)
@click.option("--verbose", is_flag=True, help="Show the log of the functions and the resources that are left out.")
def demo(
    paths: tuple[Path, ...],
    template: Path | None,
    as_json: bool,
    seconds: int | None,
    devices: int | None,
    images: int,
    picture: Path | None,
    verbose: bool,
) -> None:
    """Run the complete service on this machine and show its results.

    Starts the embedded cloud and uploads three synthetic smears of eight fields each, of which one contradicts itself
    and one has too few white cells, and the images in PATHS as the fields of one more. Then it signs the first one, and
    shows the answers, the e-mails to the clinic, the message to the patient, and the path of a picture. With
    --devices, simulated microscopes upload the images: each agent is a process of its own that is killed several times.
    """
    if devices:
        if paths:
            raise click.UsageError("--devices uses synthetic images only: omit PATHS")
        from blastlens.cli.device_demo import show_device_demo

        show_device_demo(devices, images, template, as_json, seconds, verbose)
        return
    outcomes, waited, drawn = _run(paths, template, seconds, verbose)

    from rich.console import Console

    from blastlens.cli import demo_view

    console = Console()
    if as_json:
        for outcome in outcomes:
            click.echo(demo_view.as_json(outcome))
    else:
        demo_view.show_outcomes(console, outcomes)
        demo_view.show_messages(console, outcomes)
    if drawn:
        click.echo(f"Picture with image, outlines and heat: {_keep(drawn, picture)}", err=as_json)
    _fail_if_missing(outcomes, waited)


def _keep(png: bytes, path: Path | None) -> Path:
    # A new folder that only this user can read: the picture may be that of a patient's image.
    place = path or Path(tempfile.mkdtemp(prefix="blastlens-")) / "demo.png"
    place.write_bytes(png)
    return place


def _run(
    paths: Sequence[Path], template: Path | None, seconds: int | None, verbose: bool
) -> "tuple[list[ExaminationOutcome], int, bytes | None]":
    """Return what became of each examination, the time limit, and the picture of the example."""
    from rich.console import Console
    from rich.progress import Progress

    with end_on_signals(), Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("Starting the embedded cloud", total=None)
        with run_embedded_cloud(template, quiet=not verbose) as cloud:
            from blastlens.local.demo.examination_demo import SIGNER, choose_example, run_demo
            from blastlens.local.demo.picture import draw_picture
            from blastlens.local.demo.smears import drawn_smears, smear_of

            smears = [*drawn_smears(), *([smear_of(paths)] if paths else [])]
            images = sum(len(smear.fields) for smear in smears)
            limit = seconds or 60 + SECONDS_AN_IMAGE * images
            if verbose:
                progress.console.print(cloud.stack.left_out, style="dim")
            progress.console.print(DEMO_NOTE.format(signer=SIGNER), style="dim")
            progress.update(task, description="Reading the fields of the smears", total=images, completed=0)
            outcomes = run_demo(cloud, smears, limit, lambda done: progress.update(task, completed=done))
            example = choose_example(outcomes)
            picture = draw_picture(cloud, example[0], example[1].result.artifacts) if example else None
            progress.update(task, description="Stopping the embedded cloud")
    return outcomes, limit, picture


def _fail_if_missing(outcomes: "Sequence[ExaminationOutcome]", waited: int) -> None:
    missing = [f"{' and '.join(one.missing)} of '{one.title}'" for one in outcomes if one.missing]
    if missing:
        raise ServiceFault(f"After {waited} seconds the following is missing: {'; '.join(missing)}.")
