"""`blastlens demo`: the whole service at work, on drawn smears and on any images given."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from blastlens.cli.embedded import embedded_cloud
from blastlens.domain.errors import ServiceFault

if TYPE_CHECKING:
    from blastlens.local.demo.image_demo import ImageOutcome

SECONDS_AN_IMAGE = 10
"""How long the demo waits, beside a minute, for each image."""


@click.command("demo")
@click.argument("paths", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--template", type=click.Path(path_type=Path), help="The template.yaml to make the cloud from.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object an image instead of the table.")
@click.option(
    "--seconds", type=click.IntRange(1), help="How long to wait for everything; a minute and ten seconds an image."
)
@click.option("--devices", type=click.IntRange(1, 20), help="Let so many microscopes send, on a bad network.")
@click.option("--images", default=200, show_default=True, type=click.IntRange(1), help="How many they send in all.")
def demo(
    paths: tuple[Path, ...], template: Path | None, as_json: bool, seconds: int | None, devices: int | None, images: int
) -> None:
    """See the whole service at work on this machine.

    Starts the embedded cloud, uploads drawn smears, two files that have to be rejected, and any images
    given as PATHS; then shows what was stored and what clinic and patient received.
    With --devices, agents of microscopes do the uploading, each a process of its own that is killed now and then.
    """
    if devices:
        if paths:
            raise click.UsageError("--devices draws its images itself: leave PATHS away")
        from blastlens.cli.device_demo import show_device_demo

        show_device_demo(devices, images, template, as_json, seconds)
        return
    outcomes, waited = _run(paths, template, seconds)

    from rich.console import Console

    from blastlens.cli import demo_view

    console = Console()
    if as_json:
        for outcome in outcomes:
            click.echo(demo_view.as_json(outcome))
    else:
        demo_view.show_outcomes(console, outcomes)
        demo_view.show_examples(console, outcomes)
    _fail_if_owed(outcomes, waited)


def _run(paths: Sequence[Path], template: Path | None, seconds: int | None) -> "tuple[list[ImageOutcome], int]":
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("Starting the embedded cloud", total=None)
        with embedded_cloud(template, quiet=True) as cloud:
            from blastlens.local.demo.image_demo import drawn_images, image_from, run_demo

            images = [*drawn_images(), *(image_from(path) for path in paths)]
            limit = seconds or 60 + SECONDS_AN_IMAGE * len(images)
            progress.console.print(cloud.stack.left_out, style="dim")
            progress.update(task, description="Reading smears", total=len(images), completed=0)
            outcomes = run_demo(cloud, images, limit, lambda done: progress.update(task, completed=done))
            progress.update(task, description="Stopping the embedded cloud")
    return outcomes, limit


def _fail_if_owed(outcomes: "Sequence[ImageOutcome]", waited: int) -> None:
    owed = [f"{' and '.join(one.missing)} of '{one.title}'" for one in outcomes if one.missing]
    if owed:
        raise ServiceFault(f"After {waited} seconds something has not arrived: {'; '.join(owed)}.")
