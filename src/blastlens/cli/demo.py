"""`blastlens demo`: the complete service with examinations of synthetic smears."""

import tempfile
import webbrowser
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from blastlens.cli.embedded_cloud import run_embedded_cloud
from blastlens.cli.page_address import choose_port, page_address, page_lines
from blastlens.cli.printed_commands import program
from blastlens.cli.stop_signals import end_on_signals, wait_until_stopped
from blastlens.domain.errors import ServiceFault

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from blastlens.local.cloud import EmbeddedCloud
    from blastlens.local.demo.examination_demo import ExaminationOutcome

SECONDS_AN_IMAGE = 10
"""Time that the demo waits for each image, in addition to one minute."""

DEMO_NOTE = (
    "Demo setting: the demo signs the first smear itself, as {signer}, so that its patient is notified. Patients are "
    "notified after a clinician has signed."
)


@dataclass(frozen=True)
class _Shown:
    """How the demo ends.

    Attributes:
        as_json: whether answers are JSON.
        picture: file of the picture; None for a new folder.
        stay: whether the cloud keeps running until Ctrl-C.
        opens: whether the page is opened in a browser.
    """

    as_json: bool
    picture: Path | None
    stay: bool
    opens: bool


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
@click.option("--stay", is_flag=True, help="Keep the cloud and the page running until Ctrl-C.")
@click.option("--open", "opens", is_flag=True, help="Open the page in a browser, and keep running as with --stay.")
@click.option("--verbose", is_flag=True, help="Show the log of the functions and the resources that are left out.")
def demo(
    paths: tuple[Path, ...],
    template: Path | None,
    as_json: bool,
    seconds: int | None,
    devices: int | None,
    images: int,
    picture: Path | None,
    stay: bool,
    opens: bool,
    verbose: bool,
) -> None:
    """Run the complete service on this machine and show its results.

    Starts the embedded cloud and uploads three synthetic smears of eight fields each, of which one contradicts itself
    and one has too few white cells, and the images in PATHS as the fields of one more. Then it signs the first one, and
    shows the answers, the e-mails to the clinic, the message to the patient, the path of a picture, and the address of
    the page with a user to sign in with; --stay keeps it running. With --devices, simulated microscopes upload the
    images: each agent is a process of its own that is killed several times.
    """
    if devices:
        if paths:
            raise click.UsageError("--devices uses synthetic images only: omit PATHS")
        if stay or opens:
            raise click.UsageError("--devices ends by itself: omit --stay and --open")
        from blastlens.cli.device_demo import show_device_demo

        show_device_demo(devices, images, template, as_json, seconds, verbose)
        return
    shown = _Shown(as_json, picture, stay or opens, opens)
    from rich.console import Console
    from rich.progress import Progress

    with end_on_signals(), Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("Starting the embedded cloud", total=None)
        with run_embedded_cloud(template, api_port=choose_port(), quiet=not verbose) as cloud:
            if verbose:
                progress.console.print(cloud.stack.left_out, style="dim")
            outcomes, waited = _run(cloud, paths, seconds, progress, task)
            progress.stop()
            _show(cloud, outcomes, shown)
            _fail_if_missing(outcomes, waited)
            if shown.stay:
                click.echo("Ctrl-C ends it, and deletes all data of this run.", err=as_json)
                wait_until_stopped()


def _run(
    cloud: "EmbeddedCloud", paths: Sequence[Path], seconds: int | None, progress: "Progress", task: "TaskID"
) -> "tuple[list[ExaminationOutcome], int]":
    """Return what became of each examination, and the time limit in seconds."""
    from blastlens.local.demo.examination_demo import CLINIC_ID, SIGNER, run_demo
    from blastlens.local.demo.smears import drawn_smears, smear_of
    from blastlens.local.stack.clinics import add_clinic

    add_clinic(cloud.clients, cloud.deployment, CLINIC_ID)
    if not cloud.accounts.ready:
        cloud.accounts.add_ready_users(CLINIC_ID)
    smears = [*drawn_smears(), *([smear_of(paths)] if paths else [])]
    images = sum(len(smear.fields) for smear in smears)
    limit = seconds or 60 + SECONDS_AN_IMAGE * images
    progress.console.print(DEMO_NOTE.format(signer=SIGNER), style="dim")
    progress.update(task, description="Reading the fields of the smears", total=images, completed=0)
    return run_demo(cloud, smears, limit, lambda done: progress.update(task, completed=done)), limit


def _show(cloud: "EmbeddedCloud", outcomes: "Sequence[ExaminationOutcome]", shown: _Shown) -> None:
    """Print answers and messages, the path of the picture, and where the page is."""
    from rich.console import Console

    from blastlens.cli import demo_view
    from blastlens.local.demo.examination_demo import choose_example
    from blastlens.local.demo.picture import draw_picture

    if shown.as_json:
        for outcome in outcomes:
            click.echo(demo_view.as_json(outcome))
    else:
        console = Console()
        demo_view.show_outcomes(console, outcomes)
        demo_view.show_messages(console, outcomes)
    example = choose_example(outcomes)
    drawn = draw_picture(cloud, example[0], example[1].result.artifacts) if example else None
    if drawn:
        click.echo(f"Picture with image, outlines and heat: {_keep(drawn, shown.picture)}", err=shown.as_json)
    for line in page_lines(cloud):
        click.echo(line, err=shown.as_json)
    if not shown.stay:
        click.echo(f"The page ends with this demo: `{program()} demo --stay` keeps it.", err=shown.as_json)
    if shown.opens and not webbrowser.open(page_address(cloud)):
        click.echo("No browser could be opened here: open the address above.", err=True)


def _keep(png: bytes, path: Path | None) -> Path:
    # A new folder that only this user can read: the picture may be that of a patient's image.
    place = path or Path(tempfile.mkdtemp(prefix="blastlens-")) / "demo.png"
    place.write_bytes(png)
    return place


def _fail_if_missing(outcomes: "Sequence[ExaminationOutcome]", waited: int) -> None:
    missing = [f"{' and '.join(one.missing)} of '{one.title}'" for one in outcomes if one.missing]
    if missing:
        raise ServiceFault(f"After {waited} seconds the following is missing: {'; '.join(missing)}.")
