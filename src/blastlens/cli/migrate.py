"""`blastlens migrate`: examinations for records from before them."""

from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from blastlens.cli.deployment import deployment_options
from blastlens.cli.patient_stores import load_stores
from blastlens.cli.printed_commands import program, typed_options

if TYPE_CHECKING:
    from blastlens.cloud.operations.migration import Migration, Outcome


@click.command("migrate")
@click.option("--apply", is_flag=True, help="Write the examinations; without it, only count them.")
@deployment_options
def migrate(apply: bool, stack: str) -> None:
    """Write an examination for each stored field record from before examinations.

    What was told, heard and signed is taken over, and nobody is notified. Without --apply nothing is written. Safe to
    interrupt and to repeat: examinations that are there already stay as they are.
    """
    from blastlens.cli.terminal import make_console
    from blastlens.cloud.operations.migration import Outcome

    migration, counts, signed, untold = _load(stack), Counter[Outcome](), 0, 0
    with make_console(stderr=True).status("Reading the table of results ...") as status:
        for number, one in enumerate(migration.run(apply), start=1):
            counts[one.outcome] += 1
            if one.outcome is Outcome.WRITTEN:
                signed, untold = signed + one.is_signed, untold + one.is_untold
            status.update(f"Examinations looked at: {number:,}, {_done(apply)}: {counts[Outcome.WRITTEN]:,} ...")
    for line in _report(counts, signed, untold, apply):
        click.echo(line)


def _load(stack: str) -> "Migration":
    from blastlens.cloud.clients import dynamodb_client
    from blastlens.cloud.operations.migration import Migration
    from blastlens.cloud.tables.examinations import ExaminationsTable
    from blastlens.cloud.tables.results import ResultsTable
    from blastlens.cloud.tables.reviews import ReviewsTable

    stores, client = load_stores(stack), dynamodb_client()
    examinations = ExaminationsTable(client, stores.examinations)
    reviews = ReviewsTable(client, stores.reviews, stores.examinations)
    results = ResultsTable(client, stores.results)
    return Migration(results, examinations, reviews, stores.quiet, lambda: datetime.now(UTC))


def _done(apply: bool) -> str:
    return "written" if apply else "to be written"


def _report(counts: "Counter[Outcome]", signed: int, untold: int, apply: bool) -> list[str]:
    """Return the lines of the result, and what to do next."""
    from blastlens.cloud.operations.migration import Outcome

    written = counts[Outcome.WRITTEN]
    lines = [
        f"Examinations {_done(apply)}: {written:,}, of which signed: {signed:,}. Nobody is notified.",
        f"There already: {counts[Outcome.THERE]:,}.",
    ]
    if recent := counts[Outcome.RECENT]:
        lines.append(
            f"Left out, because their clinic was never told of them and they are younger than 14 days: {recent:,}. "
            f"To have them computed and the clinic told: {program()} reconcile --repair{typed_options()}"
        )
    if untold:
        lines.append(f"Older, and their clinic was never told of them: {untold:,}. Look at them in the worklist.")
    if erased := counts[Outcome.ERASED]:
        lines.append(f"Left out, because their patients are erased: {erased:,}.")
    if not apply and written:
        lines.append(f"Nothing was written. To write them: {program()} migrate --apply{typed_options()}")
    return lines
