"""`blastlens demo --devices`: simulated microscopes, reconciliation of files."""

import json
import tempfile
from dataclasses import asdict
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import click

from blastlens.cli.embedded_cloud import DEMO_NOTE, DEMO_PARAMETERS, run_embedded_cloud
from blastlens.cli.stop_signals import end_on_signals
from blastlens.domain.errors import ServiceFault

if TYPE_CHECKING:
    from rich.table import Table

    from blastlens.local.demo.reconciliation import DeviceDemoOutcome

KILLS_EACH = 4


def show_device_demo(
    devices: int, images: int, template: Path | None, as_json: bool, seconds: int | None, verbose: bool = False
) -> None:
    """Run the demo with microscopes and show the reconciliation.

    Fails if uploads are lost or duplicated.
    """
    from rich.console import Console
    from rich.progress import Progress

    with (
        end_on_signals(),
        Progress(console=Console(stderr=True), transient=True) as progress,
        tempfile.TemporaryDirectory() as folder,
    ):
        task = progress.add_task("Starting the embedded cloud", total=None)
        with run_embedded_cloud(template, quiet=not verbose, parameters=DEMO_PARAMETERS) as cloud:
            from blastlens.local.demo.device_demo import DeviceDemoPlan, run_device_demo

            if verbose:
                progress.console.print(cloud.stack.left_out, style="dim")
            progress.console.print(DEMO_NOTE, style="dim")
            plan = DeviceDemoPlan(devices, images, KILLS_EACH * devices, limit_seconds=seconds or 120 + 10 * images)
            progress.update(task, description=f"{devices} microscopes", total=images, completed=0)
            outcome = run_device_demo(
                cloud, plan, Path(folder), lambda done: progress.update(task, completed=min(done, images))
            )
            progress.update(task, description="Stopping the embedded cloud")
    if as_json:
        click.echo(json.dumps(asdict(outcome) | numbers(outcome)))
    else:
        console = Console()
        console.print(reconciliation_table(outcome))
        for name, value in numbers(outcome).items():
            console.print(f"{name.replace('_', ' ')}: {value}", highlight=False)
        console.print(f"lost {outcome.lost}, twice {outcome.twice}", style="bold")
    if outcome.lost or outcome.twice:
        raise ServiceFault(f"The reconciliation failed: {outcome.lost} uploads lost, {outcome.twice} duplicated.")


def numbers(outcome: "DeviceDemoOutcome") -> dict[str, float | int | None]:
    """Return the figures shown below the table.

    Times are in seconds, None if no notice was sent.
    """
    times = outcome.seconds_to_notice
    return {
        "kills_survived": outcome.kills,
        **{f"connections_{name}": count for name, count in sorted(outcome.faults.items())},
        "bytes_needed": outcome.bytes_needed,
        "bytes_resent": outcome.bytes_sent - outcome.bytes_needed,
        "resent_over_needed": round(outcome.bytes_sent / outcome.bytes_needed - 1, 3),
        "median_seconds_from_last_field_to_notice": round(median(times), 1) if times else None,
        "99th_percentile_seconds_from_last_field_to_notice": round(times[int(0.99 * (len(times) - 1))], 1)
        if times
        else None,
        "uploads_answered_as_microscopes_know": outcome.asked,
    }


def reconciliation_table(outcome: "DeviceDemoOutcome") -> "Table":
    """Return the table of files, fields, examinations and notices by clinic and patient."""
    from rich.table import Table

    table = Table()
    table.add_column("Clinic")
    table.add_column("Patient")
    for title in ("Written", "Uploads", "Fields", "Examinations", "Clinic notices sent", "Patient notices sent"):
        table.add_column(title, justify="right")
    for row in outcome.rows:
        table.add_row(
            row.clinic_id,
            row.patient_id,
            str(row.written),
            str(row.uploads),
            str(row.fields),
            str(row.examinations),
            f"{row.clinic_notices} of {row.clinic_told}",
            f"{row.patient_notices} of {row.patient_told}",
        )
    rows = outcome.rows
    table.add_section()
    table.add_row(
        "all",
        "",
        str(sum(one.written for one in rows)),
        str(sum(one.uploads for one in rows)),
        str(sum(one.fields for one in rows)),
        str(sum(one.examinations for one in rows)),
        f"{sum(one.clinic_notices for one in rows)} of {sum(one.clinic_told for one in rows)}",
        f"{sum(one.patient_notices for one in rows)} of {sum(one.patient_told for one in rows)}",
    )
    return table
